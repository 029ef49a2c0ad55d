/** The routers of a kernel lab, in wall time: a process in the namespace of each that a method asks. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { ProbingWorld } from '../../arena/prober.ts';
import type { Clock, DeviceDriver } from '../../core/ports.ts';
import { connectDevice } from '../../sim/remote-device.ts';
import { installedFile } from '../../system/installation.ts';
import type { KernelWorld } from '../kernel-world.ts';

const driverProcess = installedFile('src/lab/kernel/driver-process.ts');

export class KernelProbing implements ProbingWorld {
  readonly #world: KernelWorld;
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #children: ChildProcess[] = [];
  readonly #drivers = new Map<string, DeviceDriver>();

  private constructor(world: KernelWorld, clock: Clock) {
    this.#world = world;
    this.#clock = clock;
    this.#startedMs = clock.elapsed();
  }

  static async open(world: KernelWorld, clock: Clock): Promise<KernelProbing> {
    const probing = new KernelProbing(world, clock);
    try {
      for (const { name } of world.topology.nodes) await probing.#connect(name);
    } catch (error) {
      await probing[Symbol.asyncDispose]();
      throw error;
    }
    return probing;
  }

  async #connect(node: string): Promise<void> {
    const { address, locator, sids, interfaces } = this.#world.agentSettings(node).device;
    const options = { facts: { node, system: 'Linux', address, locator, sids }, interfaces };
    const child = spawn(
      'ip',
      [
        ...['netns', 'exec', this.#world.namespaceOf(node)],
        ...[process.execPath, ...process.execArgv, '--disable-warning=ExperimentalWarning'],
        ...[driverProcess, JSON.stringify(options)],
      ],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    );
    this.#children.push(child);
    const { driver } = await connectDevice(child);
    this.#drivers.set(node, driver);
  }

  get elapsedMs(): number {
    return this.#clock.elapsed() - this.#startedMs;
  }

  /** Linux throws its own dice. */
  draw(): void {}

  driver(node: string): DeviceDriver {
    const driver = this.#drivers.get(node);
    if (driver === undefined) throw new Error(`nobody probes at ${node}`);
    return driver;
  }

  pass<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return work(new AbortController().signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}
