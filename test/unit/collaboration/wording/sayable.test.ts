/** What of each finding a sentence may say, and with which values its slots are filled. Input: a finding of every kind. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clausesFor } from '../../../../models/evidence/clauses.ts';
import { type KindPhrases, kindPhrases } from '../../../../models/evidence/kind-phrases.ts';
import { mistakeIn } from '../../../../models/evidence/sentence.ts';
import { filled } from '../../../../models/evidence/slots.ts';
import { wordingOf } from '../../../../models/training/evidence/wordings.ts';
import { createRandom } from '../../../../models/training/random.ts';
import { factsOf } from '../../../../src/collaboration/hypothesis.ts';
import { readingsOf } from '../../../../src/collaboration/readings.ts';
import { saidOf } from '../../../../src/collaboration/wording/sayable.ts';
import { summaryOf } from '../../../../src/collaboration/wording/wording.ts';
import { findingKinds } from '../../../../src/core/fault-kinds.ts';
import type { Conclusion, Finding, Path, PathLossIntent } from '../../../../src/core/records.ts';
import { Answers } from '../world.ts';

const intent: PathLossIntent = { kind: 'path-loss', head: 'PE-1', tail: 'PE-3', via: ['P-2'] };
const measured = { intent, paths: [], flows: [], untrusted: [], readings: new Map() };
const finding: Finding = {
  kind: 'egress-acl',
  element: { node: 'P-2', interface: 'p2-pe3', peer: 'PE-3', object: '2001' },
  direction: 'forward',
  probability: 1,
  lossPercent: 20.4,
  lossPercentInterval: [18, 23],
  supportedBy: ['e1'],
};
const conclusion = (findings: Finding[], verdict: Conclusion['verdict'] = 'CONFIRMED'): Conclusion => ({
  verdict,
  findings,
  suspects: [],
  measurements: [],
  hypothesis: '',
  recommendation: '',
});
const saidBy = (one: Conclusion) => saidOf(one, measured, factsOf(one, measured));

describe('what may be said of a finding', () => {
  for (const kind of findingKinds)
    it(`of ${kind} is its place, its object, its direction and its loss, each from the finding`, () => {
      const [said, ...others] = saidBy(conclusion([{ ...finding, kind }]));
      assert.ok(said !== undefined && others.length === 0);
      const { at, object }: KindPhrases = kindPhrases[kind];
      const place = {
        link: { link: 'P-2 p2-pe3 -> PE-3' },
        interface: { interface: 'P-2 p2-pe3' },
        node: { node: 'P-2' },
        pair: { node: 'P-2', peer: 'PE-3' },
      }[at];
      assert.deepEqual(said.values, {
        ...place,
        ...(object !== undefined && { [object]: '2001' }),
        direction: 'forward',
        loss: '20.4 %',
        interval: '95 % interval 18 to 23 %',
      });
      assert.deepEqual(said.about.required, Object.keys(said.values));
      assert.doesNotMatch(said.prompt, /P-2|PE-3|2001|p2-pe3|20\.4/);
      const roles = new Set(clausesFor(said.about).map(({ role }) => role));
      assert.ok(roles.has('T') && roles.has('L') && roles.has('C'), kind);
      const wording = wordingOf(said.about, createRandom(1));
      assert.ok(wording !== undefined);
      assert.equal(mistakeIn(wording.words, said.about), undefined);
      const sentence = filled(wording.words, said.values);
      for (const value of Object.values(said.values))
        assert.ok(sentence.includes(value), `${value}: ${sentence}`);
    });

  it('names what a place has, where peer or interface are not known', () => {
    const bare = (kind: Finding['kind'], element: Finding['element']) =>
      saidBy(conclusion([{ ...finding, kind, element }]))[0]?.values;
    assert.equal(bare('link-down', { node: 'P-2', interface: 'p2-pe3' })?.interface, 'P-2 p2-pe3');
    assert.equal(bare('link-down', { node: 'P-2' })?.node, 'P-2');
    assert.equal(bare('link-down', { node: 'P-2', peer: 'PE-3' })?.link, 'P-2 -> PE-3');
    assert.equal(bare('policy-drop', { node: 'P-2', object: 'x' })?.node, 'P-2');
  });

  it('says both directions of a link that is down', () => {
    const [said] = saidBy(conclusion([{ ...finding, kind: 'link-down', direction: 'both' }]));
    assert.equal(said?.values.link, 'P-2 p2-pe3 - PE-3');
    assert.equal(said?.values.direction, 'in both directions');
  });

  it('leaves the loss out where nothing is lost', () => {
    const [said] = saidBy(conclusion([{ ...finding, kind: 'dscp-remark', lossPercent: 0 }]));
    assert.deepEqual(Object.keys(said?.values ?? {}), ['interface', 'direction']);
    assert.equal(said?.about.lost, 'none');
  });

  const denied = 'packets are denied by the egress acl {acl} at {interface} .'.split(' ');
  it('begins with a capital letter where the sentence does, and nowhere else', () => {
    const one = conclusion([finding, finding]);
    assert.equal(
      summaryOf(factsOf(one, measured), [denied, denied], saidBy(one)),
      'Packets are denied by the egress ACL 2001 at P-2 p2-pe3; packets are denied by the egress ACL 2001 at P-2 p2-pe3.',
    );
  });

  it('is its place alone, where something else than loss was asked', () => {
    const one = conclusion([finding]);
    const facts = { ...factsOf(one, measured), answer: 'PE-3 is not reachable from PE-1' };
    const [said] = saidOf(one, measured, facts);
    assert.deepEqual(said?.values, { interface: 'P-2 p2-pe3', acl: '2001' });
    assert.ok(said !== undefined);
    assert.equal(
      summaryOf(facts, [denied], [said]),
      'PE-3 is not reachable from PE-1: packets are denied by the egress ACL 2001 at P-2 p2-pe3.',
    );
    assert.deepEqual(saidOf(conclusion([]), measured, facts), []);
  });
});

describe('of two links between the same routers', () => {
  const hops = ['a', 'b'].map((link) => ({
    from: 'P-2',
    egress: `p2-pe3${link}`,
    to: 'PE-3',
    ingress: `pe3-p2${link}`,
  }));
  const ways = hops.flatMap((hop, index): Path[] => [
    { id: `f${index + 1}`, direction: 'forward', nodes: ['P-2', 'PE-3'], segments: [], hops: [hop] },
    {
      id: `r${index + 1}`,
      direction: 'reverse',
      nodes: ['PE-3', 'P-2'],
      segments: [],
      hops: [{ from: hop.to, egress: hop.ingress, to: hop.from, ingress: hop.egress }],
    },
  ]);
  const answers = new Answers()
    .interfaces('P-2', { name: 'p2-pe3a' }, { name: 'p2-pe3b' })
    .interfaces('PE-3', { name: 'pe3-p2a' }, { name: 'pe3-p2b' })
    .interfaces(
      'P-2',
      { name: 'p2-pe3a', queue: { dropped: 300, average: 9, peak: 9 } },
      { name: 'p2-pe3b', queue: { dropped: 7, average: 9, peak: 9 } },
    )
    .interfaces('PE-3', { name: 'pe3-p2a', carrierChanges: 4 }, { name: 'pe3-p2b', inErrors: 5 });
  const seen = { ...measured, paths: ways, readings: readingsOf(answers.envelopes) };
  const [a, b] = (['p2-pe3a', 'p2-pe3b'] as const).map((name) => ({
    node: 'P-2',
    interface: name,
    peer: 'PE-3',
  }));
  const saidOfLink = (kind: Finding['kind'], element: Finding['element'] = finding.element) => {
    const one = conclusion([{ ...finding, kind, element }]);
    return saidOf(one, seen, factsOf(one, seen))[0];
  };

  it('the counter that is told is that of the link itself', () => {
    assert.equal(saidOfLink('rate-bottleneck', a)?.values.dropped, '300');
    assert.equal(saidOfLink('rate-bottleneck', b)?.values.dropped, '7');
    assert.equal(saidOfLink('corruption', a)?.values.damaged, undefined);
    assert.equal(saidOfLink('corruption', b)?.values.damaged, '5');
  });

  it('the far end is that of the hop', () => {
    const far = { node: 'PE-3', interface: 'pe3-p2b', peer: 'P-2' };
    assert.equal(saidOfLink('rate-bottleneck', far)?.values.dropped, '7');
    assert.deepEqual(saidOfLink('link-flap', a)?.about.signs, ['flaps']);
    assert.deepEqual(saidOfLink('link-flap', b)?.about.signs, []);
    assert.deepEqual(saidOfLink('link-flap', far)?.about.signs, []);
  });
});

describe('of two access lists of the same name at the ends of a link', () => {
  const path: Path = {
    id: 'f1',
    direction: 'forward',
    nodes: ['P-2', 'PE-3'],
    segments: [],
    hops: [{ from: 'P-2', egress: 'p2-pe3', to: 'PE-3', ingress: 'pe3-p2' }],
  };
  const answers = new Answers()
    .accessLists('P-2', { 'p2-pe3': { egress: { 2001: 0 }, ingress: { 2001: 0 } } })
    .accessLists('PE-3', { 'pe3-p2': { egress: { 2001: 0 }, ingress: { 2001: 0 } } })
    .accessLists('P-2', { 'p2-pe3': { egress: { 2001: 7 }, ingress: { 2001: 0 } } })
    .accessLists('PE-3', { 'pe3-p2': { egress: { 2001: 4 }, ingress: { 2001: 300 } } });
  const seen = { ...measured, paths: [path], readings: readingsOf(answers.envelopes) };

  it('the counter and the idle side that are told are those of the accused one', () => {
    const far = { node: 'PE-3', interface: 'pe3-p2', peer: 'P-2', object: '2001' };
    const one = conclusion([{ ...finding, kind: 'one-way-acl', element: far }]);
    const [said] = saidOf(one, seen, factsOf(one, seen));
    assert.equal(said?.values.denied, '300');
    assert.deepEqual(said?.about.signs, ['acl-ingress']);
  });
});

describe('what may be said of a conclusion without a finding', () => {
  it('is the path and what was counted, where it is clean', () => {
    const [said] = saidBy(conclusion([], 'NO_FAULT'));
    assert.equal(said?.about.kind, 'healthy');
    assert.deepEqual(said?.values, { head: 'PE-1', tail: 'PE-3', count: '0' });
  });

  it('is the path and who is suspected, where it is open', () => {
    const open = { ...conclusion([], 'INCONCLUSIVE'), suspects: [{ node: 'P-2' }, { node: 'PE-3' }] };
    const [said] = saidBy(open);
    assert.equal(said?.about.kind, 'undetermined');
    assert.deepEqual(said?.values, { head: 'PE-1', tail: 'PE-3', suspects: 'P-2, PE-3' });
  });
});
