/** Starts FRR's daemons in the namespaces of a lab, waits until they have found each other, configures and kills them. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ConferError, messageOf } from '../../core/errors.ts';
import type { Topology } from '../../core/topology.ts';
import { protocolsOf } from '../../core/topology-routing.ts';
import { runScripts } from './commands.ts';
import type { Names } from './names.ts';
import {
  type Daemon,
  daemonDirectory,
  daemonsOf,
  daemonUser,
  nodeDirectory,
  routingDirectory,
} from './routing.ts';
import { isAtRest, stateCommands } from './routing-state.ts';
import type { Teardown } from './teardown.ts';

const run = promisify(execFile);
const startMsMax = 10_000;
const settleMsMax = 40_000;
const pollMs = 200;
const commandMsMax = 10_000;

export class RoutingDaemons {
  readonly #topology: Topology;
  readonly #names: Names;
  readonly #teardown: Teardown;
  readonly #running = new Map<string, ChildProcess[]>();

  constructor(topology: Topology, names: Names, teardown: Teardown) {
    this.#topology = topology;
    this.#names = names;
    this.#teardown = teardown;
  }

  /** Of the vty sockets. */
  directoryOf(node: string): string {
    return nodeDirectory(this.#topology, this.#names.prefix, node);
  }

  /** Throws ConferError `device-failure` where FRR is not installed, or a daemon does not come up. */
  async start(name: string): Promise<void> {
    const node = this.#topology.nodes.find((one) => one.name === name);
    const daemons = node === undefined ? [] : daemonsOf(this.#topology, node);
    if (daemons.length === 0) return;
    requireFrr(daemons);
    const directory = this.directoryOf(name);
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    for (const path of [routingDirectory(this.#names.prefix), directory]) chmodSync(path, 0o755);
    await run('chown', [daemonUser, directory]);
    const children: ChildProcess[] = [];
    this.#running.set(name, children);
    const [zebra, ...others] = daemons;
    if (zebra === undefined) return;
    children.push(await this.#startDaemon(name, directory, zebra));
    for (const daemon of others) children.push(await this.#startDaemon(name, directory, daemon));
  }

  async kill(node: string): Promise<void> {
    const children = this.#running.get(node) ?? [];
    this.#running.delete(node);
    const gone = children.map((child) => (isOver(child) ? undefined : once(child, 'exit')));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(gone);
  }

  /** Throws ConferError `device-failure` with what vtysh says. */
  async configure(node: string, lines: readonly string[]): Promise<void> {
    const args = lines.flatMap((line) => ['-c', line]);
    try {
      const { stdout } = await run('vtysh', ['--vty_socket', this.directoryOf(node), ...args], {
        timeout: commandMsMax,
      });
      if (/^% /m.test(stdout)) throw new Error(stdout.trim());
    } catch (error) {
      throw new ConferError(
        'device-failure',
        `FRR of ${node} refuses ${lines.join('; ')}: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    }
  }

  /** Once all have come to rest. Throws ConferError `device-failure` when they have not in time. */
  async settled(): Promise<void> {
    const startedAt = performance.now();
    const nodes = this.#topology.nodes.map(({ name }) => name).filter((name) => this.#running.has(name));
    for (;;) {
      const states = await Promise.all(
        nodes.map(async (node) => ((await this.#isAtRest(node)) ? [] : [node])),
      );
      const waiting = states.flat();
      if (waiting.length === 0) return;
      if (performance.now() - startedAt > settleMsMax)
        throw new ConferError(
          'device-failure',
          `The routing daemons of ${waiting.join(', ')} have not found all neighbours and routes within ${settleMsMax / 1_000} s.`,
        );
      await sleep(pollMs);
    }
  }

  async #startDaemon(
    node: string,
    directory: string,
    { name, configuration }: Daemon,
  ): Promise<ChildProcess> {
    const file = join(directory, `${name}.conf`);
    writeFileSync(file, configuration, { mode: 0o644 });
    const socket = join(directory, `${name}.vty`);
    const args = [
      ...['-u', daemonUser, '-g', daemonUser, '-P', '0', '-f', file, '--vty_socket', directory],
      ...['-z', join(directory, 'zserv.api'), '-i', join(directory, `${name}.pid`)],
      ...(name === 'bfdd' ? ['--bfdctl', join(directory, 'bfdd.ctl')] : []),
    ];
    await runScripts([{ namespace: this.#names.node(node), text: `rm -f ${socket}\n` }]);
    const child = spawn(
      'ip',
      ['netns', 'exec', this.#names.node(node), join(daemonDirectory, name), ...args],
      { stdio: 'ignore' },
    );
    this.#teardown.add(child);
    const startedAt = performance.now();
    while (!existsSync(socket)) {
      if (isOver(child) || performance.now() - startedAt > startMsMax)
        throw new ConferError(
          'device-failure',
          `${name} of ${node} does not start; journalctl may tell why.`,
        );
      await sleep(pollMs / 4);
    }
    return child;
  }

  async #isAtRest(node: string): Promise<boolean> {
    const ask = async (command: string) => {
      const { stdout } = await run('vtysh', ['--vty_socket', this.directoryOf(node), '-c', command], {
        timeout: commandMsMax,
      });
      return stdout;
    };
    const checks = protocolsOf(this.#topology, node).map(async (protocol) =>
      isAtRest(this.#topology, node, protocol, await Promise.all(stateCommands[protocol].map(ask))),
    );
    return (await Promise.all(checks)).every((isRight) => isRight);
  }
}

function isOver(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function requireFrr(daemons: readonly Daemon[]): void {
  const missing = daemons.find(({ name }) => !existsSync(join(daemonDirectory, name)));
  if (missing !== undefined)
    throw new ConferError(
      'device-failure',
      `${missing.name} is not installed on this machine; install the Debian package frr.`,
    );
}
