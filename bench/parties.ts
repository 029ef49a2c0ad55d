/** What the benchmarks share: identities of one authority, agents as processes, our side of a call. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReplayWindow } from '../crypto/nonce.ts';
import { dialPeer } from '../src/cli/connections.ts';
import { Session } from '../src/collaboration/session.ts';
import type { Service } from '../src/core/service.ts';
import { allCapabilities } from '../src/core/tools.ts';
import { createPeers, type Endpoint, type LinkedPeers } from '../src/mcp/client.ts';
import { createSystemClock } from '../src/system/clock.ts';
import { loadIdentity } from '../src/system/identity.ts';
import type { Identity } from '../src/system/mtls.ts';
import { initAuthority, issueIdentity } from '../src/system/pki.ts';
import { noRelays } from '../test/support/no-relays.ts';

export const clock = createSystemClock();
const hourMs = 3_600_000;
const silent = { info() {}, warn() {} };

/** A directory with an authority, removed at the end. */
export class Workplace implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'confer-bench-'));
  readonly #children: ChildProcess[] = [];

  constructor() {
    initAuthority(this.directory, { name: 'bench', lifetimeMs: 24 * hourMs, now: Date.now() });
  }

  identity(node: string, role: 'device' | 'operator' = 'device'): Identity {
    const target = join(this.directory, node);
    const hosts = ['127.0.0.1', 'localhost'];
    issueIdentity(this.directory, target, { node, role, hosts, lifetimeMs: hourMs, now: Date.now() });
    return loadIdentity(target);
  }

  /** One process with these agents, each with a port of its own. */
  async agents(nodes: readonly string[]): Promise<Map<string, Endpoint>> {
    return (await this.agentProcess(nodes)).endpoints;
  }

  async agentProcess(nodes: readonly string[]): Promise<{ endpoints: Map<string, Endpoint>; pid: number }> {
    for (const node of nodes) this.identity(node);
    const { ports, pid } = await this.start('agent-process.ts', this.argumentsOf(nodes));
    const endpoints = nodes.map((node, index): [string, Endpoint] => [
      node,
      { host: '127.0.0.1', port: ports[index] ?? 0, capabilities: allCapabilities },
    ]);
    return { endpoints: new Map(endpoints), pid };
  }

  argumentsOf(nodes: readonly string[]): string[] {
    return [this.directory, ...nodes];
  }

  async start(file: string, args: string[]): Promise<{ ports: number[]; pid: number }> {
    const child = fork(new URL(file, import.meta.url), args, {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#children.push(child);
    const [{ ports }] = (await once(child, 'message')) as [{ ports: number[] }];
    return { ports, pid: child.pid ?? 0 };
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Links to these agents, as an agent has them. */
export function peersOf(identity: Identity, endpoints: ReadonlyMap<string, Endpoint>): LinkedPeers {
  return createPeers({
    node: identity.node,
    capabilities: allCapabilities,
    clock,
    log: silent,
    lookup: (node) => endpoints.get(node),
    dial: (host, port, expected) => dialPeer(identity, host, port, expected),
    service: () => noService,
  });
}

/** Nobody calls back in a benchmark. */
const noService = { node: 'bench', capabilities: [], network: {} } as unknown as Service;

let sessions = 0;

/** A collaboration session: asks, verifies every signature and nonce, remembers. */
export function sessionOf(identity: Identity, peers: LinkedPeers): Session {
  const { node: self, certificatePem: certificate } = identity;
  const nonces = { windowOf: async () => new ReplayWindow(0), alarm() {} };
  const ports = {
    clock,
    peers,
    nonces,
    self,
    certificate,
    management: () => 'out-of-band' as const,
    ...noRelays,
  };
  return new Session(`bench-${++sessions}`, ports, new AbortController().signal);
}

/** Runs `call` until `ms` have passed, `width` at a time; calls a second. */
export async function rate(width: number, ms: number, call: () => Promise<void>): Promise<number> {
  const beganAt = performance.now();
  let calls = 0;
  const lane = async () => {
    while (performance.now() - beganAt < ms) {
      await call();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return (1_000 * calls) / (performance.now() - beganAt);
}

/** Processor time that a process has taken so far, microseconds; in steps of 10 ms (proc_pid_stat(5): utime, stime). */
export function processorUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
