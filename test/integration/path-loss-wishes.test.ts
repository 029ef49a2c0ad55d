/**
 * Input: packet loss from PE-1 to PE-3 via P-2 in a modelled domain, with what is acceptable, a DSCP or a size of the probes.
 * Output: whether what is acceptable is kept, probes as they were asked for, and no accusation that only these wishes make.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import type { Report } from '../../src/core/records.ts';
import { toolNames } from '../../src/core/tools.ts';
import type { Fault } from '../../src/core/topology.ts';
import { trustAnchorPem } from '../../src/sim/identities.ts';
import { askedOf, said, shippedFault, threeInARow } from '../support/asking.ts';
import { Domain, silence } from '../support/domain.ts';

const question = 'loss from PE-1 to PE-3 via P-2';
const states = ({ tolerance = [] }: Report) => tolerance.map(({ state }) => state);
const kindsOf = ({ findings }: Report) => findings.map(({ kind }) => kind);

function silentLoss(lossPercent: number): Fault {
  return { ...shippedFault('silent-loss'), lossPercent };
}

describe('the loss that is acceptable', () => {
  it('is kept in a healthy network, and nothing is said of it where nobody asked', async () => {
    const report = await askedOf(`${question}, up to 1 % is acceptable`);
    assert.deepEqual([report.verdict, states(report)], ['NO_FAULT', ['kept', 'kept']], said(report));
    assert.match(report.summary, /; the 1 % that is acceptable is kept\.$/);
    assert.equal((await askedOf(question)).tolerance, undefined);
  });

  it('is not kept where more is lost, in that direction', async () => {
    const report = await askedOf(`${question}, up to 1 % is acceptable`, { faults: [silentLoss(4)] });
    assert.deepEqual([kindsOf(report), states(report)], [['silent-loss'], ['broken', 'kept']], said(report));
    assert.match(report.summary, /the 1 % that is acceptable is not kept/);
  });

  it('may be kept although a fault loses packets, which is named all the same', async () => {
    const report = await askedOf(`${question}, up to 10 % is acceptable`, { faults: [silentLoss(4)] });
    assert.deepEqual([report.verdict, kindsOf(report)], ['CONFIRMED', ['silent-loss']]);
    assert.deepEqual(states(report), ['kept', 'kept']);
  });

  it('that lies within what is known of the loss is neither', async () => {
    const report = await askedOf(`${question}, up to 4 % is acceptable`, { faults: [silentLoss(4)] });
    const [forward] = report.tolerance ?? [];
    const [low = 0, high = 0] = forward?.lossPercentInterval ?? [];
    assert.ok(low <= 4 && high > 4, JSON.stringify(forward));
    assert.equal(forward?.state, 'unknown');
  });

  it('where it is little, is looked for as closely', async () => {
    const report = await askedOf(`${question}, up to 0.2 % is acceptable`);
    assert.deepEqual([report.verdict, states(report)], ['NO_FAULT', ['kept', 'kept']], said(report));
    assert.ok((report.tolerance ?? []).every(({ sent }) => sent >= 2_300));
  });

  it('of a tail that does not answer is shown by its replies, and never broken by them', async () => {
    const wire = {
      call: (call: { to: string; signal: AbortSignal }, proceed: () => Promise<never>) =>
        call.to === 'PE-3' ? silence(call.signal, 'PE-3') : proceed(),
    } as never;
    const healthy = await askedOf(`${question}, up to 1 % is acceptable`, { wire });
    assert.deepEqual(states(healthy), ['kept', 'unknown'], said(healthy));
    const lossy = await askedOf(`${question}, up to 1 % is acceptable`, { wire, faults: [silentLoss(30)] });
    assert.deepEqual(states(lossy), ['unknown', 'unknown'], said(lossy));
  });

  it('does not verify once it is changed or left out', async () => {
    const report = await askedOf(`${question}, up to 1 % is acceptable`);
    const { tolerance = [], ...without } = report;
    const other = tolerance.map((one) => ({ ...one, state: 'broken' as const }));
    for (const claim of [without, { ...report, tolerance: other }]) {
      const { checks } = verifyReport(reportBytes(claim as Report), trustAnchorPem);
      assert.match(checks.at(-1)?.detail ?? '', /tolerance does not follow/);
    }
  });
});

describe('the DSCP of the probes', () => {
  const marks = ({ envelopes }: Report) =>
    new Set(
      envelopes.flatMap(({ signed, arguments: args }) => {
        const { operation } = signed.statement;
        return 'tool' in operation && operation.tool === toolNames.srv6Ping ? [args.DSCP] : [];
      }),
    );

  it('is what was asked for, and none where nobody did', async () => {
    const report = await askedOf(`${question} with DSCP EF`);
    assert.deepEqual([report.verdict, marks(report)], ['NO_FAULT', new Set([46])], said(report));
    const counted = report.envelopes.map(({ signed }) => JSON.stringify(signed.answer.data));
    assert.ok(counted.some((data) => /"marked":\[\{[^\]]*"out":"[1-9]/.test(data)));
    assert.deepEqual(marks(await askedOf(question)), new Set([undefined]));
  });

  for (const ids of [
    ['dscp-remark'],
    ['unidirectional-link'],
    ['srh-filtered'],
    ['sid-missing'],
    ['egress-acl'],
  ])
    it(`makes no remark out of probes that are marked from the beginning: ${ids}`, async () => {
      const faults = ids.map((id) => shippedFault(id));
      const report = await askedOf(`${question} with DSCP 46`, { faults });
      assert.deepEqual(kindsOf(report), ids[0] === 'dscp-remark' ? [] : ids, said(report));
    });

  it('does not verify where the answers were given to another one', async () => {
    const report = await askedOf(`${question} with DSCP 46`);
    const claim = {
      ...report,
      intent: { ...report.intent, dscp: 10 },
      intentText: `${question} with DSCP 10`,
    };
    const { checks } = verifyReport(reportBytes(claim as Report), trustAnchorPem);
    assert.match(checks.at(-1)?.detail ?? '', /with DSCP 46/);
  });
});

describe('the size of the probes', () => {
  it('is what was asked for', async () => {
    const report = await askedOf(`${question} size 1400`);
    assert.equal(report.verdict, 'NO_FAULT', said(report));
    assert.ok(report.flows.every(({ purpose, sizeBytes }) => purpose === 'size' || sizeBytes === 1_400));
  });

  for (const [id, kinds] of [
    ['mtu-mismatch', ['mtu-mismatch']],
    ['pmtud-blackhole', ['pmtud-blackhole']],
    ['srv6-encap-mtu', []],
    ['silent-loss', ['silent-loss']],
    ['ingress-acl', ['ingress-acl']],
  ] as const)
    it(`as large as links should carry finds ${id}, or accuses nobody`, async () => {
      const report = await askedOf(`${question} size 1500`, { faults: [shippedFault(id)] });
      assert.deepEqual(kindsOf(report), kinds, said(report));
    });

  it('that no link carries decides nothing, and says what to ask instead', async () => {
    for (const faults of [[], [shippedFault('silent-loss')]]) {
      const report = await askedOf(`${question} size 3000`, { faults });
      assert.deepEqual([report.verdict, report.findings], ['INCONCLUSIVE', []], said(report));
      assert.match(
        report.recommendation,
        /Probes of 3000 octets are larger than PE-1 pe1-p2 -> P-2.*path MTU/,
      );
    }
  });
});

describe('caps on probes', () => {
  const trainsOf = ({ envelopes }: Report) =>
    envelopes.flatMap(({ arguments: { Count, Interval, count, interval } }) => {
      const [probes, intervalMs] = [Count ?? count, Interval ?? interval];
      return typeof probes === 'number' && typeof intervalMs === 'number' ? [{ probes, intervalMs }] : [];
    });
  const sentOf = (report: Report) => trainsOf(report).reduce((sum, { probes }) => sum + probes, 0);

  it('hold for everything that is sent, whatever is found', async () => {
    for (const faults of [[], [silentLoss(4)], [silentLoss(60)], [shippedFault('mtu-mismatch')]])
      for (const totalMax of [5, 300, 1_000]) {
        const report = await askedOf(`${question}, at most ${totalMax} probes in total`, { faults });
        assert.ok(sentOf(report) <= totalMax, `${sentOf(report)} of ${totalMax}: ${said(report)}`);
        assert.ok(sentOf(report) > 0);
        assert.ok(verifyReport(reportBytes(report), trustAnchorPem).ok);
      }
  });

  it('on all of them suffice to name what loses most', async () => {
    const report = await askedOf(`${question}, at most 300 probes in total`, { faults: [silentLoss(60)] });
    assert.ok(report.findings.length > 0, said(report));
  });

  it('that are too small are told with what would be enough, and nothing is accused of a loss that nobody saw', async () => {
    const report = await askedOf(`${question}, at most 60 probes in total`);
    assert.equal(report.verdict, 'INCONCLUSIVE');
    assert.match(report.recommendation, /^Measure again with 919 probes over each path: /);
    assert.deepEqual(report.findings, []);
    assert.ok(report.suspects.length >= 4, 'it could hide everywhere');
  });

  it('a second hold for every train, and the report verifies', async () => {
    const report = await askedOf(`${question}, at most 40 probes a second`, { faults: [silentLoss(20)] });
    // Trains of both directions are sent at once, and are alike.
    for (const { intervalMs } of trainsOf(report)) assert.ok(intervalMs >= (2 * 1_000) / 40, `${intervalMs}`);
    assert.deepEqual(kindsOf(report), ['silent-loss'], said(report));
    assert.ok(verifyReport(reportBytes(report), trustAnchorPem).ok);
  });
});

it('progress ends with the belief, of a fault and of a healthy network', async () => {
  for (const [faults, belief] of [
    [[silentLoss(20)], /^99 % sure that packets are lost between P-2 .* and PE-3 .*; no more probes follow$/],
    [[], /^nothing is suspicious; no more probes follow$/],
  ] as const) {
    await using domain = await Domain.start(threeInARow, { seed: 1 });
    domain.inject(...faults);
    const texts: string[] = [];
    await domain.ask('PE-1', question, { observe: ({ text }) => texts.push(text) });
    assert.ok(
      texts.some((text) => belief.test(text)),
      texts.join('\n'),
    );
  }
});

it('what loses nothing is not charged with what is lost beside it', async () => {
  const report = await askedOf(question, { faults: [shippedFault('agent-only'), silentLoss(20)] });
  const loss = new Map(report.findings.map(({ kind, lossPercent }) => [kind, lossPercent]));
  assert.equal(loss.get('agent-only'), 0, said(report));
});

it('a BGP session of which nobody tells is not called down', async () => {
  const report = await askedOf('Check the BGP session from PE-1 to PE-3');
  assert.equal(report.verdict, 'INCONCLUSIVE');
  assert.match(report.summary, /in a state that nobody tells/);
  assert.equal(report.recommendation, 'Ask where BGP runs: the agents of PE-1 and PE-3 read none.');
});
