/**
 * Input: whole domains under the default faults, hundreds of seeds. Output: all invariants hold, each run has at least
 * 20 fault events, and the same seed gives the same trace in another process, on another thread, at another time.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseTopology, type Topology } from '../../src/core/topology.ts';
import { runCampaign } from '../../src/sim/campaign.ts';
import { faultNames, noFaults } from '../../src/sim/fault-mix.ts';
import { runSeed } from '../../src/sim/run-seed.ts';
import { root } from '../support/source.ts';

/** CONFER_SEEDS=n runs n seeds of the three-router story; other topologies get fewer. */
const seeds = Number(process.env.CONFER_SEEDS ?? 200);

function shipped(name: string): Topology {
  const file = `topologies/${name}.yaml`;
  return parseTopology(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'), file);
}

interface SimOutput {
  seeds: number;
  failed: { seed: number; invariant: string; command: string }[];
  events: number;
  faultEvents: number;
  traceHash: string;
}

function sim(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['src/cli.ts', 'sim', ...args], { cwd: root, encoding: 'utf8' });
}

function simJson(...args: string[]): SimOutput {
  return JSON.parse(sim(...args, '--json').stdout) as SimOutput;
}

describe('simulated domains under faults', () => {
  for (const [name, count] of [
    ['pe1-p2-pe3', seeds],
    ['ring-6', Math.ceil(seeds / 20)],
    ['fabric-20', Math.ceil(seeds / 100)],
  ] as const)
    it(`hold on ${name}, with at least 20 fault events a seed`, async () => {
      const failed: string[] = [];
      const outcome = await runCampaign({
        topology: shipped(name),
        from: 1,
        to: count,
        jobs: 2,
        onSeed: ({ seed, violations }) => {
          for (const { invariant, detail } of violations)
            failed.push(
              `${invariant}: ${detail}\n  confer sim --seeds ${seed}..${seed} --topology topologies/${name}.yaml`,
            );
          return true;
        },
      });
      assert.deepEqual(failed, []);
      assert.equal(outcome.seeds, count);
      assert.ok(outcome.faultEventsMin >= 20, `a seed has ${outcome.faultEventsMin}`);
      if (count >= 100) for (const one of faultNames) assert.ok(outcome.faultCounts[one] > 0, one);
    });

  it('without faults all is found, and nothing is counted', async () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const outcome = await runSeed(shipped('pe1-p2-pe3'), { seed, faults: noFaults });
      assert.deepEqual([outcome.violations, outcome.verdicts.length], [[], outcome.verdicts.length]);
      assert.ok(outcome.verdicts.every((verdict) => verdict === 'CONFIRMED' || verdict === 'NO_FAULT'));
    }
  });

  it('have the same trace for the same seed, in two processes and on threads, and another for another', () => {
    const one = simJson('--seeds', '1..12');
    assert.deepEqual(simJson('--seeds', '1..12'), one);
    assert.deepEqual(simJson('--seeds', '1..12', '--jobs', '2'), one);
    assert.notEqual(simJson('--seeds', '2..13').traceHash, one.traceHash);
  });
});

describe('confer sim', () => {
  it('prints one JSON object, and ends with 0 when all invariants hold', () => {
    const { status, stdout } = sim('--seeds', '1..3', '--json');
    const outcome = JSON.parse(stdout) as SimOutput;
    assert.equal(status, 0);
    assert.deepEqual([outcome.seeds, outcome.failed], [3, []]);
    assert.ok(outcome.events > outcome.faultEvents && outcome.faultEvents >= 60);
    assert.match(outcome.traceHash, /^[0-9a-f]{64}$/);
  });

  it('takes faults by name, and no others are then in force', () => {
    const only = simJson('--seeds', '5', '--faults', 'duplicate=1');
    assert.ok(only.faultEvents > 50, String(only.faultEvents));
    assert.equal(simJson('--seeds', '5', '--faults', 'drop=0').faultEvents, 0);
  });

  it('tells people what happened', () => {
    const { stdout } = sim('--seeds', '1..2');
    assert.match(stdout, /^2 seeds in .* a second\n\d+ events; \d+ fault events, at least \d+ a seed\n/);
    assert.match(stdout, /All invariants hold\.\n$/);
  });

  for (const [what, args, said] of [
    ['no seeds', [], /--seeds/],
    ['seeds that end before they begin', ['--seeds', '5..4'], /both included/],
    ['seeds that are no numbers', ['--seeds', 'one..two'], /A\.\.B/],
    ['a fault that there is not', ['--seeds', '1', '--faults', 'flood=1'], /flood/],
    ['no faults by another name', ['--seeds', '1', '--faults', 'none'], /drop=0/],
    ['a probability above 1', ['--seeds', '1', '--faults', 'drop=3'], /from 0 to 1/],
    ['no threads', ['--seeds', '1', '--jobs', '0'], /1 to 99/],
    ['a file that is not there', ['--seeds', '1', '--topology', 'nowhere.yaml'], /nowhere\.yaml/],
  ] as const)
    it(`refuses ${what} with exit code 2 and a sentence`, () => {
      const { status, stdout, stderr } = sim(...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, said);
      assert.equal(stdout, '');
    });
});
