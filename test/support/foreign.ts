/** MCP software that others wrote, in a package of its own (test/interop/foreign), each program in a process of its own. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labRequired } from './lab.ts';
import { root } from './source.ts';

const directory = join(root, 'test/interop/foreign');
const node = join(root, 'node_modules/.bin/node');
const timeoutMs = 180_000;
const outputOctetsMax = 64 * 1024 * 1024;

/** What to do when the package is not installed. */
export const installForeign = 'npm ci --prefix test/interop/foreign';
const missing = `needs MCP software of others: ${installForeign}`;

/** Where a file of the package lies: "ai-sdk.mjs", "node_modules/mcporter/dist/cli.js". */
export function foreignFile(path: string): string {
  return join(directory, path);
}

/** For `skip`: why the tests cannot run here. False when they can, and when they must (CONFER_REQUIRE_LAB=1). */
export function skipWithoutForeign(): string | false {
  return labRequired() || isInstalled() ? false : missing;
}

export interface ForeignEnd {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program of the package with nothing of this process's environment and a home that is gone afterwards. With an
 * identity directory it shows that certificate wherever it connects by `fetch`.
 */
export async function runForeign(
  path: string,
  args: readonly string[],
  { identity }: { identity?: string } = {},
): Promise<ForeignEnd> {
  if (!isInstalled()) throw new Error(missing);
  const home = mkdtempSync(join(tmpdir(), 'confer-foreign-'));
  const preload = identity === undefined ? [] : ['--import', foreignFile('mutual-tls.mjs')];
  const env = {
    PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH ?? ''}`,
    HOME: home,
    NO_COLOR: '1',
    ...(identity === undefined ? {} : { CONFER_IDENTITY: identity }),
  };
  try {
    return await new Promise((resolve) => {
      execFile(
        node,
        [...preload, foreignFile(path), ...args],
        { env, cwd: home, timeout: timeoutMs, maxBuffer: outputOctetsMax },
        (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
      );
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function isInstalled(): boolean {
  return existsSync(foreignFile('node_modules/.package-lock.json'));
}
