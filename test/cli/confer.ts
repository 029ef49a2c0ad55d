/** Runs the real command line as a process of its own, as a user does. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../support/source.ts';

/** The Node of package.json, which npm scripts run on. */
export const node = join(root, 'node_modules/.bin/node');
export const cli = join(root, 'src/cli.ts');
export const threeRouters = join(root, 'topologies/pe1-p2-pe3.yaml');

const runTimeoutMs = 90_000;

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** Resolves with everything printed so far once stdout and stderr together match. */
  printed(pattern: RegExp): Promise<string>;
}

/** Starts `confer`; stdin is empty unless it is piped. */
export function start(
  args: string[],
  options: { cwd?: string; stdin?: 'pipe'; ownGroup?: boolean } = {},
): Running {
  const child = spawn(node, [cli, ...args], {
    cwd: options.cwd ?? tmpdir(),
    stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
    detached: options.ownGroup ?? false,
    env: { ...process.env, NO_COLOR: '1' },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), runTimeoutMs);
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[stream] += chunk;
    });
  const ended = once(child, 'close').then(([code, signal]) => {
    clearTimeout(timer);
    return { code, signal, ...text } as Ended;
  });
  const printed = async (pattern: RegExp) => {
    while (!pattern.test(text.stdout + text.stderr)) {
      assert.equal(child.exitCode, null, `ended before ${pattern}: ${text.stdout}${text.stderr}`);
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
    return text.stdout + text.stderr;
  };
  return { child, ended, printed };
}

export function confer(...args: string[]): Promise<Ended> {
  return start(args).ended;
}

/** What every failure looks like: nothing on stdout, one sentence on stderr, no stack trace. */
export async function refuses(args: string[], code: 1 | 2, ...told: RegExp[]): Promise<void> {
  const result = await confer(...args);
  assert.equal(result.code, code, `${result.stdout}${result.stderr}`);
  assert.equal(result.stdout, '');
  assert.match(result.stderr, /^confer: /);
  assert.equal(result.stderr.trim().split('\n').length, 1, result.stderr);
  assert.doesNotMatch(result.stderr, /\n\s+at |node:internal|\[object/);
  for (const pattern of told) assert.match(result.stderr, pattern);
}

/** A directory that is gone afterwards, with these files in it. */
export function scratch(files: Record<string, string> = {}): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'confer-cli-test-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
