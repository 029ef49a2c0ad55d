/**
 * Where a lab keeps what it makes for itself: its authority with its key, identities, stores. Gone when the lab ends; if
 * it was killed, gone when the next lab of this user begins.
 */
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const prefix = 'confer-lab-';
const ownerFile = 'owner.json';

const ownerSchema = z.strictObject({
  pid: z.int().positive(),
  /** Field 22 of /proc/PID/stat, where there is one: process ids are used again. */
  startTime: z.string(),
  /** The process-id namespace: those of another container on the same disk cannot be judged from here. */
  processes: z.string(),
});
type Owner = z.infer<typeof ownerSchema>;

export interface WorkDirectory extends Disposable {
  readonly path: string;
}

/** Makes a directory that only this user may enter, and removes those of labs that were killed. */
export function openWorkDirectory(parent = tmpdir()): WorkDirectory {
  removeStale(parent);
  const path = mkdtempSync(join(parent, prefix));
  const owner: Owner = {
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '',
    processes: processNamespace(),
  };
  writeFileSync(join(path, ownerFile), JSON.stringify(owner));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function removeStale(parent: string): void {
  for (const name of readdirSync(parent)) {
    const path = join(parent, name);
    if (!name.startsWith(prefix) || !isOurs(path) || !isStale(path)) continue;
    // Agents of that lab may still be ending, and write.
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Anybody may make such a name in /tmp; only what this user made is judged by what it says. */
function isOurs(path: string): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status?.isDirectory() === true && status.uid === process.getuid?.();
}

/** Without a readable owner nothing is known, so it stays. */
function isStale(path: string): boolean {
  try {
    const owner = ownerSchema.parse(JSON.parse(readFileSync(join(path, ownerFile), 'utf8')));
    return owner.processes === processNamespace() && !isAlive(owner);
  } catch {
    return false;
  }
}

function isAlive({ pid, startTime }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return (startTimeOf(pid) ?? '') === startTime;
}

function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in parentheses, may contain anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return ''; // a system without process-id namespaces
  }
}
