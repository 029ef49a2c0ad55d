/** On a machine that is busy with all of this, an agent that lives may be late: it is asked again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../src/cli/ask-agent.ts';
import { PeerError } from '../../src/core/errors.ts';
import type { OperatorClient } from '../../src/mcp/operator-client.ts';
import type { CrashDomain } from './domain.ts';

const patienceMs = 120_000;

/** Asks until there is an answer, or an error that says more than that none came. */
export async function patiently<T>(
  domain: CrashDomain,
  node: string,
  ask: (client: OperatorClient, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (const until = performance.now() + patienceMs; ; ) {
    let client: OperatorClient | undefined;
    try {
      client = await connect(domain.url(node), domain.operator);
      return await ask(client, AbortSignal.timeout(patienceMs / 4));
    } catch (error) {
      const isLate = error instanceof PeerError && ['timeout', 'unreachable'].includes(error.reason);
      if (!isLate || performance.now() > until || !domain.isRunning(node)) throw error;
      await sleep(500);
    } finally {
      await client?.close().catch(() => {});
    }
  }
}
