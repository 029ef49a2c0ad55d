/** The Beacon contract over each beacon: simulated links, the modelled lab's, and real wires with and without lldpd. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Beacon } from '../../discovery/beacon.ts';
import { type FramePort, FrameSpeaker, type SpeakerClock } from '../../discovery/speaker.ts';
import { serveDevice } from '../../src/sim/device-server.ts';
import { faultyFrames } from '../../src/sim/discovery-wire.ts';
import { noFaults } from '../../src/sim/fault-mix.ts';
import { FaultyWire } from '../../src/sim/faulty-wire.ts';
import { ModelledNetwork } from '../../src/sim/network.ts';
import { Observations } from '../../src/sim/observations.ts';
import { connectDevice } from '../../src/sim/remote-device.ts';
import { createSeededRandom } from '../../src/sim/seeded-random.ts';
import { Trace } from '../../src/sim/trace.ts';
import { createVirtualClock, type VirtualClock } from '../../src/sim/virtual-clock.ts';
import { missingForLab, skipWithoutLab } from '../support/lab.ts';
import { threeRouters } from '../support/three-routers.ts';
import { type BeaconWorld, beaconContract, type Node, nodes } from './beacon.ts';
import { ipcChannel } from './ipc-channel.ts';
import { finished } from './processes.ts';

const run = promisify(execFile);

beaconContract('simulated links', { source: 'lldp' }, () =>
  modelledWorld(async (clock, network, node) => speaker(clock, network.framePort(node), node)),
);

// As src/sim/simulated-world.ts has it, without its faults.
beaconContract('the simulation’s wire', { source: 'lldp' }, () => {
  let shared: { trace: Trace; observations: Observations; wire: FaultyWire } | undefined;
  return modelledWorld(async (clock, network, node) => {
    const elapsed = () => clock.elapsed();
    const trace = shared?.trace ?? new Trace(elapsed);
    const random = createSeededRandom(1);
    shared ??= {
      trace,
      observations: new Observations(trace, 60_000),
      wire: new FaultyWire({
        trace,
        random,
        mix: () => noFaults,
        elapsed,
        flightMs: [0.05, 0.2],
        stalls: false,
      }),
    };
    const { observations, wire } = shared;
    const port = faultyFrames(network.framePort(node), { node, wire, trace, after: clock.after, isis: true });
    return observations.watchBeacon(node, speaker(clock, port, node));
  });
});

beaconContract('the modelled lab’s remote device', { source: 'lldp' }, () =>
  modelledWorld(async (clock, network, node) => {
    const [agent, lab] = ipcChannel();
    const reach = async (host: string, port: number) => ({ host, port });
    serveDevice(lab, { driver: network.router(node), frames: network.framePort(node), reach });
    return speaker(clock, (await connectDevice(agent)).frames, node);
  }),
);

describe('Beacon', { concurrency: true }, () => {
  for (const [name, isDaemon] of [
    ['real wires', false],
    ['real wires and lldpd', true],
  ] as const) {
    const needs = { tools: isDaemon ? ['ip', 'lldpd', 'lldpcli'] : ['ip'] };
    const options = { skip: skipWithoutLab(needs), timeout: 120_000 };

    it(`${name}: keeps the whole contract, in a network namespace`, options, async () => {
      assert.equal(missingForLab(needs), undefined);
      await using wires = await Wires.open(`beacon-${process.pid}-${isDaemon ? 'lldpd' : 'frames'}`);
      const socket = isDaemon ? [await wires.startDaemon('p2-*')] : [];
      const file = fileURLToPath(new URL('./beacons-on-wires.ts', import.meta.url));
      const { code, output } = await finished('ip', wires.inside(process.execPath, file, ...socket));
      assert.equal(code, 0, output);
      assert.match(output, /^ℹ pass [1-9]\d*$/m);
      assert.match(output, /^ℹ skipped 0$/m);
    });
  }
});

/** A network namespace with both ends of every link: PE-1 - P-2 - PE-3. */
class Wires implements AsyncDisposable {
  readonly #namespace: string;
  readonly #directory = mkdtempSync(join(tmpdir(), 'confer-beacon-'));
  #daemon: ChildProcess | undefined;

  private constructor(namespace: string) {
    this.#namespace = namespace;
  }

  static async open(namespace: string): Promise<Wires> {
    await run('ip', ['netns', 'add', namespace]);
    const wires = new Wires(namespace);
    for (const { a, b } of threeRouters().links) {
      const ends = ['type', 'veth', 'peer', 'name', b.interface];
      await run('ip', ['-n', namespace, 'link', 'add', a.interface, ...ends]);
      for (const { interface: name } of [a, b]) await run('ip', ['-n', namespace, 'link', 'set', name, 'up']);
    }
    return wires;
  }

  inside(...command: string[]): string[] {
    return ['netns', 'exec', this.#namespace, ...command];
  }

  /** Returns its control socket. */
  async startDaemon(interfaces: string): Promise<string> {
    // lldpcli gives up root before it opens the socket.
    chmodSync(this.#directory, 0o755);
    const socket = join(this.#directory, 'lldpd.sock');
    const command = this.inside('lldpd', '-d', '-u', socket, '-I', interfaces);
    this.#daemon = spawn('ip', command, { stdio: 'ignore' });
    const tell = (...words: string[]) => run('lldpcli', ['-u', socket, ...words]).catch(() => undefined);
    const sent = async () => {
      const { stdout = '' } = (await tell('show', 'statistics', 'summary')) ?? {};
      return Number(/Transmitted: +(\d+)/.exec(stdout)?.[1] ?? Number.NaN);
    };
    for (let tries = 0; tries < 100; tries += 1) {
      if (await tell('configure', 'lldp', 'tx-interval', '1')) {
        // It starts paused, until a client of its own has read its configuration. What others tell it meanwhile may be
        // lost on a busy machine: it is up once it sends by itself, more than the one frame that this brings about.
        await tell('resume');
        const before = await sent();
        await delay(2_500);
        if ((await sent()) - before > 2) return socket;
      } else await delay(100);
    }
    return assert.fail('lldpd does not come up');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon !== undefined) {
      const gone = once(this.#daemon, 'exit');
      this.#daemon.kill('SIGTERM');
      await gone;
    }
    await run('ip', ['netns', 'del', this.#namespace]);
    rmSync(this.#directory, { recursive: true });
  }
}

/** One beacon in each modelled router, in virtual time. */
async function modelledWorld(
  open: (clock: VirtualClock, network: ModelledNetwork, node: Node) => Promise<Beacon>,
): Promise<BeaconWorld> {
  const clock = createVirtualClock();
  const network = new ModelledNetwork(threeRouters(), { clock, random: createSeededRandom(1) });
  const beacons = new Map<Node, Beacon>();
  for (const node of nodes) beacons.set(node, await open(clock, network, node));
  return {
    beacon: (node) => beacons.get(node) ?? assert.fail(node),
    async until(holds) {
      assert.ok(await clock.runUntil(holds, 60_000), 'not within a minute');
    },
    wait: (ms) => clock.advance(ms),
    async [Symbol.asyncDispose]() {
      for (const beacon of beacons.values()) await beacon.close();
      await clock.advance(10);
      assert.equal(clock.waiting, 0, 'a timer was left behind');
    },
  };
}

function speaker(clock: VirtualClock, port: FramePort, node: Node): FrameSpeaker {
  return new FrameSpeaker(port, speakerClock(clock), { node, announceIntervalMs: 1_000 });
}

function speakerClock(clock: VirtualClock): SpeakerClock {
  return {
    now: () => clock.elapsed(),
    every(intervalMs, callback) {
      let cancel = () => {};
      const repeat = () => {
        cancel = clock.after(intervalMs, () => {
          repeat();
          callback();
        });
      };
      repeat();
      return () => cancel();
    },
  };
}
