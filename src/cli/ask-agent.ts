/** Injects an intent at an agent over mutual TLS, and verifies the report that comes back. */
import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { JsonObject } from '../../crypto/canonical.ts';
import { reportBytes } from '../collaboration/report.ts';
import type { Verification } from '../collaboration/verify.ts';
import { verifyReport } from '../collaboration/verify.ts';
import { ConferError, PeerError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Progress } from '../core/ports.ts';
import type { Report } from '../core/records.ts';
import { reportSchema } from '../core/report-schema.ts';
import { toolNames } from '../core/tools.ts';
import { connectOperator, type OperatorClient } from '../mcp/operator-client.ts';
import { createSystemClock } from '../system/clock.ts';
import { loadIdentity } from '../system/identity.ts';
import type { Identity } from '../system/mtls.ts';
import { dialPeer } from './connections.ts';

export interface Answered {
  report: Report;
  verification: Verification;
}

/** "https://[::1]:9514" or "host:port" or "host" or "::1". Throws ConferError `usage`. */
export function agentUrl(text: string): URL {
  const withScheme = text.includes('://') ? text : `https://${isIPv6(text) ? `[${text}]` : text}`;
  if (!URL.canParse(withScheme))
    throw new ConferError(
      'usage',
      `--agent ${text} is no address; write for example https://[2001:db8::1]:9514.`,
    );
  const url = new URL(withScheme);
  if (url.protocol !== 'https:')
    throw new ConferError('usage', `--agent ${text}: agents speak https (TLS 1.3) only.`);
  const port = url.port || (/:443\b/.test(text) ? '443' : '9514');
  return new URL(`https://${url.hostname}:${port}/mcp`);
}

/** Connects as the holder of the identity; `signal` gives up. Throws PeerError, ConferError. */
export async function connect(
  url: URL,
  identityDirectory: string,
  signal?: AbortSignal,
): Promise<OperatorClient> {
  const identity = loadIdentity(identityDirectory);
  using deadline = createSystemClock().deadline(limits.sessionTimeoutMs, signal);
  return await connectOperator({
    url,
    name: identity.node,
    dial: (signal) => dial(identity, url, signal),
    signal: deadline.signal,
  });
}

/**
 * Aborting `signal` takes the intent back. The report is this agent's, to this intent, made now: an old one, or another's,
 * fails verification. Throws PeerError, ConferError.
 */
export async function askAgent(
  text: string,
  url: URL,
  identityDirectory: string,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: Progress) => void },
): Promise<Answered> {
  const clock = createSystemClock();
  const client = await connect(url, identityDirectory, signal);
  try {
    using deadline = clock.deadline(limits.intentTimeoutMs + limits.probeSlackMs, signal);
    const askedAtMs = clock.now();
    // Nobody can have signed an answer in this session before.
    const session = randomBytes(8).toString('hex');
    const answer = await client.callTool(
      toolNames.troubleshoot,
      { intent: text },
      { signal: deadline.signal, session, onProgress },
    );
    if (answer.answer.isError)
      throw new ConferError(
        'device-failure',
        `The agent could not do it: ${JSON.stringify(answer.answer.data)}`,
      );
    if (!reportSchema.safeParse(answer.answer.data).success)
      throw new PeerError('malformed', `${client.node} answered with something that is no report.`);
    const report = answer.answer.data as JsonObject as unknown as Report;
    const { authorityPem } = loadIdentity(identityDirectory);
    const verification = verifyReport(reportBytes(report), authorityPem);
    const asked = { text, node: client.node, askedAtMs, answeredAtMs: clock.now() };
    return { report, verification: asAsked(report, verification, asked) };
  } finally {
    await client.close();
  }
}

/** What whoever asked knows by himself about the report that answers him. */
export interface Asked {
  text: string;
  /** Who was asked, by the certificate of the connection. */
  node: string;
  askedAtMs: number;
  answeredAtMs: number;
}

/** One check more: a report that holds may still be an old one, or one that somebody else asked for. */
export function asAsked(report: Report, verification: Verification, asked: Asked): Verification {
  if (!verification.ok) return verification;
  const fault = askedFault(report, asked);
  const detail = fault ?? `${report.creator} made it just now, for this intent`;
  const check = { name: 'as asked', ok: fault === undefined, detail };
  return { ok: check.ok, checks: [...verification.checks, check] };
}

function askedFault({ creator, intentText, created }: Report, asked: Asked): string | undefined {
  if (creator !== asked.node) return `${asked.node} was asked, and the report is one of ${creator}`;
  if (intentText !== asked.text) return `the report answers another intent: ${JSON.stringify(intentText)}`;
  const createdMs = Date.parse(created);
  const isNow =
    createdMs >= asked.askedAtMs - limits.clockSkewMs && createdMs <= asked.answeredAtMs + limits.clockSkewMs;
  if (isNow) return undefined;
  const [from, to] = [asked.askedAtMs, asked.answeredAtMs].map((ms) => new Date(ms).toISOString());
  return `the report was created at ${created}, and it was asked for from ${from} to ${to}: it is an old one, or one of the clocks is wrong`;
}

function dial(identity: Identity, url: URL, signal: AbortSignal) {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return dialPeer(identity, host, Number(url.port || 443), { signal });
}
