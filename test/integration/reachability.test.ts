/**
 * Input: "Is PE-3 reachable from PE-1 via P-2?" in a modelled domain, healthy and with faults. Output: whether it is, each way,
 * and where not, why.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import type { Report } from '../../src/core/records.ts';
import { trustAnchorPem } from '../../src/sim/identities.ts';
import { askedOf, said, shippedFault, shippedTopology } from '../support/asking.ts';
import { silence } from '../support/domain.ts';

const question = 'Is PE-3 reachable from PE-1 via P-2?';
const states = ({ reachability = [] }: Report) => reachability.map(({ state }) => state);

describe('reachability in a modelled domain', () => {
  it('is there in a healthy one, and the sentence says so', async () => {
    const report = await askedOf(question);
    assert.equal(report.verdict, 'NO_FAULT', said(report));
    assert.deepEqual(states(report), ['reachable', 'reachable']);
    assert.equal(report.summary, 'PE-3 is reachable from PE-1, and PE-1 from PE-3.');
  });

  for (const [id, both] of [
    ['sid-missing', true],
    ['link-down', true],
    ['node-crash', true],
    ['locator-unreachable', false],
    ['srh-filtered', false],
    ['unidirectional-link', false],
    ['forwarding-loop', false],
  ] as const)
    it(`is not there with ${id}, which is named`, async () => {
      const report = await askedOf(question, { faults: [shippedFault(id)] });
      assert.equal(report.verdict, 'CONFIRMED', said(report));
      assert.deepEqual(
        report.findings.map(({ kind }) => kind),
        [id],
        said(report),
      );
      assert.equal(states(report)[0] === 'unreachable' && states(report)[1] === 'unreachable', both);
      assert.match(report.summary, /not reachable/);
    });

  for (const id of ['egress-acl', 'silent-loss', 'mtu-mismatch', 'dscp-remark', 'control-plane-overload'])
    it(`is there with ${id}, which is no part of the question`, async () => {
      const report = await askedOf(question, { faults: [shippedFault(id)] });
      assert.equal(report.verdict, 'NO_FAULT', said(report));
      assert.deepEqual(report.findings, []);
    });

  it('of several paths is told one by one', async () => {
    const ring = shippedTopology('ring-6');
    const text = (ring.intent ?? '').replace(/Verify packet loss on the SRv6 path/, 'Check reachability');
    const report = await askedOf(text, { topology: ring, at: /from (\S+)/.exec(text)?.[1] ?? '' });
    assert.equal(report.verdict, 'NO_FAULT', said(report));
    assert.equal(report.reachability?.length, report.paths.length);
  });

  it('towards a silent agent is known forward alone, and nobody is accused', async () => {
    const wire = {
      call: (call: { to: string; signal: AbortSignal }, proceed: () => Promise<never>) =>
        call.to === 'PE-3' ? silence(call.signal, 'PE-3') : proceed(),
    };
    const report = await askedOf(question, { wire: wire as never });
    assert.deepEqual(states(report), ['reachable', 'unknown'], said(report));
    assert.deepEqual([report.verdict, report.findings], ['INCONCLUSIVE', []]);
  });

  it('does not verify once its answer is changed, left out, or stands where it was not asked', async () => {
    const report = await askedOf(question);
    const { reachability, ...without } = report;
    const claims: [unknown, RegExp][] = [
      [
        { ...report, reachability: reachability?.map((one) => ({ ...one, arrived: 3 })) },
        /reachability does not/,
      ],
      [without, /reachability does not follow/],
      [
        { ...(await askedOf('loss from PE-1 to PE-3 via P-2')), reachability },
        /reachability does not follow/,
      ],
    ];
    for (const [claim, why] of claims) {
      const { checks } = verifyReport(reportBytes(claim as Report), trustAnchorPem);
      assert.match(checks.at(-1)?.detail ?? '', why);
    }
  });
});
