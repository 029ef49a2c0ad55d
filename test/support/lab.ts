/** Tests on a real kernel: they need root, Linux and some tools, and say what is missing. */
import assert from 'node:assert/strict';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';

export interface LabNeeds {
  /** Programs that the test starts, for example ["ip", "nft"]. */
  tools: readonly string[];
}

export interface Machine {
  platform: string;
  isRoot: boolean;
  has(tool: string): boolean;
}

/** One sentence that says what the kernel lab lacks here; undefined when nothing is. */
export function missingForLab({ tools }: LabNeeds, machine: Machine = thisMachine): string | undefined {
  if (machine.platform !== 'linux') return `needs Linux, and this is ${machine.platform}`;
  if (!machine.isRoot) return 'needs root for network namespaces: run npm test as root';
  const lacking = tools.filter((tool) => !machine.has(tool));
  return lacking.length === 0 ? undefined : `needs ${lacking.join(', ')}: install what .ci/run installs`;
}

/** The same for a whole `describe`: pass it as `skip`. False when the lab is required, so that the tests run and fail. */
export function skipWithoutLab(needs: LabNeeds): string | false {
  return (!labRequired() && missingForLab(needs)) || false;
}

/** A test that is skipped with its reason where the lab cannot be, and fails there when CONFER_REQUIRE_LAB=1. */
export function labTest(
  name: string,
  needs: LabNeeds & { timeoutMs?: number },
  body: (context: TestContext) => void | Promise<void>,
): void {
  const missing = missingForLab(needs);
  const options = { skip: skipWithoutLab(needs), timeout: needs.timeoutMs ?? 120_000 };
  void test(name, options, async (context) => {
    assert.equal(missing, undefined);
    await body(context);
  });
}

export function labRequired(): boolean {
  return process.env.CONFER_REQUIRE_LAB === '1';
}

const thisMachine: Machine = {
  platform: process.platform,
  isRoot: process.getuid?.() === 0,
  has: (tool) => searchPath().some((directory) => isExecutable(join(directory, tool))),
};

/** A plain user's PATH often lacks sbin, where Debian keeps nft and lldpd; FRR keeps its daemons apart. */
function searchPath(): string[] {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/lib/frr'];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
