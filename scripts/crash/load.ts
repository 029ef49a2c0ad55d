/** Keeps one agent busy until it dies: readers and, at some nodes, intents. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../crypto/canonical.ts';
import { connect } from '../../src/cli/ask-agent.ts';
import { resourceUri } from '../../src/collaboration/resources.ts';
import { dataPaths } from '../../src/core/device-data.ts';
import { ConferError } from '../../src/core/errors.ts';
import type { Report } from '../../src/core/records.ts';
import { toolNames } from '../../src/core/tools.ts';
import type { OperatorClient } from '../../src/mcp/operator-client.ts';
import type { CrashDomain } from './domain.ts';
import type { Ledger } from './ledger.ts';
import { patiently } from './patience.ts';

export interface LoadOptions {
  readers: number;
  /** What this node's operator asks again and again; absent: nothing. */
  intent?: string;
}

/** Between two requests of one reader: many small agents share the cores of this machine. */
const pauseMs = 10;

export class Load {
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** Requests that got no answer, and connections that broke. */
  unanswered = 0;

  constructor(domain: CrashDomain, node: string, ledger: Ledger, { readers, intent }: LoadOptions) {
    const busy = Array.from({ length: readers }, () => this.#read(domain, node, ledger));
    if (intent !== undefined) busy.push(this.#ask(domain, node, ledger, intent));
    this.#running = Promise.all(busy).then(() => {});
  }

  /** Resolves once nothing of it can arrive any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #read(domain: CrashDomain, node: string, ledger: Ledger): Promise<void> {
    const uri = resourceUri(dataPaths.interfaces);
    await this.#connected(domain, node, async (client, signal) => {
      ledger.answered(node, await client.readResource(uri, { signal }));
      await sleep(pauseMs, undefined, { signal });
    });
  }

  async #ask(domain: CrashDomain, node: string, ledger: Ledger, intent: string): Promise<void> {
    await this.#connected(domain, node, async (client, signal) => {
      const signed = await client.callTool(toolNames.troubleshoot, { intent }, { signal });
      ledger.answered(node, signed);
      ledger.reported(node, signed.answer.data as JsonObject as unknown as Report);
    });
  }

  /** Repeats over one connection, and opens another one when that breaks. */
  async #connected(
    domain: CrashDomain,
    node: string,
    action: (client: OperatorClient, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      let client: OperatorClient | undefined;
      try {
        client = await connect(domain.url(node), domain.operator, signal);
        while (!signal.aborted) await action(client, signal);
      } catch {
        this.unanswered += 1;
        await sleep(50, undefined, { signal }).catch(() => {});
      } finally {
        await client?.close().catch(() => {});
      }
    }
  }
}

/** Reads reports back; undefined for one that the agent says it does not have. */
export async function readReports(
  domain: CrashDomain,
  node: string,
  uris: string[],
): Promise<Map<string, Report | undefined>> {
  const reports = new Map<string, Report | undefined>();
  for (const uri of uris) {
    const reading = patiently(domain, node, async (client, signal) => {
      const { answer } = await client.readResource(uri, { signal });
      return answer.data as unknown as Report;
    });
    reports.set(uri, await reading.catch(undefinedWhereNotFound));
  }
  return reports;
}

function undefinedWhereNotFound(error: unknown): undefined {
  if (!(error instanceof ConferError) || error.code !== 'not-found') throw error;
}
