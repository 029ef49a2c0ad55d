/** The examples assert by themselves; here they are run as a reader would run them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../support/source.ts';
import { node, scratch } from './confer.ts';

const run = promisify(execFile);
const example = (name: string, ...args: string[]) =>
  run(node, [join(root, 'examples', `${name}.ts`), ...args], { cwd: root, timeout: 90_000 });

it('find-a-fault finds it, and verify-report verifies what it wrote and nothing else', async () => {
  using place = scratch();
  const { stdout } = await example('find-a-fault', place.path);
  assert.match(stdout, /^found: silent loss on the link B b-c -> C$/m);

  const [report, anchor] = [join(place.path, 'report.json'), join(place.path, 'ca.pem')];
  const verified = await example('verify-report', report, anchor);
  assert.match(verified.stdout, /^CONFIRMED: /m);
  writeFileSync(report, readFileSync(report, 'utf8').replace('"CONFIRMED"', '"NO_FAULT"'));
  await assert.rejects(example('verify-report', report, anchor), { code: 1 });
  await assert.rejects(example('verify-report'), { code: 2 });
});

it('foreign-client speaks with an agent', async () => {
  const { stdout } = await example('foreign-client');
  assert.match(stdout, /^answered: .* above the background/m);
});

it('there is no example that is not run here', () => {
  const names = globSync('*.ts', { cwd: join(root, 'examples') }).sort();
  assert.deepEqual(names, ['find-a-fault.ts', 'foreign-client.ts', 'verify-report.ts']);
});
