/**
 * Judges a report offline, from its bytes and the trust anchor alone: form, certificates, packet files, every signed
 * answer, the closing signatures, the conclusion (recomputed), and last the creator's signature over everything. Stops
 * at the first thing that does not hold and names it.
 */
import {
  canonicalBytes,
  digestOf,
  isCanonical,
  type JsonObject,
  parseStrictJson,
} from '../../crypto/canonical.ts';
import { roleOf, verifyChain } from '../../crypto/certificate.ts';
import { verifyBytes, verifyStatement } from '../../crypto/envelope.ts';
import { publicKeyOf } from '../../crypto/keys.ts';
import { counted } from '../core/counted.ts';
import { messageOf } from '../core/errors.ts';
import { mistakeOf } from '../core/expectation.ts';
import { limits } from '../core/limits.ts';
import type { Conclusion, Envelope, Report } from '../core/records.ts';
import { reportSchema } from '../core/report-schema.ts';
import { sessionConcludeResult } from '../core/tools.ts';
import { attachCapture, fileSha256 } from './capture.ts';
import { claimFault, createdFault, excuseOf } from './claims.ts';
import { closingFault, isClosing } from './closing.ts';
import { kindOf } from './intents/index.ts';
import { measuredIn } from './measured.ts';
import { rankingFault } from './ranking/fault.ts';
import { reportType, reportUriPrefix } from './report.ts';
import { wordingFault } from './wording/wording.ts';

export interface Check {
  name: string;
  ok: boolean;
  detail: string;
}

export interface Verification {
  ok: boolean;
  checks: Check[];
}

const depthMax = 64;
/** What only the conclusion of one kind of intent has. */
const kindSections = [
  'tolerance',
  'reachability',
  'mtu',
  'latency',
  'status',
] as const satisfies (keyof Conclusion)[];

/** Broken expectations carry the sentence that the check reports. */
class DoesNotHold extends Error {}

export function verifyReport(bytes: Uint8Array, trustAnchorPem: string): Verification {
  const checks: Check[] = [];
  let report: Report | undefined;
  const held = (): Report => report ?? fail('there is no report');
  const steps: [name: string, step: () => string][] = [
    [
      'form',
      () => {
        report = parseReport(bytes);
        return `${bytes.length} bytes, their own RFC 8785 form`;
      },
    ],
    ['certificates', () => checkCertificates(held(), trustAnchorPem)],
    ['packet files', () => checkPacketFiles(held())],
    ['signed answers', () => checkEnvelopes(held())],
    ['closing signatures', () => checkClosingSignatures(held())],
    ['conclusion', () => checkConclusion(held())],
    ['creator signature', () => checkCreator(held())],
  ];
  for (const [name, step] of steps) {
    try {
      checks.push({ name, ok: true, detail: step() });
    } catch (error) {
      checks.push({ name, ok: false, detail: messageOf(error) });
      return { ok: false, checks };
    }
  }
  return { ok: true, checks };
}

function parseReport(bytes: Uint8Array): Report {
  const value = parseStrictJson(textOf(bytes), { depthMax, bytesMax: limits.messageBytesMax });
  if (!isCanonical(bytes))
    fail(
      'the file is not in RFC 8785 form: it was reformatted or changed; use report.json as it was written',
    );
  const parsed = reportSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    fail(issue === undefined ? 'the file is no report' : mistakeOf(issue, value, 'the file'));
  }
  return value as unknown as Report;
}

/** The JSON text, or a sentence that suits a file: what is no JSON was never a report, or is no more. */
function textOf(bytes: Uint8Array): string {
  if (bytes.length === 0) fail('the file is empty');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail('the file is no text, so it is no report: pass report.json');
  }
  try {
    JSON.parse(text);
  } catch {
    fail(
      text.startsWith('{"')
        ? 'the file is no whole JSON: it was cut off or changed; use report.json as it was written'
        : 'the file is no JSON, so it is no report: pass report.json',
    );
  }
  return text;
}

/** A certificate must have been valid whenever its node signed; the creator's also at `created`. */
function checkCertificates(report: Report, anchor: string): string {
  if (report.certificates[report.creator] === undefined)
    fail(`the creator ${report.creator} has no certificate here`);
  for (const [node, pem] of Object.entries(report.certificates)) {
    for (const at of signingTimes(node, report)) {
      const chain = verifyChain(pem, anchor, new Date(at));
      if (!chain.ok) fail(`certificate of ${node} at ${at}: ${chain.detail}`);
      else if (chain.node !== node) fail(`the certificate filed under ${node} names ${chain.node}`);
    }
    if (roleOf(pem) !== 'device') fail(`${node} is no device: its certificate says ${roleOf(pem)}`);
  }
  const nodes = Object.keys(report.certificates).join(', ');
  return `${nodes}: issued by the trust anchor and valid when each signed, by its own clock`;
}

/** The first and the last: a certificate is valid without a gap. */
function signingTimes(node: string, { creator, created, envelopes }: Report): string[] {
  const times = envelopes.filter((one) => one.node === node).map(({ signed }) => signed.statement.signedAt);
  if (node === creator) times.push(created);
  const inOrder = times.sort((a, b) => Date.parse(a) - Date.parse(b));
  const [first, last] = [inOrder[0], inOrder.at(-1)];
  if (first === undefined || last === undefined) return fail(`${node} has a certificate here, and no answer`);
  return first === last ? [first] : [first, last];
}

function checkPacketFiles(report: Report): string {
  const hashes = report.evidence.map((file) => {
    if (Buffer.from(file, 'base64').toString('base64') !== file) fail('a packet file is not in plain base64');
    return fileSha256(file);
  });
  const files = new Set(hashes);
  const named = new Set(report.envelopes.flatMap(({ pcapSha256 }) => pcapSha256 ?? []));
  for (const { id, node, pcapSha256 } of report.envelopes)
    if (pcapSha256 !== undefined && !files.has(pcapSha256))
      fail(`packet file ${pcapSha256} of ${node}, which answer ${id} signs, is missing or was changed`);
  const stray = hashes.findIndex((sha256) => !named.has(sha256));
  if (stray >= 0) fail(`packet file ${stray + 1} of evidence belongs to no signed answer`);
  if (files.size < hashes.length) fail('a packet file is there twice');
  return `${counted(hashes.length, 'packet file')}, each named by a signed answer`;
}

function checkEnvelopes(report: Report): string {
  const captures = new Map(report.evidence.map((file) => [fileSha256(file), file]));
  const nonces = new Map<string, number>();
  const spent = new Set<string>();
  let earlier = 0;
  for (const envelope of report.envelopes) {
    checkEnvelope(envelope, report, captures);
    const number = Number(envelope.id.slice(1));
    if (number <= earlier) fail(`answer ${envelope.id} is out of order`);
    earlier = number;
    const { signer, nonce } = envelope.signed.statement;
    const last = nonces.get(signer) ?? 0;
    if (spent.has(`${signer} ${nonce}`)) fail(`answer ${envelope.id}: ${signer} used nonce ${nonce} twice`);
    if (nonce < last)
      fail(`answer ${envelope.id}: ${signer} signed it, nonce ${nonce}, before nonce ${last}`);
    nonces.set(signer, nonce);
    spent.add(`${signer} ${nonce}`);
  }
  const late = createdFault(report);
  if (late !== undefined) fail(late);
  return `${counted(report.envelopes.length, 'answer')}: signature, result hash, arguments, session, time and nonce of each`;
}

function checkEnvelope(envelope: Envelope, report: Report, captures: ReadonlyMap<string, string>): void {
  const { id, node, signed } = envelope;
  const certificate = report.certificates[node] ?? fail(`answer ${id}: there is no certificate of ${node}`);
  const capture = envelope.pcapSha256 === undefined ? undefined : captures.get(envelope.pcapSha256);
  const data = signed.answer.data as JsonObject;
  const whole = capture === undefined ? data : attachCapture(data, capture);
  const verified = verifyStatement({ ...signed, answer: { ...signed.answer, data: whole }, certificate });
  if (!verified.ok) fail(`answer ${id} of ${node}: ${verified.detail}`);
  const { statement } = signed;
  if (statement.signer !== node)
    fail(`answer ${id} is filed under ${node} but signed by ${statement.signer}`);
  if (statement.session !== report['session-id']) fail(`answer ${id} of ${node} belongs to another session`);
  if (statement.caller !== report.creator)
    fail(
      `the report names ${report.creator} as its creator, but answer ${id} of ${node} was given to ${statement.caller}`,
    );
  const { relay } = statement;
  if (relay !== undefined && (relay === node || relay === report.creator))
    fail(`answer ${id} of ${node} was carried by ${relay}, which needs nobody to carry for it`);
  if (statement.argumentsHash !== digestOf(envelope.arguments))
    fail(`answer ${id} of ${node} was given to a call with other arguments`);
}

/** Each peer signed the list of everything that it answered; nothing may be missing from it or added to it. */
function checkClosingSignatures(report: Report): string {
  const closed: string[] = [];
  const open: string[] = [];
  for (const node of Object.keys(report.certificates)) {
    const closing = report.envelopes.find((one) => one.node === node && isClosing(one));
    const excuse = excuseOf(node, report);
    if (closing !== undefined) {
      checkClosing(node, closing, report);
      closed.push(node);
    } else if (report.envelopes.some((one) => one.node === node)) {
      if (excuse === undefined)
        fail(`${node} did not sign the end of the session, and no mark says that it could not`);
      open.push(`${node} (${excuse})`);
    }
  }
  for (const node of Object.keys(report.signatures))
    if (node !== report.creator && !closed.includes(node)) fail(`signature of ${node} covers nothing`);
  const unsigned =
    open.length > 0 ? `; not signed by ${open.join(', ')}: some of its answers may be missing` : '';
  return closed.length > 0
    ? `${closed.join(', ')} signed the list of their own answers${unsigned}`
    : `no node closed the session${unsigned}`;
}

function checkClosing(node: string, closing: Envelope, report: Report): void {
  const certificate = report.certificates[node] ?? '';
  const { envelopes } = report;
  const fault = closingFault(closing, { session: report['session-id'], envelopes, certificate });
  if (fault !== undefined) fail(fault);
  const given = sessionConcludeResult.safeParse(closing.signed.answer.data).data?.signature;
  if (node !== report.creator && report.signatures[node] !== given)
    fail(`signatures.${node} is not the one that ${node} gave`);
}

function checkConclusion(report: Report): string {
  const fault = claimFault(report);
  if (fault !== undefined) fail(fault);
  const measured = measuredIn(report);
  const kind = kindOf(report.intent);
  const again = kind.conclude(measured);
  const strange = kindSections.find(
    (section) => report[section] !== undefined && again[section] === undefined,
  );
  if (strange !== undefined) fail(`${strange} does not follow from the signed answers`);
  for (const [field, value] of Object.entries(again)) {
    const claimed = report[field as keyof typeof again];
    if (digestOf(value as JsonObject) !== digestOf((claimed ?? null) as unknown as JsonObject))
      fail(`${field} does not follow from the signed answers`);
  }
  const strangely = rankingFault(report, measured);
  if (strangely !== undefined) fail(strangely);
  const misworded = wordingFault(report, again, measured, kind.facts(again, measured));
  if (misworded !== undefined) fail(misworded);
  if (report.uri !== `${reportUriPrefix}${report['session-id']}`) fail('uri does not name this session');
  const { length } = report.findings;
  return `${report.verdict} and ${counted(length, 'finding')} ${length === 1 ? 'follows' : 'follow'} from the signed answers`;
}

function checkCreator(report: Report): string {
  const { [report.creator]: signature, ...others } = report.signatures;
  if (signature === undefined) return fail(`the creator ${report.creator} did not sign`);
  const covered = canonicalBytes({ ...report, signatures: others } as unknown as JsonObject);
  const key = publicKeyOf(report.certificates[report.creator] ?? '');
  if (!verifyBytes(reportType, covered, signature, key))
    fail(`signature of ${report.creator} over the report does not verify: something in it was changed`);
  return `${report.creator} signed the whole report`;
}

function fail(sentence: string): never {
  throw new DoesNotHold(sentence);
}
