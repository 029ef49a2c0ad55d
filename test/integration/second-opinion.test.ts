/**
 * A model's ranking of causes beside the correlation's. Input: the three routers in virtual time with an access list that
 * drops, and a model that agrees, disagrees, hesitates, or has no opinion. Output: the report and its verification.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { CausesOpinion, CausesQuestion } from '../../models/language-model.ts';
import { createRules } from '../../models/rules.ts';
import { describeReport } from '../../src/cli/report-text.ts';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import type { Ranking, Report } from '../../src/core/records.ts';
import { yangReport } from '../../src/core/report-yang.ts';
import { type Fault, parseTopology } from '../../src/core/topology.ts';
import { Domain } from '../support/domain.ts';
import { root } from '../support/source.ts';

const file = 'topologies/pe1-p2-pe3.yaml';
const topology = parseTopology(readFileSync(join(root, file), 'utf8'), file);
const fault: Fault = {
  id: 'acl',
  kind: 'egress-acl',
  node: 'P-2',
  interface: 'p2-pe3',
  object: '2001',
  lossPercent: 20,
  active: true,
};

type Weighs = (question: CausesQuestion) => CausesOpinion;

async function asked(weigh: Weighs, text = topology.intent ?? '') {
  const questions: CausesQuestion[] = [];
  await using domain = await Domain.start(topology, {
    seed: 8,
    model: () => ({
      ...createRules(),
      name: 'rules',
      rank: async (question) => {
        questions.push(question);
        return weigh(question);
      },
    }),
  });
  domain.inject(fault);
  const report = await domain.ask('PE-1', text);
  return {
    report,
    questions,
    verify: (one: Report) => verifyReport(reportBytes(one), domain.trustAnchorPem),
  };
}

/** Gives the cause with this text that share, and the others the rest. */
const favouring =
  (words: string, share: number): Weighs =>
  ({ causes }) => {
    const index = causes.findIndex(({ plain }) => plain.startsWith(words));
    assert.ok(index >= 0, `${words} is not among ${causes.map(({ plain }) => plain).join(', ')}`);
    return {
      model: 'ranker (sha256:abababababab)',
      shares: causes.map((_, at) => (at === index ? share : (1 - share) / (causes.length - 1))),
    };
  };

describe("a model's opinion in the report", () => {
  it('agrees with the correlation', async () => {
    const { report, questions, verify } = await asked(favouring('egress acl', 0.9));
    assert.equal(report.verdict, 'CONFIRMED');
    const { ranking } = report;
    assert.equal(ranking?.model, 'ranker (sha256:abababababab)');
    assert.equal(ranking?.agrees, true);
    assert.equal(ranking?.conclusion, 'both agree');
    assert.equal(ranking?.causes[0]?.kind, 'egress-acl');
    assert.equal(ranking?.causes[0]?.model, 0.9);
    assert.deepEqual(ranking?.causes[0]?.element, report.findings[0]?.element);
    assert.equal(questions.length, 1);
    assert.doesNotMatch(JSON.stringify(questions), /PE-|P-2|2001|p2-pe3/);
    const verification = verify(report);
    assert.ok(verification.ok, JSON.stringify(verification.checks));
    assert.match(
      describeReport(report),
      /\n {2}candidate +correlation +model\n {2}P-2 egress ACL 2001, forward +0\.\d{4} +0\.900\n(?: {2}.+\n)*? {2}ranker \(sha256:abababababab\): both agree\n/,
    );
    const [rendered] = yangReport(report)['ietf-mcp:report'] as unknown as { ranking: { cause: object[] } }[];
    assert.equal(rendered?.ranking.cause.length, ranking?.causes.length);
  });

  it('disagrees, hesitates or is missing, and changes nothing [Y27]', async () => {
    const { report: before } = await asked(favouring('egress acl', 0.9));
    const none: Weighs = () => ({ model: 'ranker', why: 'its process ended (SIGKILL)' });
    const cases: [Weighs, boolean | undefined, RegExp][] = [
      [favouring('healthy', 0.9), false, /they disagree; the correlation's ranking stands/],
      [favouring('healthy', 0.26), false, /not sure; the correlation's ranking stands/],
      [none, undefined, /stands alone: its process ended \(SIGKILL\)/],
    ];
    for (const [weigh, agrees, conclusion] of cases) {
      const { report, verify } = await asked(weigh);
      assert.equal(report.ranking?.agrees, agrees);
      assert.match(report.ranking?.conclusion ?? '', conclusion);
      for (const field of ['verdict', 'findings', 'hypothesis', 'summary', 'recommendation'] as const)
        assert.deepEqual(report[field], before[field]);
      const verification = verify(report);
      assert.ok(verification.ok, JSON.stringify(verification.checks));
      assert.match(describeReport(report), conclusion);
    }
  });

  it('is asked for losses alone', async () => {
    const { report, questions } = await asked(
      () => assert.fail('asked'),
      'is PE-3 reachable from PE-1 via P-2?',
    );
    assert.equal(questions.length, 0);
    assert.equal(report.ranking, undefined);
  });

  it('cannot be made up by the creator, but for its shares', async () => {
    const { report, verify } = await asked(favouring('egress acl', 0.9));
    const { ranking } = report;
    assert.ok(ranking !== undefined);
    const [first, ...others] = ranking.causes;
    assert.ok(first !== undefined);
    const forgeries: [Ranking, RegExp][] = [
      [{ ...ranking, causes: others }, /causes in ranking/],
      [{ ...ranking, causes: [{ ...first, correlator: 0.1 }, ...others] }, /causes in ranking/],
      [{ ...ranking, causes: [{ ...first, kind: 'ingress-acl' }, ...others] }, /causes in ranking/],
      [{ ...ranking, causes: [{ ...first, model: 0.1 }, ...others] }, /shares of the model/],
      [{ ...ranking, why: 'it was late' }, /shares of the model/],
      [{ ...ranking, agrees: false }, /conclusion in ranking/],
      [{ ...ranking, conclusion: 'the model is right' }, /conclusion in ranking/],
    ];
    for (const [forged, why] of forgeries) {
      const { ok, checks } = verify({ ...report, ranking: forged });
      assert.ok(!ok);
      assert.match(checks.at(-1)?.detail ?? '', why);
    }
  });
});
