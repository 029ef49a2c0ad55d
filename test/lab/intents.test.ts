/**
 * The kinds of intents that are no losses, with real packets between real processes on the kernel's routers.
 *
 * Input: PE-1 - P-2 - PE-3, healthy and with a fault. Output: what was asked, measured; and the fault where it is one.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Report } from '../../src/core/records.ts';
import { createKernelWorld, type KernelWorld } from '../../src/lab/kernel-world.ts';
import { type Lab, startLab } from '../../src/lab/lab.ts';
import { createSystemClock } from '../../src/system/clock.ts';
import { said, shippedFault, threeInARow } from '../support/asking.ts';
import { skipWithoutLab } from '../support/lab.ts';

const clock = createSystemClock();
/** After a repair: discovery has heard every neighbour again. */
const settleMs = 1_500;

describe('kinds of intents in the kernel lab [T17]', {
  skip: skipWithoutLab({ tools: ['ip', 'nft', 'tc'] }),
  timeout: 300_000,
}, () => {
  const directory = mkdtempSync(join(tmpdir(), 'confer-intents-'));
  let world: KernelWorld;
  let lab: Lab;

  before(async () => {
    world = await createKernelWorld(threeInARow);
    lab = await startLab(world, { directory, clock, signal: new AbortController().signal, onLine: () => {} });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  async function asked(text: string): Promise<Report> {
    const { stdout, stderr } = await lab.ask('PE-1', text, () => {});
    assert.notEqual(stdout, '', stderr.slice(-3).join(' | '));
    return (JSON.parse(stdout) as { report: Report }).report;
  }

  async function askedWith(id: string, text: string): Promise<Report> {
    const fault = shippedFault(id);
    await lab.inject(fault);
    try {
      return await asked(text);
    } finally {
      await lab.repair(fault);
      await clock.sleep(settleMs);
    }
  }

  const reach = 'Is PE-3 reachable from PE-1 via P-2?';
  it(`${reach} Yes`, async () => {
    const report = await asked(reach);
    assert.equal(report.verdict, 'NO_FAULT', said(report));
    assert.deepEqual(
      report.reachability?.map(({ state, arrived }) => [state, arrived]),
      [
        ['reachable', 20],
        ['reachable', 20],
      ],
    );
  });

  it(`${reach} No, a SID is missing`, async () => {
    const report = await askedWith('sid-missing', reach);
    assert.equal(report.verdict, 'CONFIRMED', said(report));
    assert.deepEqual(
      report.findings.map(({ kind, element }) => [kind, element.node]),
      [['sid-missing', 'P-2']],
    );
  });

  const mtu = 'path MTU from PE-1 to PE-3 via P-2';
  it(`${mtu}: what the links say, to the octet`, async () => {
    const report = await asked(mtu);
    assert.equal(report.verdict, 'NO_FAULT', said(report));
    assert.deepEqual(
      report.mtu?.map(({ passesBytes, failsBytes }) => [passesBytes, failsBytes]),
      [
        [1_500, 1_501],
        [1_500, 1_501],
      ],
    );
  });

  it(`${mtu}: a link whose ends differ`, async () => {
    const report = await askedWith('pmtud-blackhole', mtu);
    assert.equal(report.verdict, 'CONFIRMED', said(report));
    assert.deepEqual(
      report.findings.map(({ kind, element }) => [kind, element.node, element.interface]),
      [['pmtud-blackhole', 'P-2', 'p2-pe3']],
    );
    const [forward, reverse] = report.mtu ?? [];
    assert.deepEqual([forward?.passesBytes, forward?.failsBytes], [1_400, 1_401]);
    // A veth takes four octets more than its MTU, room for a VLAN tag: what passes is told, not what should.
    assert.deepEqual([reverse?.passesBytes, reverse?.failsBytes], [1_404, 1_405]);
  });

  const latency = 'latency from PE-1 to PE-3 via P-2';
  const told = (report: Report, direction: string, place: string) =>
    (report.latency ?? []).filter((one) => one.direction === direction && one.place === place);

  it(`${latency}: one way on every link, for all namespaces have one clock`, async () => {
    const report = await asked(latency);
    assert.equal(report.verdict, 'NO_FAULT', said(report));
    for (const direction of ['forward', 'reverse']) {
      assert.equal(told(report, direction, 'path').length, 1);
      assert.equal(told(report, direction, 'link').length, 2);
      assert.equal(told(report, direction, 'router').length, 1);
    }
    for (const delay of report.latency ?? []) {
      assert.deepEqual([delay.method, delay.probes], ['one-way', 20], JSON.stringify(delay));
      assert.ok(delay.minMs >= 0 && delay.minMs <= delay.medianMs && delay.medianMs <= delay.p99Ms);
    }
  });

  it(`${latency}: packets that wait in P-2 before they go to PE-3`, async () => {
    const qdisc = (...words: string[]) =>
      execFileSync('ip', ['netns', 'exec', world.namespaceOf('P-2'), 'tc', 'qdisc', ...words]);
    // A rate below what is sent, and room for all that waits.
    const rate = ['rate', '80kbit', 'burst', '1600', 'limit', '200000'];
    qdisc('add', 'dev', 'p2-pe3', 'root', 'tbf', ...rate);
    try {
      const report = await asked(latency);
      const [inside, back] = [told(report, 'forward', 'router')[0], told(report, 'reverse', 'router')[0]];
      const figures = JSON.stringify(report.latency);
      assert.ok((inside?.p99Ms ?? 0) >= 20 && (back?.medianMs ?? 99) < 10, figures);
      assert.ok((told(report, 'forward', 'path')[0]?.p99Ms ?? 0) >= 20, figures);
      assert.deepEqual(report.findings, []);
    } finally {
      qdisc('del', 'dev', 'p2-pe3', 'root');
    }
  });

  it('cpu, memory and interfaces of P-2: what the kernel says', async () => {
    const {
      status = [],
      verdict,
      findings,
    } = await askedWith('link-down', 'cpu, memory and interfaces of P-2');
    const of = (metric: string) => status.filter((one) => one.metric === metric);
    for (const [used] of [of('cpu'), of('memory')])
      assert.ok((used?.usedPercent ?? -1) > 0 && (used?.usedPercent ?? 101) <= 100, JSON.stringify(used));
    assert.deepEqual(
      of('interface').map((one) => [one.interface, one.admin, one.oper, one.state]),
      [
        ['p2-pe1', 'up', 'up', 'normal'],
        ['p2-pe3', 'up', 'down', 'conspicuous'],
      ],
    );
    assert.deepEqual([verdict, findings], ['INCONCLUSIVE', []]);
  });
});
