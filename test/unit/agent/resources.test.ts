/** Input: an address and a caller. Output: RFC 7951 JSON of the router below, or a refusal. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../crypto/canonical.ts';
import type { Beacon, Heard } from '../../../discovery/beacon.ts';
import { CountingLeases } from '../../../src/agent/counting-leases.ts';
import { Policy } from '../../../src/agent/policy.ts';
import { Relaying } from '../../../src/agent/relaying.ts';
import { ReportShelf, reportBoundsUsual } from '../../../src/agent/report-shelf.ts';
import { Resources } from '../../../src/agent/resources.ts';
import { ConferError } from '../../../src/core/errors.ts';
import type { DeviceDriver } from '../../../src/core/ports.ts';
import type { Report } from '../../../src/core/records.ts';
import { allCapabilities } from '../../../src/core/tools.ts';
import { createSeededRandom } from '../../../src/sim/seeded-random.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { callerOf } from './callers.ts';

const urn = 'urn:ietf:params:xml:ns:yang:';
const { signal } = new AbortController();
const neighbour = callerOf('PE-1', 1);
const operator = callerOf('alice', 9, 'operator');

const interfaces = {
  'ietf-interfaces:interfaces': {
    interface: [
      { name: 'eth0', 'oper-status': 'up', statistics: { 'in-pkts': '7' } },
      { name: 'lo', 'ietf-ip:ipv6': { address: [{ ip: 'fc00:2::1' }] }, statistics: { 'in-pkts': '9' } },
      { name: 'Te0/0', statistics: { 'in-pkts': '11' } },
    ],
  },
};

async function served() {
  const device = {
    facts: async () => ({ address: 'fc00:2::1' }),
    read: async (path: string): Promise<JsonObject> => {
      if (path === '/ietf-interfaces:interfaces') return interfaces;
      throw new ConferError('not-found', path);
    },
  } as unknown as DeviceDriver;
  const neighbours = [{ interface: 'eth0', node: 'PE-1', source: 'lldp', ageMs: 12.4, intervalMs: 499.9 }];
  const beacon = { heard: () => ({ nodes: [], neighbours }) as unknown as Heard } as unknown as Beacon;
  const policy = new Policy(allCapabilities);
  policy.negotiate(neighbour, allCapabilities);
  const log = { info: () => {}, warn: () => {} };
  const counting = new CountingLeases({
    device,
    log,
    clock: createVirtualClock(),
    random: createSeededRandom(1),
  });
  const reports = new ReportShelf({ store: createMemoryStore(), log }, reportBoundsUsual);
  const report = { uri: `${urn}ietf-mcp/report/r1`, created: 'then', hypothesis: 'none' };
  await reports.keep(report as Report);
  const relaying = new Relaying(
    'P-2',
    { beacon, log, clock: createVirtualClock(), peers: { open: () => Promise.reject(new Error('nobody')) } },
    () => undefined,
  );
  const resources = new Resources({
    relaying,
    node: 'P-2',
    device,
    beacon,
    policy,
    counting,
    reports,
    announceIntervalMs: 500,
  });
  const read = (uri: string, caller = neighbour) => resources.read(uri, { caller, signal });
  return { resources, read, report };
}

function refusedAs(code: string) {
  return (error: unknown) => error instanceof ConferError && error.code === code;
}

describe('reading YANG data', () => {
  it('gives a whole module, a list entry, a leaf, each under the name of its module', async () => {
    const { read } = await served();
    assert.deepEqual((await read(`${urn}ietf-interfaces/interfaces`)).data, interfaces);
    assert.deepEqual((await read(`${urn}ietf-interfaces/interfaces/interface=eth0`)).data, {
      'ietf-interfaces:interface': [interfaces['ietf-interfaces:interfaces'].interface[0]],
    });
    assert.deepEqual((await read('mcp://P-2/ietf-interfaces:interfaces/interface=eth0/oper-status')).data, {
      'ietf-interfaces:oper-status': 'up',
    });
    const slashed = { 'ietf-interfaces:statistics': { 'in-pkts': '11' } };
    assert.deepEqual(
      (await read(`${urn}ietf-interfaces/interfaces/interface=Te0%2F0/statistics`)).data,
      slashed,
    );
    assert.equal((await read('network:///interface/Te0/0')).content.length, 1);
  });

  it('SID-Endpoint is the interface whose address stands for this node in SID lists', async () => {
    const { read } = await served();
    assert.deepEqual(
      (await read(`${urn}ietf-interfaces/interfaces/interface=SID-Endpoint/statistics`)).data,
      {
        'ietf-interfaces:statistics': { 'in-pkts': '9' },
      },
    );
  });

  it('says the media type of what it sends, and sends it [N13]', async () => {
    const { read } = await served();
    const { content, data } = await read(`${urn}ietf-interfaces/interfaces/interface=lo`);
    assert.equal(content[0]?.mimeType, 'application/yang-data+json');
    assert.deepEqual(JSON.parse(String(content[0]?.text)), data);
    const report = (await read(`${urn}ietf-mcp/report/r1`, operator)).content[0];
    assert.equal(report?.mimeType, 'application/json');
  });

  it('what is not there is not found, whatever JavaScript has by that name', async () => {
    const { read } = await served();
    const missing = [
      'interface=eth1',
      'interface=eth',
      'nothing',
      'constructor',
      '__proto__',
      'interface/length',
    ];
    for (const path of missing)
      await assert.rejects(read(`${urn}ietf-interfaces/interfaces/${path}`), refusedAs('not-found'), path);
    for (const uri of [`${urn}ietf-ospf/ospf`, `${urn}constructor/name`, `${urn}ietf-mcp/report/r2`])
      await assert.rejects(read(uri, operator), refusedAs('not-found'), uri);
  });

  it('what this device hears comes with its age', async () => {
    const { read } = await served();
    assert.deepEqual((await read(`${urn}confer-device/discovery`)).data, {
      'confer-device:discovery': {
        'interval-ms': 500,
        neighbour: [{ interface: 'eth0', node: 'PE-1', source: 'lldp', 'age-ms': 12, 'interval-ms': 500 }],
      },
    });
  });

  it('is for whoever may: reports for people, state for those who negotiated counters', async () => {
    const { read, resources, report } = await served();
    await assert.rejects(read(report.uri), refusedAs('access-denied'));
    await assert.rejects(
      read(`${urn}ietf-interfaces/interfaces`, callerOf('X', 5)),
      refusedAs('access-denied'),
    );
    assert.deepEqual((await read(report.uri, operator)).data, report);
    const uris = async (all: boolean) => (await resources.list(all)).map(({ uri }) => uri);
    assert.ok((await uris(true)).includes(report.uri));
    assert.ok(!(await uris(false)).includes(report.uri));
  });
});
