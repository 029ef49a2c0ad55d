/**
 * Input: "path MTU from PE-1 to PE-3 via P-2" in a modelled domain: healthy, with faults, with routers that lie about their MTU.
 * Output: what really passes, to the octet and each way; the link that limits it; a fault only where probes show one.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../crypto/canonical.ts';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import { dataPaths } from '../../src/core/device-data.ts';
import { limits } from '../../src/core/limits.ts';
import type { DeviceDriver } from '../../src/core/ports.ts';
import type { Report } from '../../src/core/records.ts';
import { parseTopology, type Topology } from '../../src/core/topology.ts';
import { trustAnchorPem } from '../../src/sim/identities.ts';
import { askedOf, said, shippedFault, shippedTopology, threeInARow } from '../support/asking.ts';

const question = 'path MTU from PE-1 to PE-3 via P-2';
const limitsOf = ({ mtu = [] }: Report) =>
  mtu.map(({ passesBytes, failsBytes }) => [passesBytes, failsBytes]);
const kindsOf = ({ findings }: Report) => findings.map(({ kind }) => kind);

const sideBySide = `
name: side-by-side
topology:
  nodes:
    a: {}
    b: { labels: { confer.fault.mtu: kind=mtu-mismatch interface=bc2 mtu-bytes=1400 } }
    c: {}
  links:
    - endpoints: ["a:ab", "b:ba"]
    - endpoints: ["b:bc1", "c:cb1"]
    - endpoints: ["b:bc2", "c:cb2"]
`;

/** What these nodes say of their MTU, whatever it is. */
function saying(mtus: Record<string, number>) {
  return (node: string, modelled: DeviceDriver): DeviceDriver => ({
    facts: () => modelled.facts(),
    apply: (change) => modelled.apply(change),
    run: (probe, options) => modelled.run(probe, options),
    read: async (path, signal) => {
      const data = await modelled.read(path, signal);
      const said = mtus[node];
      if (path !== dataPaths.interfaces || said === undefined) return data;
      return JSON.parse(JSON.stringify(data).replace(/"mtu":\d+/g, `"mtu":${said}`)) as JsonObject;
    },
  });
}

describe('path MTU in a modelled domain', () => {
  it('is that of its links, each way, and a healthy one has no fault', async () => {
    const report = await askedOf(question);
    assert.equal(report.verdict, 'NO_FAULT', said(report));
    assert.deepEqual(limitsOf(report), [
      [1_500, 1_501],
      [1_500, 1_501],
    ]);
    const [forward, reverse] = report.mtu ?? [];
    assert.deepEqual(forward?.limitedBy, [{ node: 'PE-1', interface: 'pe1-p2', peer: 'P-2' }]);
    assert.deepEqual(reverse?.limitedBy, [{ node: 'PE-3', interface: 'pe3-p2', peer: 'P-2' }]);
    // IPv6 and a segment routing header of two SIDs around it.
    assert.equal(forward?.hostBytes, 1_500 - 40 - 8 - 32);
    assert.match(
      report.summary,
      /^1500 octets pass from PE-1 to PE-3, 1500 octets pass from PE-3 to PE-1\.$/,
    );
  });

  for (const [id, passes] of [
    ['mtu-mismatch', 1_400],
    ['pmtud-blackhole', 1_400],
    ['srv6-encap-mtu', 1_300],
  ] as const)
    it(`with ${id} is smaller, and the fault is named`, async () => {
      const report = await askedOf(question, { faults: [shippedFault(id)] });
      assert.deepEqual(kindsOf(report), [id], said(report));
      assert.deepEqual(
        report.mtu?.map(({ passesBytes, failsBytes }) => [passesBytes, failsBytes]),
        [
          [passes, passes + 1],
          [passes, passes + 1],
        ],
      );
      assert.deepEqual(report.mtu?.[0]?.limitedBy, [{ node: 'P-2', interface: 'p2-pe3', peer: 'PE-3' }]);
    });

  for (const id of ['egress-acl', 'silent-loss', 'dscp-remark'])
    it(`with ${id} is the same: some of each size pass`, async () => {
      const report = await askedOf(question, { faults: [shippedFault(id)] });
      assert.equal(report.verdict, 'NO_FAULT', said(report));
      assert.deepEqual(limitsOf(report)[0], [1_500, 1_501]);
    });

  it('takes more probes where much is lost anyway, and is not known where nearly all is', async () => {
    for (const [lossPercent, passes] of [
      [50, 1_500],
      [75, 1_500],
      [99, undefined],
    ] as const) {
      const report = await askedOf(question, { faults: [{ ...shippedFault('silent-loss'), lossPercent }] });
      assert.equal(report.mtu?.[0]?.passesBytes, passes, said(report));
      assert.deepEqual(kindsOf(report), []);
    }
  });

  it('is not known where nothing passes, for the reason that is named', async () => {
    const report = await askedOf(question, { faults: [shippedFault('sid-missing')] });
    assert.deepEqual([report.verdict, kindsOf(report)], ['CONFIRMED', ['sid-missing']], said(report));
    assert.deepEqual(limitsOf(report), [
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('waits until who is no longer heard is known, where that names the reason', async () => {
    for (const id of ['neighbour-discovery-failure', 'unidirectional-link'] as const) {
      const report = await askedOf(question, { faults: [shippedFault(id)] });
      assert.deepEqual([report.verdict, kindsOf(report)], ['CONFIRMED', [id]], said(report));
    }
  });

  it('that no router tells is found by halving, and accuses nobody', async () => {
    const report = await askedOf(question, {
      faults: [shippedFault('mtu-mismatch')],
      driver: saying({ 'P-2': 1_500, 'PE-3': 1_500 }),
    });
    assert.deepEqual(limitsOf(report), [
      [1_400, 1_401],
      [1_400, 1_401],
    ]);
    assert.deepEqual([report.verdict, report.findings], ['INCONCLUSIVE', []], said(report));
    assert.ok(
      report.suspects.every(({ node, peer }) => [node, peer].includes('PE-3')),
      said(report),
    );
  });

  for (const told of [9_000, 1_600, 1_400, 1_280, 68])
    it(`of 1500 is measured right although P-2 says ${told}, and nobody is accused`, async () => {
      const report = await askedOf(question, { driver: saying({ 'P-2': told }) });
      assert.deepEqual(limitsOf(report), [
        [1_500, 1_501],
        [1_500, 1_501],
      ]);
      assert.deepEqual(report.findings, [], said(report));
    });

  it('of links that carry the largest probes has no end that is known', async () => {
    const jumbo: Topology = {
      ...threeInARow,
      links: threeInARow.links.map((link) => ({
        ...link,
        a: { ...link.a, mtuBytes: limits.probeSizeBytesMax },
        b: { ...link.b, mtuBytes: limits.probeSizeBytesMax },
      })),
    };
    const report = await askedOf(question, { topology: jumbo });
    assert.deepEqual(limitsOf(report)[0], [limits.probeSizeBytesMax, undefined], said(report));
    assert.equal(report.verdict, 'NO_FAULT');
  });

  it('is held against the size that was asked for, which accuses nobody by itself', async () => {
    for (const [bytes, required, summary] of [
      [1_500, 'kept', /^Packets of 1500 octets pass: /],
      [2_000, 'broken', /^Packets of 2000 octets do not pass: 1500 octets pass/],
    ] as const) {
      const report = await askedOf(`${question} for packets of ${bytes} octets`);
      assert.deepEqual(
        report.mtu?.map((one) => one.required),
        [required, required],
      );
      assert.deepEqual([report.verdict, report.findings], ['NO_FAULT', []], said(report));
      assert.match(report.summary, summary);
      if (required === 'broken')
        assert.match(report.recommendation, /Send at most 1500 octets.*raise the MTU of PE-1 pe1-p2 -> P-2/);
    }
  });

  for (const id of ['gray-ecmp-member', 'lag-member'])
    it(`is not what a hash makes of it: ${id}`, async () => {
      const report = await askedOf(question, { faults: [shippedFault(id)] });
      for (const { passesBytes } of report.mtu ?? [])
        assert.ok((passesBytes ?? 1_500) === 1_500, said(report));
      assert.deepEqual(report.findings, []);
    });

  it('over parallel links is that of the smallest, and the end that is too small is named', async () => {
    const topology = parseTopology(sideBySide, 'side-by-side.yaml');
    for (const fault of [undefined, ...topology.faults]) {
      const faults = fault === undefined ? [] : [fault];
      const report = await askedOf('path MTU from a to c via b', { topology, faults, at: 'a' });
      const passes = fault === undefined ? 1_500 : 1_400;
      for (const { passesBytes } of report.mtu ?? []) assert.equal(passesBytes, passes, said(report));
      assert.deepEqual(
        report.findings.map(({ kind, element }) => [kind, element.interface]),
        fault === undefined ? [] : [['mtu-mismatch', 'bc2']],
      );
    }
  });

  it('of many paths is bounded by the labels there are, and told as far as it is known', async () => {
    const fabric = shippedTopology('fabric-20');
    const text = (fabric.intent ?? '').replace(/Verify packet loss on the SRv6 path/, 'Path MTU');
    const report = await askedOf(text, { topology: fabric, at: /from (\S+)/.exec(text)?.[1] ?? '' });
    assert.ok(report.flows.length <= limits.countingFlowsMax);
    assert.ok(
      (report.mtu ?? []).every(({ passesBytes }) => (passesBytes ?? 0) >= 1_500),
      said(report),
    );
    assert.deepEqual(report.findings, []);
  });

  it('does not verify once it is changed, or rests on another size than was sent', async () => {
    const report = await askedOf(question);
    const larger = report.mtu?.map((one) => ({ ...one, passesBytes: 9_000 }));
    const sent = report.flows.map((flow) =>
      flow.sizeBytes === 1_501 ? { ...flow, sizeBytes: 1_400 } : flow,
    );
    for (const [claim, why] of [
      [{ ...report, mtu: larger }, /mtu does not follow/],
      [{ ...report, flows: sent }, /with octets 1501/],
    ] as const)
      assert.match(
        verifyReport(reportBytes(claim as Report), trustAnchorPem).checks.at(-1)?.detail ?? '',
        why,
      );
  });
});
