/** What the tests of the kernel world and of the Linux driver share: routers to talk to. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ProbeResult } from '../../src/core/ports.ts';
import type { Topology } from '../../src/core/topology.ts';
import { createKernelWorld, type KernelWorld, type KernelWorldOptions } from '../../src/lab/kernel-world.ts';
import { skipWithoutLab } from '../support/lab.ts';
import type { DriverRequest } from './driver-process.ts';

/** For the `skip` of a `describe`. */
export function skipReason(): string | false {
  return skipWithoutLab({ tools: ['ip', 'nft', 'ping', 'setpriv', 'tcpdump', 'tshark'] });
}

/** A kernel world with a driver in each router. */
export async function openLab(topology: Topology, options?: KernelWorldOptions): Promise<Lab> {
  return new Lab(await createKernelWorld(topology, options));
}

export class Lab implements AsyncDisposable {
  readonly world: KernelWorld;
  readonly #routers = new Map<string, Router>();

  constructor(world: KernelWorld) {
    this.world = world;
  }

  router(node: string): Router {
    const router = this.#routers.get(node) ?? new Router(this.world, node);
    this.#routers.set(node, router);
    return router;
  }

  /** Another driver process, as another user when it gets capabilities only. */
  restart(node: string, options: { capabilities?: readonly string[] } = {}): Router {
    this.#routers.get(node)?.kill();
    const router = new Router(this.world, node, options.capabilities);
    this.#routers.set(node, router);
    return router;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const router of this.#routers.values()) router.kill();
    await this.world[Symbol.asyncDispose]();
  }
}

export type ProbeAnswer = ProbeResult & { fractions: number[]; tookMs: number };

export class Router {
  readonly namespace: string;
  readonly process: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #requests = 0;

  constructor(world: KernelWorld, node: string, capabilities?: readonly string[]) {
    const { interfaces, ...addressing } = world.agentSettings(node).device;
    this.namespace = world.namespaceOf(node);
    const file = fileURLToPath(new URL('driver-process.ts', import.meta.url));
    const facts = { node, system: 'Linux', ...addressing };
    const asNobody = capabilities === undefined ? [] : unprivileged(capabilities);
    const command = [...asNobody, process.execPath, '--disable-warning=ExperimentalWarning', file];
    this.process = spawn(
      'ip',
      ['netns', 'exec', this.namespace, ...command, JSON.stringify({ facts, interfaces })],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    if (this.process.stdout === null) throw new Error('no standard output');
    createInterface({ input: this.process.stdout }).on('line', (line) => {
      const { id, result, error } = JSON.parse(line);
      const waiter = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiter?.resolve(result);
      else waiter?.reject(Object.assign(new Error(error.message), { code: error.code }));
    });
    this.process.once('exit', () => {
      for (const waiter of this.#waiting.values()) waiter.reject(new Error(`the driver of ${node} ended`));
    });
  }

  ask(request: DriverRequest): Promise<unknown> {
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.process.stdin?.write(`${JSON.stringify({ id, request })}\n`);
    });
  }

  async probe(probe: (DriverRequest & { do: 'run' })['probe']): Promise<ProbeAnswer> {
    return (await this.ask({ do: 'run', probe })) as ProbeAnswer;
  }

  /** Runs a command in the router's namespace. */
  shell(...command: string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.namespace, ...command], { encoding: 'utf8' });
  }

  kill(): void {
    this.process.kill('SIGKILL');
  }
}

/** What systemd does with `User=` and `AmbientCapabilities=`. */
function unprivileged(capabilities: readonly string[]): string[] {
  const list = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  const user = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
  return [
    'setpriv',
    ...user,
    '--inh-caps',
    list,
    '--ambient-caps',
    list,
    '--bounding-set',
    list,
    '--no-new-privs',
  ];
}
