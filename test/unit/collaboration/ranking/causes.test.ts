/**
 * Which causes code lists of a report: the true one is among them and shown. Input: three routers in virtual time, a fault of
 * each kind that has signs of its own, at a place drawn from a seed.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type PossibleCause, possibleCauses } from '../../../../src/collaboration/ranking/causes.ts';
import { weighedCauses } from '../../../../src/collaboration/ranking/shares.ts';
import { shownCause, shownPrompt } from '../../../../src/collaboration/ranking/shown.ts';
import { type Sign, type Signs, signsOf } from '../../../../src/collaboration/ranking/signs.ts';
import { readingsOf } from '../../../../src/collaboration/readings.ts';
import type { FindingKind, Report } from '../../../../src/core/records.ts';
import { type Fault, parseTopology } from '../../../../src/core/topology.ts';
import { drawFault, type Truth } from '../../../../src/sim/drawn-faults.ts';
import { createSeededRandom } from '../../../../src/sim/seeded-random.ts';
import { Domain } from '../../../support/domain.ts';
import { root } from '../../../support/source.ts';

const file = 'topologies/pe1-p2-pe3.yaml';
const topology = parseTopology(readFileSync(join(root, file), 'utf8'), file);

async function reportOf(fault?: Fault): Promise<Report> {
  await using domain = await Domain.start(topology, { seed: 11 });
  if (fault !== undefined) domain.inject(fault);
  return await domain.ask('PE-1', topology.intent ?? '');
}

function seen({ intent, paths, flows, envelopes, untrusted }: Report): Signs {
  assert.ok(intent.kind === 'path-loss');
  return signsOf({ intent, paths, flows, readings: readingsOf(envelopes), untrusted });
}

function isTrue({ kind, element, direction }: PossibleCause, truth: Truth): boolean {
  const fields = ['node', 'interface', 'peer', 'object'] as const;
  return (
    kind === truth.kind &&
    direction === truth.direction &&
    truth.elements.some((one) => fields.every((field) => one[field] === element?.[field]))
  );
}

describe('possible causes', () => {
  /** A kind of each sort of sign; models/training/evidence measures all of them on many networks. */
  const kinds: FindingKind[] = [
    'one-way-acl',
    'silent-loss',
    'gray-prefix',
    'duplex-mismatch',
    'pmtud-blackhole',
    'sid-missing',
    'rib-fib-mismatch',
    'link-flap',
    'agent-only',
  ];
  for (const kind of kinds)
    it(`have a ${kind} among them, shown`, async () => {
      const random = createSeededRandom(3);
      const { fault, truth } = drawFault(topology, kind, () => random.fraction());
      const report = await reportOf({ ...fault, active: true });
      const signs = seen(report);
      const causes = possibleCauses(signs);
      const right = causes.find((cause) => isTrue(cause, truth));
      assert.ok(right?.isShown, `${JSON.stringify(truth)} in ${JSON.stringify(signs)}`);
      assert.ok(shownCause(right, shownPrompt(signs)) !== undefined);
      const [first] = weighedCauses(causes, report);
      assert.equal(first?.kind, kind);
      assert.ok(causes.length <= 48);
    });

  it('of a clean network are healthy, shown, and undetermined', async () => {
    const report = await reportOf();
    const causes = possibleCauses(seen(report));
    assert.deepEqual(
      causes.map(({ kind, isShown }) => [kind, isShown]),
      [
        ['healthy', true],
        ['undetermined', false],
      ],
    );
    assert.equal(weighedCauses(causes, report)[0]?.kind, 'healthy');
  });

  const loss = (sign: Partial<Sign>): Sign => ({
    sign: 'loses',
    elements: [{ node: 'A', interface: 'a', peer: 'B' }],
    direction: 'forward',
    amount: 'some',
    certainty: 'sure',
    ...sign,
  });
  const paths: Signs['paths'] = [{ way: 'forward', lost: 'some', isOneOfSeveral: false }];
  const kindsOf = (signs: Sign[]) =>
    possibleCauses({ paths, signs }).map(({ kind, isShown }) => (isShown ? kind : `${kind}?`));

  it('of what is lost somewhere in a long section show nothing', () => {
    const elements: Sign['elements'] = [{ node: 'A', interface: 'a', peer: 'B' }, { node: 'B' }];
    assert.deepEqual(kindsOf([loss({ elements })]), ['silent-loss?', 'healthy?', 'undetermined']);
    assert.deepEqual(kindsOf([loss({})]), ['silent-loss', 'healthy?', 'undetermined?']);
    assert.deepEqual(kindsOf([loss({ certainty: 'maybe' })]), ['silent-loss?', 'healthy?', 'undetermined']);
  });

  it('of a silent router are that it is gone, and that its agent is, by who still sees it', () => {
    const silent: Sign = { sign: 'silent', elements: [{ node: 'B' }] };
    const down: Sign = { sign: 'down', elements: [{ node: 'A', interface: 'a', peer: 'B' }] };
    const passes: Sign = { sign: 'passes', elements: [{ node: 'B' }] };
    assert.ok(kindsOf([silent, down]).includes('node-crash'));
    assert.ok(kindsOf([silent, down]).includes('agent-only?'));
    assert.ok(kindsOf([silent, passes]).includes('agent-only'));
    assert.ok(kindsOf([silent, passes]).includes('node-crash?'));
  });

  it('of both directions of one place may be one', () => {
    const wrong = (direction: 'forward' | 'reverse'): Sign => ({
      sign: 'sid-absent',
      elements: [{ node: 'B', object: 'fc00::1' }],
      direction,
    });
    const causes = possibleCauses({ paths, signs: [wrong('forward'), wrong('reverse')] });
    assert.deepEqual(
      causes.flatMap(({ kind, direction }) => (kind === 'sid-missing' ? direction : [])),
      ['both', 'forward', 'reverse'],
    );
  });
});
