/**
 * Input: questions about one device of a modelled domain, healthy and not. Output: what it says of itself, told as conspicuous
 * from the documented thresholds on, and never an accusation.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../crypto/canonical.ts';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import { dataPaths } from '../../src/core/device-data.ts';
import type { DeviceDriver } from '../../src/core/ports.ts';
import type { MetricStatus, Report } from '../../src/core/records.ts';
import { trustAnchorPem } from '../../src/sim/identities.ts';
import { askedOf, said, shippedFault } from '../support/asking.ts';

function saying(node: string, change: (data: string, readings: number) => string) {
  // Its own agent reads the interfaces too.
  const readings = new Map<string, number>();
  return (name: string, modelled: DeviceDriver): DeviceDriver => ({
    facts: () => modelled.facts(),
    apply: (wanted) => modelled.apply(wanted),
    run: (probe, options) => modelled.run(probe, options),
    read: async (path, signal) => {
      const data = await modelled.read(path, signal);
      const isMeant = name === node && (path === dataPaths.system || path === dataPaths.interfaces);
      const before = readings.get(path) ?? 0;
      readings.set(path, before + 1);
      return isMeant ? (JSON.parse(change(JSON.stringify(data), before)) as JsonObject) : data;
    },
  });
}

const brief = ({ status = [] }: Report) =>
  status.map(({ metric, interface: name, state }: MetricStatus) =>
    [metric, name ?? '', state].join(' ').trim(),
  );

describe('the status of a device', () => {
  it('is normal where nothing is wrong', async () => {
    const report = await askedOf('cpu, memory and interfaces of PE-1');
    assert.equal(report.verdict, 'NO_FAULT', said(report));
    assert.deepEqual(brief(report), ['cpu  normal', 'memory  normal', 'interface pe1-p2 normal']);
    assert.deepEqual(
      report.status?.map(({ usedPercent }) => usedPercent),
      [5, 25, undefined],
    );
    assert.match(report.summary, /^PE-1: processor 5 % busy, memory 25 % in use, interface pe1-p2 up\.$/);
  });

  it('is that of another device than the one that is asked, of what was asked for alone', async () => {
    const report = await askedOf('memory of P-2');
    assert.deepEqual(
      [report.creator, report.verdict, brief(report)],
      ['PE-1', 'NO_FAULT', ['memory  normal']],
    );
    const supported = report.envelopes.filter(({ id }) => report.status?.[0]?.supportedBy.includes(id));
    assert.deepEqual(
      supported.map(({ node }) => node),
      ['P-2'],
    );
  });

  it('is conspicuous with a busy processor, which is no finding', async () => {
    const report = await askedOf('cpu of P-2', { faults: [shippedFault('control-plane-overload')] });
    assert.deepEqual([report.verdict, report.findings], ['INCONCLUSIVE', []], said(report));
    assert.deepEqual([report.suspects, brief(report)], [[{ node: 'P-2' }], ['cpu  conspicuous']]);
    assert.match(report.recommendation, /Look at P-2: processor 98 % busy/);
  });

  it('is conspicuous with an interface that is down, not with one that was shut', async () => {
    const down = await askedOf('interfaces of P-2', { faults: [shippedFault('link-down')] });
    assert.deepEqual(down.suspects, [{ node: 'P-2', interface: 'p2-pe3' }], said(down));
    const shut = await askedOf('interfaces of P-2', { faults: [shippedFault('admin-shutdown')] });
    assert.deepEqual([shut.verdict, shut.suspects], ['NO_FAULT', []], said(shut));
  });

  it('of a silent device is not known', async () => {
    const report = await askedOf('cpu and interfaces of P-2', { faults: [shippedFault('node-crash')] });
    assert.deepEqual(
      [report.verdict, brief(report)],
      ['INCONCLUSIVE', ['cpu  unknown', 'interface  unknown']],
    );
    assert.match(report.recommendation, /Ask again once P-2 answers/);
  });

  for (const [what, change, state] of [
    [
      'counters that went back',
      (data, n) =>
        n === 0
          ? data
          : data.replace(/"busy-ms":"\d+"/, '"busy-ms":"0"').replace(/"idle-ms":"\d+"/, '"idle-ms":"0"'),
      'unknown',
    ],
    ['no processor', (data) => data.replace(/"processor":\{[^}]*\},/, ''), 'unknown'],
    ['the same twice', (data) => data.replace(/-ms":"\d+"/g, '-ms":"7"'), 'unknown'],
    [
      'endless counters',
      (data, n) => data.replace(/"busy-ms":"\d+"/, `"busy-ms":"${n === 0 ? 1 : '9'.repeat(20)}"`),
      'conspicuous',
    ],
  ] as [string, (data: string, readings: number) => string, string][])
    it(`of a device that tells ${what} is ${state}, and the report verifies`, async () => {
      const report = await askedOf('cpu of P-2', { driver: saying('P-2', change) });
      assert.deepEqual([brief(report), report.findings], [[`cpu  ${state}`], []]);
    });

  it('tells of errors and discards between the readings alone', async () => {
    const grown = (data: string, n: number) =>
      data.replace(/("name":"p2-pe3".*?"in-errors":)"\d+"/, `$1"${1_000 + 3 * n}"`);
    const report = await askedOf('interfaces of P-2', { driver: saying('P-2', grown) });
    assert.deepEqual(
      report.status?.map(({ interface: name, errors, state }) => [name, errors, state]),
      [
        ['p2-pe1', 0, 'normal'],
        ['p2-pe3', 3, 'conspicuous'],
      ],
    );
  });

  it('is asked for in YAML, of all metrics where none is named; none may be named twice', async () => {
    const report = await askedOf('kind: device-status\nhead: PE-1');
    assert.equal(report.status?.length, 3);
    await assert.rejects(askedOf('kind: device-status\nhead: PE-1\nmetrics: [cpu, cpu]'), /named once/);
    await assert.rejects(askedOf('kind: device-status\nhead: PE-1\nmetrics: [disk]'), /cpu/);
  });

  it('does not verify once it is changed, or names a path', async () => {
    const report = await askedOf('cpu of P-2');
    const path = { id: 'f1', direction: 'forward' as const, nodes: ['P-2'], hops: [], segments: [] };
    for (const [claim, why] of [
      [
        { ...report, status: report.status?.map((one) => ({ ...one, usedPercent: 99 })) },
        /status does not follow/,
      ],
      [{ ...report, paths: [path] }, /no part/],
      [
        { ...report, intent: { ...report.intent, head: 'PE-3' }, intentText: 'cpu of PE-3' },
        /neither answered/,
      ],
    ] as const)
      assert.match(
        verifyReport(reportBytes(claim as Report), trustAnchorPem).checks.at(-1)?.detail ?? '',
        why,
      );
  });
});
