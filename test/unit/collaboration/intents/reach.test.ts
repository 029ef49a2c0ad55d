/** Input: what a head and routers signed of a few probes. Output: whether each path carries anything, and the verdict. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concludeReach } from '../../../../src/collaboration/intents/reach.ts';
import { readingsOf } from '../../../../src/collaboration/readings.ts';
import type { Conclusion, ReachabilityIntent } from '../../../../src/core/records.ts';
import { Answers, flowOf, pathOver } from '../world.ts';

const intent: ReachabilityIntent = { kind: 'reachability', head: 'A', tail: 'C', via: ['B'] };
const paths = [pathOver('ABC'), pathOver('CBA', 'r1')] as const;
const flows = [flowOf(paths[0], 1), flowOf(paths[1], 2)];

/** Of either flow, what came to each counting point; a tail that tells nothing does not count. */
interface Told {
  received?: number;
  middle?: { in?: number; out?: number };
  delivered?: number;
}

function concluded(forward: Told, reverse: Told): Conclusion {
  const answers = new Answers()
    .probes('A', 1, 20, forward.received ?? 20)
    .probes('C', 2, 20, reverse.received ?? 20);
  const middle = (told: Told) => ({ in: 20, out: 20, ...told.middle });
  answers.countingAll('A', [
    { label: 1, out: 20 },
    { label: 2, in: middle(reverse).out, delivered: reverse.delivered ?? 20 },
  ]);
  answers.countingAll('B', [
    { label: 1, ...middle(forward) },
    { label: 2, ...middle(reverse) },
  ]);
  if (forward.delivered !== -1)
    answers.countingAll('C', [
      { label: 1, in: middle(forward).out, delivered: forward.delivered ?? 20 },
      { label: 2, out: 20 },
    ]);
  const readings = readingsOf(answers.envelopes);
  return concludeReach({ intent, paths, flows, readings, untrusted: [] });
}

const states = ({ reachability = [] }: Conclusion) => reachability.map(({ state }) => state);

describe('reachability [Y20]', () => {
  it('is NO_FAULT where something arrives over every path', () => {
    const said = concluded({}, {});
    assert.deepEqual([said.verdict, states(said)], ['NO_FAULT', ['reachable', 'reachable']]);
    assert.deepEqual(said.reachability?.[0]?.supportedBy, ['e1', 'e5']);
  });

  it('is not touched by losses that let some pass, which are told', () => {
    const said = concluded({ middle: { out: 12 }, delivered: 12, received: 12 }, {});
    assert.equal(said.verdict, 'NO_FAULT');
    assert.deepEqual(said.findings, []);
    assert.match(said.recommendation, /lost on f1: verify packet loss/);
  });

  it('is decided where nothing arrives, though nobody tells why', () => {
    const said = concluded({ middle: { out: 0 }, delivered: 0, received: 0 }, {});
    assert.deepEqual([said.verdict, states(said)], ['INCONCLUSIVE', ['unreachable', 'reachable']]);
    assert.deepEqual(said.suspects, [{ node: 'B' }]);
  });

  it('of a tail that says nothing came while its replies did is not known, and accuses nobody', () => {
    const said = concluded({ delivered: 0, received: 20 }, {});
    assert.deepEqual(
      [said.verdict, states(said), said.findings],
      ['INCONCLUSIVE', ['unknown', 'reachable'], []],
    );
  });

  it('does not rest on a router on the way that counts nothing while both ends tell of probes', () => {
    const said = concluded({ middle: { in: 0, out: 0 } }, {});
    assert.deepEqual(states(said), ['reachable', 'reachable']);
    assert.deepEqual(said.findings, []);
  });

  it('of a tail that does not count is what its replies show; that none come shows nothing', () => {
    const answered = concluded({ delivered: -1 }, {});
    assert.deepEqual(answered.reachability?.[0]?.shownBy, 'replies');
    assert.equal(states(answered)[0], 'reachable');
    const silent = concluded({ delivered: -1, received: 0 }, {});
    assert.deepEqual([states(silent)[0], silent.verdict], ['unknown', 'INCONCLUSIVE']);
  });

  it('in one direction alone is not known', () => {
    const readings = readingsOf(new Answers().probes('A', 1, 20).envelopes);
    const said = concludeReach({
      intent,
      paths: [paths[0]],
      flows: [flows[0] ?? flowOf(paths[0], 1)],
      readings,
      untrusted: [],
    });
    assert.equal(said.verdict, 'INCONCLUSIVE');
  });
});
