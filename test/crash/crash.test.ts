/** The short form of the crash campaigns: `npm run crash` is the long one, docs/crash-safety.md has its figures. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { node } from '../cli/confer.ts';
import { root } from '../support/source.ts';

it('agents that are killed under load have kept what they acknowledged [T25] [T37]', async () => {
  const { code, output, figures } = await crash('--what', 'agents', '--kills', '10', '--load-ms', '800');
  assert.equal(code, 0, output);
  const { kills, answers = 0, auditRecords = 0 } = figures;
  assert.equal(kills, 10);
  assert.ok(answers > 50 && auditRecords > answers, output);
  assert.match(output, /^Nothing that was acknowledged is lost\.$/m);
});

it('a controller that is killed has what it acknowledged, verified and once [T28]', async () => {
  const { code, output, figures } = await crash('--what', 'controller', '--kills', '5');
  assert.equal(code, 0, output);
  const { kills, reportsOnDevices = 0 } = figures;
  assert.equal(kills, 5);
  assert.ok(reportsOnDevices >= 3, output);
});

async function crash(...args: string[]) {
  const child = spawn(node, ['scripts/crash.ts', '--short', '--seed', '1', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  const [code] = (await once(child, 'close')) as [number | null];
  const figures = output.split('\n').find((line) => line.startsWith('{')) ?? '{}';
  return { code, output, figures: JSON.parse(figures) as Record<string, number> };
}
