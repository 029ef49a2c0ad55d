/**
 * What every DeviceDriver must do. The driver under test is that of PE-1 in PE-1 - P-2 - PE-3 (`threeRouters`), whose
 * links lose nothing.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { z } from 'zod';
import {
  accessListsSchema,
  countingSchema,
  dataPaths,
  deviceSchema,
  forwardingSchema,
  interfacesSchema,
  lookupSchema,
  routingSchema,
  systemSchema,
} from '../../src/core/device-data.ts';
import { ConferError, type ErrorCode } from '../../src/core/errors.ts';
import { limits } from '../../src/core/limits.ts';
import type { Change, DeviceDriver, PingProbe, Probe, Srv6PingProbe } from '../../src/core/ports.ts';

export interface OpenedDriver extends AsyncDisposable {
  driver: DeviceDriver;
  /** Lets the driver's time go by until the promise settles. */
  pass<T>(promise: Promise<T>): Promise<T>;
  /** Lets that much of the driver's time go by. */
  wait(ms: number): Promise<void>;
  /** Whatever a probe or a change may leave on the router, told before and after. */
  belongings?(): unknown;
  /** The router dies, where it can. */
  die?(): Promise<void>;
}

const label = 0xabcde;
const outgoing = 'pe1-p2';
const overTwo: Srv6PingProbe = {
  kind: 'srv6-ping',
  destination: 'fc00:3::1',
  segments: ['fc00:2::e', 'fc00:3::d'],
  count: 20,
  intervalMs: 2,
  sizeBytes: 200,
  flowLabels: [label],
  dscp: 10,
};
const plain: PingProbe = {
  kind: 'ping',
  destination: 'fc00:3::1',
  count: 20,
  intervalMs: 2,
  flowLabel: label,
};
const counting: Change = { kind: 'count', id: 'c1', flowLabels: [label], capturePacketsMax: 0 };
const never = new AbortController().signal;

/** `open` may be called again once what it gave is disposed of. */
export function deviceDriverContract(name: string, open: () => Promise<OpenedDriver>): void {
  describe(`DeviceDriver: ${name}`, { timeout: 60_000 }, () => {
    it('says the same facts each time, and they are for the caller to keep', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const first = await pass(driver.facts());
      assert.deepEqual(
        { ...first, system: '' },
        {
          node: 'PE-1',
          system: '',
          address: 'fc00:1::1',
          locator: 'fc00:1::/32',
          sids: { end: 'fc00:1::e', decapsulate: 'fc00:1::d' },
        },
      );
      assert.notEqual(first.system, '');
      const copy = structuredClone(first);
      first.sids.end = first.node = 'changed';
      assert.deepEqual(await pass(driver.facts()), copy);
    });

    it('reads every path of its own in the schema of that path', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const schemas: [string, z.ZodType][] = [
        [dataPaths.interfaces, interfacesSchema],
        [dataPaths.accessLists, accessListsSchema],
        [dataPaths.routing, routingSchema],
        [dataPaths.device, deviceSchema],
        [dataPaths.forwarding, forwardingSchema],
        [dataPaths.system, systemSchema],
      ];
      for (const [path, schema] of schemas) schema.parse(await pass(driver.read(path, never)));
      const device = deviceSchema.parse(await pass(driver.read(dataPaths.device, never)));
      assert.deepEqual(device['confer-device:device'], await pass(driver.facts()));
      const { interface: interfaces } = interfacesSchema.parse(
        await pass(driver.read(dataPaths.interfaces, never)),
      )['ietf-interfaces:interfaces'];
      assert.deepEqual(
        interfaces.map((one) => [one.name, one['oper-status']]),
        [[outgoing, 'up']],
      );
    });

    it('says what forwarding does with one address', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const look = async (address: string) => {
        const data = await pass(driver.read(`${dataPaths.lookup}=${address}`, never));
        return lookupSchema.parse(data)['confer-device:lookup'];
      };
      assert.deepEqual(await look('fc00:3:0::D'), {
        address: 'fc00:3::d',
        'destination-prefix': 'fc00:3::/32',
        'next-hop': [{ 'outgoing-interface': outgoing, 'next-hop-address': '2001:db8:1:2::2' }],
      });
      for (const own of ['fc00:1::1', 'fc00:1::e'])
        assert.deepEqual((await look(own))['next-hop'], [{ 'special-next-hop': 'receive' }]);
      assert.deepEqual(await look('2001:db8:ffff::1'), { address: '2001:db8:ffff::1', 'next-hop': [] });
      for (const text of ['', 'PE-3', '-h', 'fc00:3::/32', 'fe80::1', 'fe80::1%lo', 'ff02::1', '::1'])
        await rejects(pass(driver.read(`${dataPaths.lookup}=${text}`, never)), 'bad-input', text);
    });

    it('has nothing at any other path', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const others = [
        '',
        '/',
        '/no:such',
        'constructor',
        `${dataPaths.interfaces}=${outgoing}`,
        `${dataPaths.interfaces}/interface=${outgoing}`,
        dataPaths.discovery,
        dataPaths.advertisements,
        dataPaths.lookup,
        dataPaths.counting,
        `${dataPaths.counting}=`,
        `${dataPaths.counting}=none`,
      ];
      for (const path of others) await rejects(pass(driver.read(path, never)), 'not-found', path);
    });

    it('sends as many probes as it was told, hears every reply, and times them', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      for (const probe of [overTwo, plain, { ...plain, destination: 'fc00:2::1', source: 'fc00:1::1' }]) {
        const result = await pass(driver.run(probe, { signal: never }));
        assert.deepEqual([result.sent, result.received], [20, 20], JSON.stringify(probe));
        const { min, average, max } = result.rttMs ?? assert.fail('no round trip times');
        assert.ok(min >= 0 && min <= average && average <= max);
        assert.equal(result.packetTooBigMtuBytes, undefined);
      }
    });

    it('finds nobody where nobody is: sent, and not received', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const result = await pass(
        driver.run({ ...plain, destination: 'fc00:3::99', count: 3 }, { signal: never }),
      );
      assert.deepEqual([result.sent, result.received, result.rttMs], [3, 0, undefined]);
    });

    it('names the routers on the way, and stops at the destination', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const trace = { kind: 'traceroute', hopsMax: 8 } as const;
      const { hops } = await pass(driver.run({ ...trace, destination: 'fc00:3::1' }, { signal: never }));
      assert.equal(hops?.length, 2);
      assert.equal(hops?.[1], 'fc00:3::1');
      const short = await pass(
        driver.run({ ...trace, destination: 'fc00:3::1', hopsMax: 1 }, { signal: never }),
      );
      assert.equal(short.hops?.length, 1);
    });

    it('tells progress in fractions that never fall, the last of which is 1', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const probes: Probe[] = [
        overTwo,
        plain,
        { kind: 'traceroute', destination: 'fc00:3::1', hopsMax: 8 },
        { kind: 'traceroute', destination: 'fc00:3::1', hopsMax: 1 },
      ];
      for (const probe of probes) {
        const fractions: number[] = [];
        await pass(
          driver.run(probe, { signal: never, onProgress: ({ fraction }) => fractions.push(fraction) }),
        );
        assert.equal(fractions.at(-1), 1, JSON.stringify(probe));
        assert.ok(fractions.every((fraction) => fraction >= 0 && fraction <= 1));
        assert.deepEqual(
          fractions,
          fractions.toSorted((a, b) => a - b),
        );
      }
    });

    it('refuses a probe that cannot be sent, and sends nothing of it', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      await using _counting = await pass(driver.apply(counting));
      const trace = { kind: 'traceroute', destination: 'fc00:3::1', hopsMax: 8 } as const;
      const manySegments = Array.from({ length: limits.pathNodesMax + 1 }, () => 'fc00:2::e');
      const unsendable: Probe[] = [
        ...[0, -1, 1.5, Number.NaN, limits.probeCountMax + 1].map((count) => ({ ...overTwo, count })),
        ...[0, 0.5, Number.NaN, limits.probeIntervalMsMax + 1].map((intervalMs) => ({
          ...plain,
          intervalMs,
        })),
        ...[0, 127, 200.5, limits.probeSizeBytesMax + 1].map((sizeBytes) => ({ ...overTwo, sizeBytes })),
        ...[47, limits.probeSizeBytesMax + 1].map((sizeBytes) => ({ ...plain, sizeBytes })),
        ...[-1, 1.5, 0x100000].map((flowLabel) => ({ ...overTwo, flowLabels: [flowLabel] })),
        { ...overTwo, flowLabels: [] },
        { ...overTwo, flowLabels: Array(limits.probeFlowLabelsMax + 1).fill(label) },
        ...[-1, 1.5, 64].map((dscp) => ({ ...overTwo, dscp })),
        ...['', 'PE-3', '192.0.2.1', 'fe80::1', 'fc00:3::1%lo', 'ff02::1', '::1'].flatMap((destination) => [
          { ...overTwo, destination },
          { ...plain, destination },
          { ...trace, destination },
        ]),
        { ...overTwo, segments: [] },
        { ...overTwo, segments: ['fc00:2::e', 'PE-3'] },
        { ...overTwo, segments: manySegments, sizeBytes: limits.probeSizeBytesMax },
        { ...plain, source: 'fc00:3::1' },
        { ...plain, source: 'PE-1' },
        ...[0, -1, 1.5, limits.pathNodesMax + 1].map((hopsMax) => ({ ...trace, hopsMax })),
      ];
      for (const probe of unsendable)
        await rejects(pass(driver.run(probe, { signal: never })), 'bad-input', JSON.stringify(probe));
      assert.equal(await sent(opened, 'c1'), 0);
    });

    it('a signal that is over already ends a reading and a probe before they begin', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      await using _counting = await pass(driver.apply(counting));
      const reason = new ConferError('cancelled', 'Enough.');
      const signal = AbortSignal.abort(reason);
      const probes: Probe[] = [overTwo, plain, { kind: 'traceroute', destination: 'fc00:3::1', hopsMax: 8 }];
      for (const probe of probes) await assert.rejects(pass(driver.run(probe, { signal })), reason);
      for (const path of [...Object.values(dataPaths), '/no:such', `${dataPaths.counting}=c1`])
        await assert.rejects(pass(driver.read(path, signal)), reason, path);
      assert.equal(await sent(opened, 'c1'), 0);
    });

    it('a probe ends with the reason of its signal; nothing is sent any more, and nothing stays', async () => {
      await using opened = await open();
      const { driver, pass, wait } = opened;
      const before = opened.belongings?.();
      await using session = await pass(driver.apply(counting));
      const reason = new ConferError('cancelled', 'Enough.');
      const lasting: Probe[] = [
        { ...overTwo, count: limits.probeCountMax, intervalMs: 20 },
        { ...plain, count: limits.probeCountMax, intervalMs: 20 },
        { kind: 'traceroute', destination: 'fc00:3::99', hopsMax: 64 },
      ];
      for (const probe of lasting) {
        const controller = new AbortController();
        const earlier = await quietCount(opened, 'c1');
        const running = assert.rejects(driver.run(probe, { signal: controller.signal }), reason);
        const isCounted = probe.kind !== 'traceroute';
        for (let tries = 0; tries < 500; tries += 1) {
          await wait(20);
          if (!isCounted || (await sent(opened, 'c1')) > earlier) break;
        }
        controller.abort(reason);
        await pass(running);
        const after = await quietCount(opened, 'c1');
        assert.ok(
          isCounted ? after > earlier && after < earlier + 1_000 : after === earlier,
          `${after} were sent`,
        );
      }
      await pass(session.undo());
      assert.deepEqual(opened.belongings?.(), before);
    });

    it('runs several probes at once, each with its own result', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const results = await pass(
        Promise.all([
          driver.run(overTwo, { signal: never }),
          driver.run({ ...plain, count: 5 }, { signal: never }),
          driver.run({ ...plain, destination: 'fc00:3::99', count: 2 }, { signal: never }),
        ]),
      );
      assert.deepEqual(
        results.map(({ sent: all, received }) => [all, received]),
        [
          [20, 20],
          [5, 5],
          [2, 0],
        ],
      );
    });

    it('counts by flow label from the change on, one entry a label, until it is undone', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const before = opened.belongings?.();
      await pass(driver.run(plain, { signal: never }));
      const other = label + 1;
      const session = await pass(driver.apply({ ...counting, flowLabels: [label, other, label] }));
      assert.deepEqual(await counted(opened, 'c1'), { [label]: [0, 0, 0], [other]: [0, 0, 0] });
      await pass(driver.run(overTwo, { signal: never }));
      assert.deepEqual(await counted(opened, 'c1'), { [label]: [0, 20, 0], [other]: [0, 0, 0] });
      await pass(driver.run({ ...plain, count: 3, flowLabel: other }, { signal: never }));
      assert.deepEqual(await counted(opened, 'c1'), { [label]: [0, 20, 0], [other]: [0, 3, 0] });
      await pass(session.undo());
      await rejects(pass(driver.read(`${dataPaths.counting}=c1`, never)), 'not-found');
      assert.deepEqual(opened.belongings?.(), before);
    });

    it('keeps the first packets, not more than was asked for, and none unless it was', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const captureOf = async (id: string) => {
        const data = countingSchema.parse(await pass(driver.read(`${dataPaths.counting}=${id}`, never)));
        return data['confer-device:counting'].capture;
      };
      await using _none = await pass(driver.apply(counting));
      await using _two = await pass(driver.apply({ ...counting, id: 'c2', capturePacketsMax: 2 }));
      await using _all = await pass(
        driver.apply({ ...counting, id: 'c3', capturePacketsMax: limits.capturePacketsMax }),
      );
      await pass(driver.run(overTwo, { signal: never }));
      assert.equal(await captureOf('c1'), undefined);
      assert.equal(packetsOf(await captureOf('c2')), 2);
      assert.equal(packetsOf(await captureOf('c3')), limits.capturePacketsMax);
    });

    it('stamps the first packets with the time, not more than was asked for, and none unless it was', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const stampsOf = async (id: string) => {
        const data = countingSchema.parse(await pass(driver.read(`${dataPaths.counting}=${id}`, never)));
        return data['confer-device:counting'].stamp;
      };
      await using _none = await pass(driver.apply(counting));
      await using _few = await pass(driver.apply({ ...counting, id: 'c2', stampsMax: 5 }));
      await using _all = await pass(driver.apply({ ...counting, id: 'c3', stampsMax: limits.stampsMax }));
      await pass(driver.run(overTwo, { signal: never }));
      assert.equal(await stampsOf('c1'), undefined);
      assert.equal((await stampsOf('c2'))?.length, 5);
      const stamps = (await stampsOf('c3')) ?? [];
      assert.equal(new Set(stamps.map(({ sequence }) => sequence)).size, 20);
      for (const stamp of stamps)
        assert.deepEqual([stamp['flow-label'], stamp.interface, stamp.direction], [label, outgoing, 'out']);
      const times = stamps.map(({ time }) => BigInt(time));
      assert.ok(times.every((time, index) => time >= (times[index - 1] ?? 0n)));
    });

    it('refuses a change that cannot be made, and makes nothing of it', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const before = opened.belongings?.();
      const tooMany = Array.from({ length: limits.countingFlowsMax + 1 }, (_, index) => index + 1);
      const impossible: Partial<Change>[] = [
        ...['', 'No!', 'a b', '../c1', 'a'.repeat(33)].map((id) => ({ id })),
        ...[[], [0], [-1], [1.5], [0x100000], [label, 0], tooMany].map((flowLabels) => ({ flowLabels })),
        ...[-1, 0.5, Number.NaN, limits.capturePacketsMax + 1].map((capturePacketsMax) => ({
          capturePacketsMax,
        })),
        ...[-1, 0.5, limits.stampsMax + 1].map((stampsMax) => ({ stampsMax })),
      ];
      for (const change of impossible)
        await rejects(
          pass(driver.apply({ ...counting, ...change })),
          'bad-input',
          JSON.stringify(change).slice(0, 100),
        );
      await rejects(pass(driver.read(`${dataPaths.counting}=c1`, never)), 'not-found');
      assert.deepEqual(opened.belongings?.(), before);
      const largest = { ...counting, id: 'a'.repeat(32), flowLabels: tooMany.slice(1) };
      await using _session = await pass(driver.apply(largest));
      assert.equal(Object.keys(await counted(opened, largest.id)).length, limits.countingFlowsMax);
    });

    it('gives an id to one session at a time, whoever asks first', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const tried = await pass(Promise.allSettled([1, 2, 3].map(() => driver.apply(counting))));
      const made = tried.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      assert.equal(made.length, 1);
      for (const one of tried)
        if (one.status === 'rejected') assert.equal((one.reason as ConferError).code, 'bad-input');
      await pass(made[0]?.undo() ?? assert.fail('nobody got it'));
      await using _again = await pass(driver.apply(counting));
    });

    it('refuses more sessions than its limit, and takes one again once one has ended', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const before = opened.belongings?.();
      const ids = Array.from({ length: limits.countingSessionsMax }, (_, index) => `s${index}`);
      const sessions = await pass(Promise.all(ids.map((id) => driver.apply({ ...counting, id }))));
      await rejects(pass(driver.apply(counting)), 'overloaded');
      await pass(sessions[3]?.undo() ?? assert.fail('no session'));
      const one = await pass(driver.apply(counting));
      await pass(Promise.all([...sessions, one].map((session) => session.undo())));
      assert.deepEqual(opened.belongings?.(), before);
    });

    it('undoes once, however often it is asked, and never somebody else’s session of the same id', async () => {
      await using opened = await open();
      const { driver, pass } = opened;
      const first = await pass(driver.apply(counting));
      await pass(Promise.all([first.undo(), first.undo()]));
      await pass(first.undo());
      await using _second = await pass(driver.apply(counting));
      await pass(first.undo());
      await pass(Promise.resolve(first[Symbol.asyncDispose]()));
      await pass(driver.run({ ...plain, count: 2 }, { signal: never }));
      assert.equal(await sent(opened, 'c1'), 2);
    });

    it('fails with device-failure in everything once the router is dead', async (context) => {
      await using opened = await open();
      if (opened.die === undefined) return context.diagnostic('this router cannot be made to die');
      const { driver, pass } = opened;
      const lasting = driver.run(
        { ...overTwo, count: limits.probeCountMax, intervalMs: 20 },
        { signal: never },
      );
      const ended = rejects(lasting, 'device-failure', 'a running probe');
      await opened.wait(60);
      await opened.die();
      await pass(ended);
      await rejects(pass(driver.facts()), 'device-failure', 'facts');
      await rejects(pass(driver.read(dataPaths.interfaces, never)), 'device-failure', 'read');
      await rejects(pass(driver.run(plain, { signal: never })), 'device-failure', 'run');
      await rejects(pass(driver.apply(counting)), 'device-failure', 'apply');
    });
  });
}

async function rejects(promise: Promise<unknown>, code: ErrorCode, message?: string): Promise<void> {
  await assert.rejects(
    promise,
    (error) => {
      assert.ok(error instanceof ConferError, `${message}: ${error}`);
      assert.equal(error.code, code, `${message}: ${error.message}`);
      return true;
    },
    `${message} was taken`,
  );
}

/** By flow label: in and out of the one interface, and delivered to the router itself. */
async function counted({ driver, pass }: OpenedDriver, id: string): Promise<Record<string, number[]>> {
  const data = countingSchema.parse(await pass(driver.read(`${dataPaths.counting}=${id}`, never)));
  const { id: said, flow } = data['confer-device:counting'];
  assert.equal(said, id);
  const labels = flow.map((one) => one['flow-label']);
  assert.equal(new Set(labels).size, labels.length, 'one entry a label');
  return Object.fromEntries(
    flow.map((one) => {
      assert.deepEqual(
        one.interface.map((each) => each.name),
        [outgoing],
      );
      return [
        one['flow-label'],
        [Number(one.interface[0]?.in), Number(one.interface[0]?.out), Number(one.delivered)],
      ];
    }),
  );
}

async function sent(opened: OpenedDriver, id: string): Promise<number> {
  return (await counted(opened, id))[label]?.[1] ?? Number.NaN;
}

/** What was sent, once two looks 100 ms apart see the same. */
async function quietCount(opened: OpenedDriver, id: string): Promise<number> {
  let before = -1;
  for (let tries = 0; tries < 50; tries += 1) {
    const now = await sent(opened, id);
    if (now === before) return now;
    before = now;
    await opened.wait(100);
  }
  return assert.fail('the probe goes on after it was stopped');
}

/** Packets of a libpcap file. */
function packetsOf(capture: string | undefined): number {
  const file = Buffer.from(capture ?? assert.fail('nothing was captured'), 'base64');
  assert.ok([0xa1b2c3d4, 0xa1b23c4d].includes(file.readUInt32LE(0)), 'no libpcap file');
  let packets = 0;
  for (let at = 24; at < file.length; packets += 1) at += 16 + file.readUInt32LE(at + 8);
  return packets;
}
