/** `npm run crash|planted|bench` and the soak read what is typed before they begin: nothing passes without having been checked. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { node } from '../../cli/confer.ts';
import { root } from '../../support/source.ts';

function run(...args: string[]) {
  return spawnSync(node, args, { cwd: root, encoding: 'utf8', timeout: 30_000 });
}

const refused: [args: string[], told: RegExp][] = [
  [['scripts/crash.ts', '--kills', 'abc'], /^crash: .*'--kills <n>'.*'abc'.*from 1 on/],
  [['scripts/crash.ts', '--kills', '0'], /'0'.*from 1 on/],
  [['scripts/crash.ts', '--kills=-5'], /'-5'.*from 1 on/],
  [['scripts/crash.ts', '--seed', 'abc'], /'--seed <n>'.*'abc'.*whole number/],
  [['scripts/crash.ts', '--load-ms', 'x'], /'--load-ms <ms>'.*from 1 on/],
  [['scripts/crash.ts', 'controller'], /too many arguments/],
  [['scripts/planted.ts', '06', '--seeds', 'abc'], /^planted: .*'--seeds <n>'.*from 1 on/],
  [['scripts/planted.ts', '06', '--jobs', '0'], /'--jobs <n>'.*1 to 99/],
  [['scripts/planted.ts', '06', 'nobody'], /^planted: No file of test\/planted has nobody in its name/],
  [['scripts/model-soak.ts', '--minutes', 'soon'], /^model-soak: .*'--minutes <m>'.*from 0 on/],
  [['bench/run.ts', 'nothing'], /^bench: There is no benchmark nothing; there are transport, /],
  [['bench/run.ts', '--fast'], /^bench: unknown option '--fast'/],
];

describe('scripts', { concurrency: 2 }, () => {
  for (const [args, told] of refused)
    it(`${args.join(' ')} ends at once, with a sentence and exit code 2`, () => {
      const { status, stdout, stderr } = run(...args);
      assert.equal(status, 2, stdout + stderr);
      assert.equal(stdout, '');
      assert.match(stderr, told);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    });

  for (const script of ['scripts/crash.ts', 'scripts/planted.ts', 'scripts/model-soak.ts', 'bench/run.ts'])
    it(`${script} --help tells how`, () => {
      const { status, stdout, stderr } = run(script, '--help');
      assert.equal(status, 0, stderr);
      assert.match(stdout, /^Usage: (crash|planted|model-soak|bench) \[options\]/);
    });
});
