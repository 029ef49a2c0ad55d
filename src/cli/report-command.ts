/** `confer report list|show`. */
import { reportBytes, reportUriPrefix } from '../collaboration/report.ts';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Report } from '../core/records.ts';
import { reportSchema } from '../core/report-schema.ts';
import { createSystemClock } from '../system/clock.ts';
import { agentUrl, connect } from './ask-agent.ts';
import { readInput } from './report-files.ts';
import { describeReport } from './report-text.ts';

export async function listReports(options: {
  agent: string;
  identity: string;
  json?: boolean;
}): Promise<void> {
  const client = await connect(agentUrl(options.agent), options.identity);
  try {
    using deadline = createSystemClock().deadline(limits.readTimeoutMs);
    const resources = await client.listResources({ signal: deadline.signal });
    const reports = resources.filter(({ uri }) => uri.startsWith(reportUriPrefix));
    if (options.json) console.log(JSON.stringify(reports));
    else
      for (const { uri, description } of reports)
        console.log(`${uri.slice(reportUriPrefix.length)}  ${description}`);
  } finally {
    await client.close();
  }
}

export async function showReport(
  name: string,
  options: { agent?: string; identity?: string; json?: boolean },
): Promise<void> {
  const report =
    options.agent === undefined ? readReport(name) : await fetchReport(name, options.agent, options.identity);
  console.log(options.json ? Buffer.from(reportBytes(report)).toString('utf8') : describeReport(report));
}

/** Throws ConferError `bad-input`. */
function readReport(file: string): Report {
  const text = readInput(file).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConferError('bad-input', `${file} is no JSON; pass a report.json.`);
  }
  const parsed = reportSchema.safeParse(value);
  if (parsed.success) return value as Report;
  const [issue] = parsed.error.issues;
  throw new ConferError(
    'bad-input',
    `${file} is no report: ${issue?.path.join('.') || 'file'}: ${issue?.message}`,
  );
}

async function fetchReport(id: string, agent: string, identity: string | undefined): Promise<Report> {
  if (identity === undefined) throw new ConferError('usage', '--agent needs --identity DIR as well.');
  const client = await connect(agentUrl(agent), identity);
  try {
    using deadline = createSystemClock().deadline(limits.readTimeoutMs);
    const uri = id.startsWith(reportUriPrefix) ? id : `${reportUriPrefix}${id}`;
    const { answer } = await client.readResource(uri, { signal: deadline.signal });
    return answer.data as unknown as Report;
  } finally {
    await client.close();
  }
}
