/**
 * Leaves nothing behind. A lab writes down its namespaces before it makes them; whoever ends it (the lab itself, its
 * exit, a signal, or the next lab after a kill -9) kills the processes inside them and deletes exactly those.
 * Everything here is synchronous, for the last chance to clean up is when the process exits.
 */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { labPrefix } from './names.ts';
import { routingDirectory } from './routing.ts';

const stateDirectory = '/run/confer-lab';
const namespaceDirectory = '/run/netns';
const timeoutMs = 30_000;
/** Processes may start others while they are being killed. */
const killRoundsMax = 20;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const stateSchema = z.object({
  pid: z.int().positive(),
  /** Field 22 of /proc/PID/stat: process ids are used again. */
  startTime: z.string(),
  namespaces: z.array(
    z
      .string()
      .startsWith(labPrefix)
      .regex(/^[A-Za-z0-9._-]+$/),
  ),
});

/** Writes down what is about to be made, and takes it down whenever this process ends. */
export class Teardown {
  readonly #file: string;
  readonly #namespaces: readonly string[];
  readonly #routing: string;
  readonly #children = new Set<ChildProcess>();
  #done = false;

  constructor(prefix: string, namespaces: readonly string[]) {
    this.#file = join(stateDirectory, `${prefix}.json`);
    this.#namespaces = namespaces;
    this.#routing = routingDirectory(prefix);
    const state = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '', namespaces };
    mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
    writeFileSync(`${this.#file}.new`, JSON.stringify(state), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
    process.on('exit', this.run);
    for (const signal of signals) process.on(signal, this.#onSignal);
  }

  /** A process that is on its way into a namespace is not found there yet, so the lab's own are known by name. */
  add(child: ChildProcess): void {
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
  }

  /** The processes of this lab that run now. */
  get children(): ChildProcess[] {
    return [...this.#children];
  }

  /** Idempotent. */
  readonly run = (): void => {
    if (this.#done) return;
    this.#done = true;
    process.off('exit', this.run);
    for (const signal of signals) process.off(signal, this.#onSignal);
    for (const child of this.#children) child.kill('SIGKILL');
    removeNamespaces(this.#namespaces);
    rmSync(this.#routing, { recursive: true, force: true });
    rmSync(this.#file, { force: true });
  };

  /** Whoever else listens ends the program in an orderly way and disposes of the lab; alone, we end it as the signal would. */
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) return;
    this.run();
    process.kill(process.pid, signal);
  };
}

/** Removes labs whose process is gone. Returns the namespaces that it removed. */
export function removeAbandonedLabs(): string[] {
  let files: string[];
  try {
    files = readdirSync(stateDirectory).filter(
      (name) => name.startsWith(labPrefix) && name.endsWith('.json'),
    );
  } catch {
    return [];
  }
  return files.flatMap((name) => {
    const file = join(stateDirectory, name);
    const state = readState(file);
    // Not ours to judge: somebody else's file, or one from a version that wrote another form.
    if (state === undefined || startTimeOf(state.pid) === state.startTime) return [];
    const removed = removeNamespaces(state.namespaces);
    rmSync(routingDirectory(name.slice(0, -'.json'.length)), { recursive: true, force: true });
    rmSync(file, { force: true });
    return removed;
  });
}

function readState(file: string): z.infer<typeof stateSchema> | undefined {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Field 22 of /proc/PID/stat; the name in field 2 may hold anything, so fields are counted after its parenthesis. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function removeNamespaces(names: readonly string[]): string[] {
  const inodes = new Map<number, string>();
  for (const name of names) {
    const inode = inodeOf(join(namespaceDirectory, name));
    if (inode !== undefined) inodes.set(inode, name);
  }
  for (let round = 0; round < killRoundsMax && killInside(inodes) > 0; round++) pause(20);
  const present = [...inodes.values()];
  // -force: one namespace that is gone already must not keep the others.
  if (present.length > 0) {
    spawnSync('ip', ['-force', '-batch', '-'], {
      input: present.map((name) => `netns del ${name}\n`).join(''),
      timeout: timeoutMs,
    });
  }
  return present;
}

/** Kills the processes in these network namespaces; returns how many there were. */
function killInside(inodes: ReadonlyMap<number, string>): number {
  let found = 0;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    if (!inodes.has(inodeOf(`/proc/${pid}/ns/net`) ?? -1)) continue;
    found++;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  return found;
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
