/**
 * A lab: brings a topology up in a world, starts one agent process on each router, puts the faults in force, and asks.
 *
 *   world -> certificate authority -> agents serve -> everybody has heard everybody -> faults -> intent -> report
 *
 * The fault list stays here: the agents see only what a router would see.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import { ConferError } from '../core/errors.ts';
import { killsAgent } from '../core/fault-kinds.ts';
import type { Clock } from '../core/ports.ts';
import type { Fault, Topology } from '../core/topology.ts';
import { initAuthority, issueIdentity } from '../system/pki.ts';
import type { World } from './world.ts';

const agentStartMsMax = 30_000;
/** Many processes that start at once share the cores. */
const agentStartMsEach = 3_000;
const domainMsMax = 30_000;
const certificateLifetimeMs = 24 * 3_600_000;
const stderrLinesKept = 50;

export interface Lab extends AsyncDisposable {
  readonly world: World;
  /** Identity directory of the operator. */
  readonly operator: string;
  readonly trustAnchorFile: string;
  /** Where the agent of a node listens. */
  urlOf(node: string): string;
  /** Puts a fault in force, as often as wanted. */
  inject(fault: Fault): Promise<void>;
  /** Takes it out of force; not one that killed an agent. */
  repair(fault: Fault): Promise<void>;
  /**
   * Runs `confer ask --json` at a node's agent; progress lines go to `onLine`. Throws ConferError `unreachable` where the
   * fault in force has killed it.
   */
  ask(node: string, intent: string, onLine: (line: string) => void): Promise<Asked>;
}

export interface Asked {
  exitCode: number;
  stdout: string;
  stderr: string[];
}

/** Throws ConferError `device-failure` with the agent's last words when one does not come up. */
export async function startLab(
  world: World,
  options: {
    directory: string;
    clock: Clock;
    signal: AbortSignal;
    onLine(line: string): void;
    /** An agent of the lab that is up ended, and no fault killed it: one sentence. */
    onLoss?: (sentence: string) => void;
  },
): Promise<Lab> {
  const lab = new RunningLab(world, options);
  try {
    await lab.start(options.signal, options.onLine);
    return lab;
  } catch (error) {
    await lab[Symbol.asyncDispose]();
    throw error;
  }
}

class RunningLab implements Lab {
  readonly world: World;
  readonly operator: string;
  readonly trustAnchorFile: string;
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #agents = new Map<string, AgentWatch>();
  /** By node: the fault in force that killed its agent. */
  readonly #crashes = new Map<string, Fault>();

  readonly #onLoss: (sentence: string) => void;
  #isUp = false;

  constructor(
    world: World,
    { directory, clock, onLoss }: { directory: string; clock: Clock; onLoss?: (sentence: string) => void },
  ) {
    this.world = world;
    this.#directory = directory;
    this.#clock = clock;
    this.#onLoss = onLoss ?? (() => {});
    this.operator = join(directory, 'operator');
    this.trustAnchorFile = join(directory, 'ca', 'ca.pem');
  }

  async start(signal: AbortSignal, onLine: (line: string) => void): Promise<void> {
    const { topology } = this.world;
    this.#issueIdentities(topology);
    for (const { name } of topology.nodes) this.#spawnAgent(name);
    const agents = [...this.#agents.values()];
    await this.#within(agentStartMsMax + agents.length * agentStartMsEach, signal, 'agents to serve', () =>
      agents.every((agent) => agent.serving),
    );
    onLine(`lab: ${agents.length} agents serve over mutual TLS 1.3 in the ${this.world.name} world`);
    const others = topology.nodes.length - 1;
    await this.#within(
      domainMsMax + agents.length * agentStartMsEach,
      signal,
      'agents to hear each other',
      () => agents.every((agent) => agent.heard >= others),
    );
    this.#isUp = true;
    onLine('lab: every agent has heard every other by LLDP and IS-IS');
  }

  urlOf(node: string): string {
    const { host, port } = this.world.endpoint(node);
    return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  async inject(fault: Fault): Promise<void> {
    const agent = this.#agents.get(fault.node);
    if (killsAgent(fault.kind) && agent !== undefined) agent.expectedToEnd = true;
    await this.world.inject(fault);
    if (killsAgent(fault.kind)) this.#crashes.set(fault.node, fault);
  }

  async repair(fault: Fault): Promise<void> {
    await this.world.repair(fault);
  }

  async ask(node: string, intent: string, onLine: (line: string) => void): Promise<Asked> {
    const crash = this.#crashes.get(node);
    if (crash !== undefined)
      throw new ConferError(
        'unreachable',
        `${node} has no agent to ask: the lab killed it by the fault in force, ${crash.id}. Ask at another node, or choose another fault.`,
      );
    const child = this.world.spawnOperator(node, [
      'ask',
      '--agent',
      this.urlOf(node),
      '--identity',
      this.operator,
      '--json',
      '--', // an intent in YAML may begin with ---
      intent,
    ]);
    const stderr: string[] = [];
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    if (child.stderr)
      createInterface({ input: child.stderr }).on('line', (line) => {
        stderr.push(line);
        if (stderr.length > stderrLinesKept) stderr.shift();
        onLine(line);
      });
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
    return { exitCode, stdout: Buffer.concat(chunks).toString('utf8'), stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.#agents.values()) agent.expectedToEnd = true;
    await this.world[Symbol.asyncDispose]();
  }

  #issueIdentities(topology: Topology): void {
    const authority = join(this.#directory, 'ca');
    const now = this.#clock.now();
    const lifetimeMs = certificateLifetimeMs;
    initAuthority(authority, { name: `${topology.name} lab`, lifetimeMs, now });
    for (const { name } of topology.nodes) {
      const hosts = [this.world.endpoint(name).host];
      issueIdentity(authority, this.#home(name), { node: name, role: 'device', hosts, lifetimeMs, now });
    }
    issueIdentity(authority, this.operator, {
      node: 'operator',
      role: 'operator',
      hosts: [],
      lifetimeMs,
      now,
    });
  }

  #spawnAgent(name: string): void {
    const node = this.world.topology.nodes.find((one) => one.name === name);
    const { host, port } = this.world.endpoint(name);
    const home = this.#home(name);
    const file = join(home, 'agent.yaml');
    const settings = {
      node: name,
      identity: home,
      store: join(home, 'store'),
      listen: { host, port },
      advertise: { host },
      ...(node?.capabilities !== undefined && { capabilities: node.capabilities }),
      ...this.world.agentSettings(name),
    };
    mkdirSync(home, { recursive: true });
    writeFileSync(file, stringify(settings));
    const child = this.world.spawnAgent(name, ['agent', '--config', file]);
    this.#agents.set(name, new AgentWatch(name, child, (sentence) => this.#isUp && this.#onLoss(sentence)));
  }

  #home(name: string): string {
    return join(this.#directory, 'nodes', encodeURIComponent(name));
  }

  async #within(ms: number, signal: AbortSignal, what: string, isDone: () => boolean): Promise<void> {
    const startedAt = this.#clock.elapsed();
    while (!isDone()) {
      const dead = [...this.#agents.values()].find((agent) => agent.ended && !agent.expectedToEnd);
      if (dead !== undefined)
        throw new ConferError('device-failure', `The agent of ${dead.node} ended: ${dead.lastWords()}`);
      if (this.#clock.elapsed() - startedAt > ms) {
        const late = [...this.#agents.values()].map((agent) => `${agent.node} ${agent.state()}`).join(', ');
        throw new ConferError('timeout', `Waited ${ms} ms for the ${what}: ${late}.`);
      }
      await this.#clock.sleep(20, signal);
    }
  }
}

/** Follows the log of one agent process. */
class AgentWatch {
  readonly node: string;
  serving = false;
  heard = 0;
  ended = false;
  expectedToEnd = false;
  readonly #lines: string[] = [];

  constructor(node: string, child: ChildProcess, onLoss: (sentence: string) => void) {
    this.node = node;
    child.once('exit', (code, signal) => {
      this.ended = true;
      if (this.expectedToEnd) return;
      const words = this.#lines.length === 0 || signal !== null ? '' : `: ${this.lastWords()}`;
      onLoss(`The agent of ${node} ended unexpectedly, ${signal ?? `with exit code ${code}`}${words}`);
    });
    child.stdout?.resume();
    if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => this.#follow(line));
  }

  state(): string {
    return this.serving ? `heard ${this.heard}` : 'does not serve yet';
  }

  lastWords(): string {
    return this.#lines.slice(-5).join(' | ') || 'without a word';
  }

  #follow(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > stderrLinesKept) this.#lines.shift();
    let entry: { message?: unknown; nodes?: unknown };
    try {
      entry = JSON.parse(line);
    } catch {
      return; // a stack trace or a warning of the runtime: kept for lastWords
    }
    if (entry.message === 'serving') this.serving = true;
    if (entry.message === 'domain' && Array.isArray(entry.nodes)) this.heard = entry.nodes.length;
  }
}
