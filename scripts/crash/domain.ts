/**
 * A domain whose agents are killed: each a real process over one modelled network, which outlives them as routers do.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { Random } from '../../src/core/ports.ts';
import { parseTopology, type Topology } from '../../src/core/topology.ts';
import { serveDevice } from '../../src/sim/device-server.ts';
import { ModelledNetwork } from '../../src/sim/network.ts';
import { createSystemClock } from '../../src/system/clock.ts';
import { initAuthority, issueIdentity } from '../../src/system/pki.ts';

export const command = 'src/cli.ts';
const host = '127.0.0.1';
const announceIntervalMs = 500;
const startMsMax = 60_000;
const dayMs = 24 * 3_600_000;
const linesKept = 20;
const haltPollMs = 5;

export interface CrashedAgent {
  child: ChildProcess;
  /** The end of what it said on stderr. */
  lines: string[];
}

export class CrashDomain implements AsyncDisposable {
  readonly topology: Topology;
  readonly operator: string;
  readonly trustAnchorFile: string;
  readonly trustAnchorPem: string;
  readonly #directory: string;
  readonly #network: ModelledNetwork;
  readonly #ports = new Map<string, number>();
  readonly #agents = new Map<string, CrashedAgent>();

  private constructor(directory: string, topology: Topology, random: Random) {
    this.topology = topology;
    this.#directory = directory;
    this.#network = new ModelledNetwork(topology, { clock: createSystemClock(), random });
    this.operator = join(directory, 'operator');
    this.trustAnchorFile = join(directory, 'ca', 'ca.pem');
    const authority = join(directory, 'ca');
    initAuthority(authority, { name: 'crash lab', lifetimeMs: dayMs, now: Date.now() });
    this.trustAnchorPem = readFileSync(this.trustAnchorFile, 'utf8');
    this.issue('operator', 'operator', this.operator);
  }

  /** Identities and settings are there; no agent runs. */
  static async prepare(directory: string, topologyFile: string, random: Random): Promise<CrashDomain> {
    const topology = parseTopology(readFileSync(topologyFile, 'utf8'), topologyFile);
    const domain = new CrashDomain(directory, topology, random);
    const ports = await freePorts(topology.nodes.length);
    for (const [index, { name }] of topology.nodes.entries()) domain.#prepare(name, ports[index] ?? 0);
    return domain;
  }

  get nodes(): string[] {
    return this.topology.nodes.map(({ name }) => name);
  }

  /** Every agent serves when this resolves. */
  async startAll(): Promise<void> {
    await Promise.all(this.nodes.map((name) => this.start(name)));
  }

  url(node: string): URL {
    return new URL(`https://${host}:${this.#ports.get(node)}/mcp`);
  }

  store(node: string): string {
    return join(this.#home(node), 'store');
  }

  /** Counting sessions on the router, whoever asked for them. */
  countings(node: string): number {
    return this.#network.countings(node);
  }

  issue(name: string, role: 'operator' | 'controller' | 'device', directory: string): void {
    const request = { node: name, role, hosts: [host], lifetimeMs: dayMs, now: Date.now() };
    issueIdentity(join(this.#directory, 'ca'), directory, request);
  }

  /** Resolves once the agent serves. Throws with its last words when it does not. */
  async start(node: string): Promise<void> {
    const config = join(this.#home(node), 'agent.yaml');
    const child = fork(command, ['agent', '--config', config], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    serveDevice(child, {
      driver: this.#network.router(node),
      frames: this.#network.framePort(node),
      reach: async (to, port) => ({ host: to, port }),
    });
    const lines: string[] = [];
    this.#agents.set(node, { child, lines });
    const serving = new Promise<void>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`${node} does not serve: ${lines.join(' | ')}`)),
        startMsMax,
      );
      child.once('exit', (code) => {
        clearTimeout(late);
        reject(new Error(`${node} ended with ${code}: ${lines.join(' | ')}`));
      });
      if (child.stderr === null) throw new Error('The agent has no stderr.');
      createInterface({ input: child.stderr }).on('line', (line) => {
        lines.push(line);
        if (lines.length > linesKept) lines.shift();
        if (!line.includes('"message":"serving"')) return;
        clearTimeout(late);
        resolve();
      });
    });
    await serving;
  }

  /** Ends the agent: kill -9 gives it no chance, SIGTERM does. Resolves with its exit code once it has ended. */
  async end(node: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const { child } = this.#agent(node);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'exit');
    }
    return child.exitCode;
  }

  /** Resolves with the exit code once the agent has ended by itself. */
  async ended(node: string): Promise<number | null> {
    const { child } = this.#agent(node);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    return child.exitCode;
  }

  /** Does something while the agent stands still between two calls to the system: none of its threads waits for the disk. */
  async whileHalted(node: string, action: () => void): Promise<void> {
    const { child } = this.#agent(node);
    child.kill('SIGSTOP');
    try {
      while (this.isRunning(node) && !isHalted(child.pid)) await sleep(haltPollMs);
      action();
    } finally {
      child.kill('SIGCONT');
    }
  }

  isRunning(node: string): boolean {
    const { child } = this.#agent(node);
    return child.exitCode === null && child.signalCode === null;
  }

  lastWords(node: string): string {
    return this.#agent(node).lines.join(' | ');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#agents.keys()].map((node) => this.end(node, 'SIGKILL')));
  }

  #prepare(node: string, port: number): void {
    const home = this.#home(node);
    mkdirSync(home, { recursive: true });
    this.issue(node, 'device', home);
    this.#ports.set(node, port);
    const settings = {
      node,
      identity: home,
      store: this.store(node),
      listen: { host, port },
      advertise: { host },
      driver: 'modelled',
      discovery: { source: 'modelled', intervalMs: announceIntervalMs },
    };
    writeFileSync(join(home, 'agent.yaml'), stringify(settings));
  }

  #home(node: string): string {
    return join(this.#directory, 'nodes', encodeURIComponent(node));
  }

  #agent(node: string): CrashedAgent {
    const agent = this.#agents.get(node);
    if (agent === undefined) throw new Error(`No agent of ${node} was started.`);
    return agent;
  }
}

/** Whether the kernel has stopped every thread; the state stands behind the name in brackets (proc(5)). */
function isHalted(pid: number | undefined): boolean {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).every((task) => /.*\) T /s.test(readFileSync(join(tasks, task, 'stat'), 'utf8')));
}

/** Held until the last is found, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, host));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  for (const server of servers) server.close();
  return ports;
}
