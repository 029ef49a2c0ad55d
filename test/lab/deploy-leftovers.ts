/** What the machines of a run are called, so that a run that was killed is known by its process id and removed. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'dpl-';
const directoryPrefix = 'confer-deploy-';

/** Network namespace of a machine of this run. */
export function namespaceOf(machine: string): string {
  return `${prefix}${process.pid}-${machine}`;
}

/** For `mkdtemp`. */
export const workDirectoryStart = join(tmpdir(), `${directoryPrefix}${process.pid}-`);

/** What runs of this test have left whose process is gone: they were killed. */
export function removeAbandoned(): void {
  const isAbandoned = (name: string, start: string) => {
    const pid = Number(name.slice(start.length).split('-')[0]);
    return name.startsWith(start) && Number.isInteger(pid) && !isRunning(pid);
  };
  for (const name of namespaces()) if (isAbandoned(name, prefix)) removeNamespace(name);
  for (const name of readdirSync(tmpdir()))
    if (isAbandoned(name, directoryPrefix)) rmSync(join(tmpdir(), name), { recursive: true });
}

/** A dead process stays in /proc as a zombie (Z) until its parent looks. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

export function namespacesOf(pid: number): string[] {
  return namespaces().filter((name) => name.startsWith(`${prefix}${pid}-`));
}

function namespaces(): string[] {
  const names = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
  return names.filter((name) => name.startsWith(prefix));
}

/** With whatever still runs in it. */
export function removeNamespace(name: string): void {
  if (!namespaces().includes(name)) return;
  const pids = execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).split('\n').filter(Boolean);
  for (const pid of pids) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  execFileSync('ip', ['netns', 'del', name]);
}
