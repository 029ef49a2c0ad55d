/** Injects an intent at an agent over mutual TLS, and verifies the report that comes back. */
import { isIPv6 } from 'node:net';
import type { JsonObject } from '../../crypto/canonical.ts';
import { reportBytes } from '../collaboration/report.ts';
import type { Verification } from '../collaboration/verify.ts';
import { verifyReport } from '../collaboration/verify.ts';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Progress } from '../core/ports.ts';
import type { Report } from '../core/records.ts';
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
    dial: async (signal) => (await dial(identity, url, signal)).socket,
    signal: deadline.signal,
  });
}

/** Aborting `signal` takes the intent back. Throws PeerError, ConferError. */
export async function askAgent(
  text: string,
  url: URL,
  identityDirectory: string,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: Progress) => void },
): Promise<Answered> {
  const client = await connect(url, identityDirectory, signal);
  try {
    using deadline = createSystemClock().deadline(limits.intentTimeoutMs + limits.probeSlackMs, signal);
    const answer = await client.callTool(
      toolNames.troubleshoot,
      { intent: text },
      { signal: deadline.signal, onProgress },
    );
    if (answer.answer.isError)
      throw new ConferError(
        'device-failure',
        `The agent could not do it: ${JSON.stringify(answer.answer.data)}`,
      );
    const report = answer.answer.data as JsonObject as unknown as Report;
    const { authorityPem } = loadIdentity(identityDirectory);
    return { report, verification: verifyReport(reportBytes(report), authorityPem) };
  } finally {
    await client.close();
  }
}

function dial(identity: Identity, url: URL, signal: AbortSignal) {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return dialPeer(identity, host, Number(url.port || 443), { signal });
}
