/** `confer report list|show`. */
import { writeFileSync } from 'node:fs';
import { reportBytes, reportUriPrefix } from '../collaboration/report.ts';
import { type Verification, verifyReport } from '../collaboration/verify.ts';
import { ConferError } from '../core/errors.ts';
import { mistakeOf } from '../core/expectation.ts';
import { limits } from '../core/limits.ts';
import type { Report } from '../core/records.ts';
import { reportSchema } from '../core/report-schema.ts';
import { type ReportNote, reportMetaKeys, reportNote, shelfUri } from '../core/report-tools.ts';
import { yangReport } from '../core/report-yang.ts';
import type { ResourceDefinition } from '../core/service.ts';
import { createSystemClock } from '../system/clock.ts';
import { pathError } from '../system/system-errors.ts';
import { agentUrl, connect } from './ask-agent.ts';
import { commandName, shellWord } from './command-name.ts';
import { exitCodes } from './exit-codes.ts';
import { pageOf, printVerification, readInput, readTrustAnchor } from './report-files.ts';
import { describeReport } from './report-text.ts';
import { visibleLine } from './visible-text.ts';

export async function listReports(options: {
  agent: string;
  identity: string;
  json?: boolean;
}): Promise<void> {
  const client = await connect(agentUrl(options.agent), options.identity);
  try {
    using deadline = createSystemClock().deadline(limits.readTimeoutMs);
    const resources = await client.listResources({ signal: deadline.signal });
    // Whoever may not read reports is shown a list without them; asked for the shelf, the agent says so.
    if (!resources.some(({ uri }) => uri === shelfUri))
      await client.readResource(shelfUri, { signal: deadline.signal });
    const reports = resources.filter(({ uri }) => uri.startsWith(reportUriPrefix)).sort(byTime);
    if (options.json) console.log(JSON.stringify(reports));
    else if (reports.length === 0) console.error('This agent keeps no report yet.');
    else for (const report of reports) console.log(visibleLine(lineOf(report)));
  } finally {
    await client.close();
  }
}

/** Oldest first. */
function byTime(one: ResourceDefinition, other: ResourceDefinition): number {
  return createdOf(one).localeCompare(createdOf(other));
}

function createdOf(report: ResourceDefinition): string {
  return noteOf(report)?.created ?? report.description;
}

/** id, time, verdict, what was found, what was asked. */
function lineOf(report: ResourceDefinition): string {
  const id = report.uri.slice(reportUriPrefix.length);
  const note = noteOf(report);
  if (note === undefined) return `${id}  ${report.description}`;
  const asked = note.intent === undefined ? [] : [`"${note.intent}"`];
  return [id, note.created, note.verdict, note.hypothesis, ...asked].join('  ');
}

function noteOf({ _meta }: ResourceDefinition): ReportNote | undefined {
  return reportNote.safeParse(_meta?.[reportMetaKeys.note]).data;
}

export interface ReportForm {
  /** At most one of these; text when there is none. */
  json?: boolean;
  html?: boolean;
  yang?: boolean;
  /** Instead of stdout. */
  out?: string;
}

export interface ShowOptions extends ReportForm {
  agent?: string;
  identity?: string;
  /** The trust anchor's file: the report is verified before it is shown. */
  trust?: string;
}

/** Returns the exit code. Throws ConferError. */
export async function showReport(name: string, options: ShowOptions): Promise<number> {
  const { report, bytes } = await given(name, options);
  const verification =
    options.trust === undefined ? undefined : verifyReport(bytes, readTrustAnchor(options.trust));
  await printReport(report, verification, options);
  if (verification === undefined) {
    console.error(`Not verified: ${wayToVerify(name, options)}`);
    return exitCodes.done;
  }
  return verification.ok ? exitCodes.done : exitCodes.noReport;
}

/** The report in the form that was asked for, and what its verification found. */
export async function printReport(
  report: Report,
  verification: Verification | undefined,
  options: ReportForm,
): Promise<void> {
  const shown = await inForm(report, verification, options);
  // As it is: report.json verifies only without a line end.
  if (options.out === undefined)
    process.stdout.write(options.json || shown.endsWith('\n') ? shown : `${shown}\n`);
  else {
    writeShown(options.out, shown);
    console.error(`written: ${options.out}`);
  }
  if (verification === undefined) return;
  const isText = !options.json && !options.html && !options.yang && options.out === undefined;
  printVerification(verification, isText ? console.log : console.error);
}

/** Throws ConferError `bad-input`. */
function writeShown(file: string, shown: string): void {
  try {
    writeFileSync(file, shown);
  } catch (error) {
    throw pathError(file, 'cannot be written', error);
  }
}

/** The report, and the bytes that are to be verified. */
async function given(
  name: string,
  { agent, identity }: ShowOptions,
): Promise<{ report: Report; bytes: Uint8Array }> {
  if (agent !== undefined) {
    const report = await fetchReport(name, agent, identity);
    return { report, bytes: reportBytes(report) };
  }
  const bytes = readInput(name);
  return { report: reportIn(bytes, name), bytes };
}

async function inForm(
  report: Report,
  verification: Verification | undefined,
  { json, html, yang }: ReportForm,
): Promise<string> {
  if (json) return Buffer.from(reportBytes(report)).toString('utf8');
  if (yang) return JSON.stringify(yangReport(report), undefined, 2);
  if (html) return await pageOf(report, verification, console.error);
  return describeReport(report);
}

function wayToVerify(name: string, { agent }: ShowOptions): string {
  if (agent !== undefined) return 'add --trust ca.pem.';
  return `run ${commandName} report verify ${shellWord(name)} --trust ca.pem`;
}

/** Throws ConferError `bad-input`. */
function reportIn(bytes: Uint8Array, file: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new ConferError('bad-input', `${file} is no JSON; pass a report.json.`);
  }
  return reportOf(value, file);
}

/** Throws ConferError `bad-input`. */
function reportOf(value: unknown, whence: string): Report {
  const parsed = reportSchema.safeParse(value);
  if (parsed.success) return value as Report;
  const [issue] = parsed.error.issues;
  const mistake = issue === undefined ? '' : `: ${mistakeOf(issue, value, 'the file')}`;
  throw new ConferError('bad-input', `${whence} is no report${mistake}.`);
}

async function fetchReport(id: string, agent: string, identity: string | undefined): Promise<Report> {
  if (identity === undefined) throw new ConferError('usage', '--agent needs --identity DIR as well.');
  const client = await connect(agentUrl(agent), identity);
  try {
    using deadline = createSystemClock().deadline(limits.readTimeoutMs);
    const uri = id.startsWith(reportUriPrefix) ? id : `${reportUriPrefix}${id}`;
    const { answer } = await client.readResource(uri, { signal: deadline.signal });
    return reportOf(answer.data, uri);
  } finally {
    await client.close();
  }
}
