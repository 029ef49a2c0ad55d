/**
 * Input: routing-4, a drawn fault of routing protocols, "Check the BGP session from PE-1 to PE-3".
 * Output: that very fault, and nothing where nothing is broken.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import { routingKinds } from '../../src/core/fault-kinds.ts';
import type { Report } from '../../src/core/records.ts';
import { type Fault, parseTopology, type Topology } from '../../src/core/topology.ts';
import { drawFault, isRight } from '../../src/sim/drawn-faults.ts';
import { createSeededRandom } from '../../src/sim/seeded-random.ts';
import { Domain } from '../support/domain.ts';

const file = 'topologies/routing-4.yaml';
const topology = parseTopology(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'), file);
const seeds = Number(process.env.CONFER_RUNS ?? 4);

async function asked(
  text: string,
  faults: readonly Fault[],
  at = 'PE-1',
  of: Topology = topology,
): Promise<Report> {
  await using domain = await Domain.start(of, { seed: 1 });
  for (const fault of faults) domain.inject(fault);
  const report = await domain.ask(at, text);
  const verification = verifyReport(reportBytes(report), domain.trustAnchorPem);
  assert.ok(verification.ok, JSON.stringify(verification.checks.at(-1)));
  return report;
}

function said({ verdict, summary, findings }: Report): string {
  return `${verdict}: ${summary} ${JSON.stringify(findings)}`;
}

const check = 'Check the BGP session from PE-1 to PE-3';

describe('a drawn fault is found', () => {
  for (const kind of routingKinds)
    it(kind, async () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const random = createSeededRandom(seed);
        const drawn = drawFault(topology, kind, () => random.fraction());
        const report = await asked(check, [drawn.fault]);
        const context = `seed ${seed}: ${JSON.stringify(drawn)}; said ${said(report)}`;
        assert.equal(report.verdict, 'CONFIRMED', context);
        assert.equal(report.findings.length, 1, context);
        assert.ok(
          report.findings.every((finding) => isRight(finding, drawn.truth)),
          context,
        );
      }
    });
});

describe('nothing is accused that is not broken', () => {
  for (const [text, at] of [
    [check, 'PE-1'],
    ['Verify the BGP session between PE-3 and CE-4', 'PE-1'],
    ['Check BGP neighbor PE-3', 'CE-4'],
    ['Verify packet loss from PE-1 to CE-4', 'PE-1'],
  ] as const)
    it(`${text}, asked at ${at}`, async () => {
      const report = await asked(text, [], at);
      assert.equal(report.verdict, 'NO_FAULT', said(report));
    });

  it('faults of routing protocols lose no packets', async () => {
    for (const fault of topology.faults.filter(({ kind }) => kind !== 'healthy')) {
      const report = await asked('Verify packet loss from PE-1 to PE-3', [fault]);
      assert.equal(report.verdict, 'NO_FAULT', `${fault.id}: ${said(report)}`);
    }
  });

  it('where no session is configured, it is said', async () => {
    const report = await asked('Check the BGP session from PE-1 to CE-4', []);
    assert.equal(report.verdict, 'INCONCLUSIVE', said(report));
    assert.deepEqual(report.suspects, [{ node: 'PE-1' }, { node: 'CE-4' }]);
    assert.match(report.recommendation, /Configure the BGP session with CE-4 on PE-1/);
  });

  it('a session that a broken link takes down is no fault of BGP', async () => {
    const fault: Fault = { id: 'cut', kind: 'link-down', node: 'P-2', interface: 'p2-pe3', active: false };
    const report = await asked(check, [fault]);
    assert.equal(report.verdict, 'INCONCLUSIVE', said(report));
    assert.ok(
      report.suspects.some(({ node, peer }) => [node, peer].includes('P-2')),
      JSON.stringify(report.suspects),
    );
  });
});

it('two faults at once are both told', async () => {
  const chosen = topology.faults.filter(({ id }) => ['bgp-as-mismatch', 'isis-mismatch'].includes(id));
  const report = await asked(check, chosen);
  assert.deepEqual(
    report.findings.map(({ kind }) => kind).sort(),
    ['bgp-as-mismatch', 'isis-mismatch'],
    said(report),
  );
});
