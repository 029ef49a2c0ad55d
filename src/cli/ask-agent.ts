/** Injects an intent at an agent over mutual TLS, and verifies the report that comes back. */
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

/** "https://[::1]:9514" or "host:port" or "host". Throws ConferError `usage`. */
export function agentUrl(text: string): URL {
  const withScheme = text.includes('://') ? text : `https://${text}`;
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

/** Connects as the holder of the identity. Throws PeerError, ConferError. */
export async function connect(url: URL, identityDirectory: string): Promise<OperatorClient> {
  const identity = loadIdentity(identityDirectory);
  using deadline = createSystemClock().deadline(limits.sessionTimeoutMs);
  return await connectOperator({
    url,
    name: identity.node,
    dial: async (signal) => (await dial(identity, url, signal)).socket,
    signal: deadline.signal,
  });
}

export async function askAgent(
  text: string,
  url: URL,
  identityDirectory: string,
  onProgress: (progress: Progress) => void,
): Promise<Answered> {
  const client = await connect(url, identityDirectory);
  try {
    using deadline = createSystemClock().deadline(limits.intentTimeoutMs + limits.probeSlackMs);
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
