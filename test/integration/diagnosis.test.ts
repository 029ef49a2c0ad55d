/**
 * Input: a shipped topology, and one fault drawn at random on the path of its intent, or none.
 * Output: the right kind, element and direction; NO_FAULT where there is none, with 0.01 % background loss. In-band, where
 * calls share the tested links: the same, or INCONCLUSIVE with suspects that hold the fault; never a wrong accusation.
 *
 * The seed of every run is printed when it fails, with the command that repeats it. CONFER_RUNS=n runs n of each kind on
 * each topology, CONFER_SEED=n starts at another seed.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import { dataKinds, type FaultKind } from '../../src/core/fault-kinds.ts';
import type { Report } from '../../src/core/records.ts';
import { parseTopology, type Topology } from '../../src/core/topology.ts';
import { createSeededRandom } from '../../src/sim/seeded-random.ts';
import { Domain } from '../support/domain.ts';
import { type DrawnFault, drawFault, isRight, routeOf } from '../support/drawn-faults.ts';

/** In a normal run, larger topologies get fewer; the large ones a third of the kinds. */
const runs: Record<string, number> = { 'pe1-p2-pe3': 3, 'ring-6': 2, 'line-12': 1, 'fabric-20': 1 };
const runsWanted = Number(process.env.CONFER_RUNS ?? 0);
const firstSeed = Number(process.env.CONFER_SEED ?? 1);
const backgroundLossPercent = 0.01;

function played(runsUsual: number): readonly FaultKind[] {
  return runsWanted > 0 || runsUsual > 1 ? dataKinds : dataKinds.filter((_, index) => index % 3 === 0);
}

for (const [name, runsUsual] of Object.entries(runs)) {
  const topology = { ...shipped(name), backgroundLossPercent };
  describe(`diagnosis on ${name}`, () => {
    for (const kind of played(runsUsual))
      it(kind, async () => {
        const count = runsWanted || (kind === 'healthy' ? 2 * runsUsual : runsUsual);
        for (let seed = firstSeed; seed < firstSeed + count; seed++)
          await told(`on ${name}`, kind, seed, async () => {
            const drawn = kind === 'healthy' ? undefined : drawFault(topology, kind, drawing(seed));
            judge(await diagnose(topology, seed, drawn), drawn);
          });
      });
  });
}

it('one large probe that the background took is no fault', async () => {
  const topology = { ...shipped('pe1-p2-pe3'), backgroundLossPercent: 0.04 };
  let [taken, undecided] = [0, 0];
  for (let seed = 1; seed <= 20; seed++)
    await told('with more background', 'healthy', seed, async () => {
      const report = await diagnose(topology, seed, undefined);
      if (report.measurements.some(({ purpose, entered, left }) => purpose === 'size' && left < entered))
        taken += 1;
      // So much background may leave a link undecided for its small probes, once in a while.
      const { verdict, measurements } = report;
      const isOpen = measurements.some(
        ({ purpose, probability }) => purpose === 'loss' && probability > 0.01,
      );
      assert.deepEqual(report.findings, []);
      assert.equal(verdict, isOpen ? 'INCONCLUSIVE' : 'NO_FAULT', report.summary);
      undecided += Number(isOpen);
    });
  assert.ok(taken > 0, 'it happened');
  assert.ok(undecided <= 2, `${undecided} of 20 are undecided`);
});

describe('diagnosis in-band', () => {
  for (const [name, runsUsual] of Object.entries(runs))
    it(name, async () => {
      const topology = { ...shipped(name), backgroundLossPercent, management: 'in-band' as const };
      const count = runsWanted || Math.ceil(runsUsual / 4);
      for (const kind of played(runsUsual))
        for (let seed = firstSeed; seed < firstSeed + count; seed++)
          await told('in-band', name, seed, async () => {
            const drawn = kind === 'healthy' ? undefined : drawFault(topology, kind, drawing(seed));
            const report = await diagnose(topology, seed, drawn);
            if (drawn !== undefined && report.verdict === 'INCONCLUSIVE') judgeSuspects(report, drawn);
            else judge(report, drawn);
          });
    });
});

function shipped(name: string): Topology {
  const file = `topologies/${name}.yaml`;
  return parseTopology(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'), file);
}

function drawing(seed: number): () => number {
  const random = createSeededRandom(seed);
  return () => random.fraction();
}

async function diagnose(topology: Topology, seed: number, drawn: DrawnFault | undefined): Promise<Report> {
  await using domain = await Domain.start(topology, { seed });
  if (drawn !== undefined) domain.inject(drawn.fault);
  const report = await domain.ask(routeOf(topology).head, topology.intent ?? '');
  const verification = verifyReport(reportBytes(report), domain.trustAnchorPem);
  assert.ok(verification.ok, JSON.stringify(verification.checks.at(-1)));
  return report;
}

function judge(report: Report, drawn: DrawnFault | undefined): void {
  const said = `${report.verdict}: ${report.summary} ${JSON.stringify(report.findings)}`;
  if (drawn === undefined) {
    assert.equal(report.verdict, 'NO_FAULT', said);
    assert.deepEqual(report.findings, [], said);
    return;
  }
  const expected = `in force: ${JSON.stringify(drawn.fault)}; right: ${JSON.stringify(drawn.truth)}; said: ${said}`;
  assert.ok(report.verdict === 'CONFIRMED' || report.verdict === 'LIKELY', expected);
  assert.equal(report.findings.length, 1, expected);
  assert.ok(
    report.findings.every((finding) => isRight(finding, drawn.truth)),
    expected,
  );
}

function judgeSuspects(report: Report, { fault }: DrawnFault): void {
  const said = `in force: ${JSON.stringify(fault)}; suspects: ${JSON.stringify(report.suspects)}`;
  assert.ok(report.suspects.length > 0, said);
  assert.ok(
    report.suspects.some(({ node, peer }) => node === fault.node || peer === fault.node),
    said,
  );
}

/** Adds to what fails how to repeat it. */
async function told(place: string, kind: string, seed: number, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const repeat = `CONFER_RUNS=1 CONFER_SEED=${seed} node --test --test-name-pattern='diagnosis ${place} ${kind}$' test/integration/diagnosis.test.ts`;
    throw new Error(`${kind} ${place}, seed ${seed}; repeat with\n  ${repeat}\n${String(error)}`, {
      cause: error,
    });
  }
}
