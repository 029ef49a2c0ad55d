import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ConferError } from '../../../src/core/errors.ts';
import { bgpSchema, isisSchema } from '../../../src/core/routing-data.ts';
import { readFrr } from '../../../src/device/frr.ts';
import { answersIn } from '../../../src/device/frr-answers.ts';

const never = new AbortController().signal;

it('several JSON values and the text behind them are told apart', () => {
  const [first, second, rest] = answersIn(
    '{\n "a": "}\\"]"\n}\n[ {} ]\n\nBuilding configuration...\nx { y }\n',
  );
  assert.deepEqual(JSON.parse(first ?? ''), { a: '}"]' });
  assert.deepEqual(JSON.parse(second ?? ''), [{}]);
  assert.match(rest ?? '', /^\s*Building/);
});

it('a daemon that nobody reaches does not run; a router without vtysh says what is missing', async () => {
  const failing = (message: string) => async () => {
    throw new ConferError('device-failure', message);
  };
  const dead = failing('vtysh -d bgpd failed: Exiting: failed to connect to any daemons.');
  assert.deepEqual(await readFrr(dead, { protocols: ['bgp'] }, 'bgp', never), {
    'ietf-bgp:bgp': { 'confer-device:running': false },
  });
  const absent = failing('vtysh is not installed on this router; install the Debian package frr.');
  await assert.rejects(
    readFrr(absent, { protocols: ['bgp'] }, 'bgp', never),
    /install the Debian package frr/,
  );
});

it('a session that ceased is read with its NOTIFICATION and its limit', async () => {
  const told = {
    'fc00:3::1': {
      remoteAs: 65001,
      localAs: 65001,
      bgpState: 'Idle',
      lastResetDueTo: 'BGP Notification send',
      lastErrorCodeSubcode: '0601',
      addressFamilyInfo: { ipv6Unicast: { prefixAllowedMax: 1 } },
    },
  };
  const configuration = ' neighbor fc00:3::1 update-source fc00:1::1\n  network 2001:db8:a1::/48\n';
  const run = async () =>
    `${JSON.stringify(told)}\n{"localAS":65001,"routes":{}}\n\nBuilding configuration...\n${configuration}`;
  const data = bgpSchema.parse(await readFrr(run, { protocols: ['bgp'] }, 'bgp', never));
  const bgp = data['ietf-bgp:bgp'];
  assert.deepEqual(bgp['confer-device:network'], ['2001:db8:a1::/48']);
  assert.deepEqual(bgp.neighbors?.neighbor, [
    {
      'remote-address': 'fc00:3::1',
      'local-address': 'fc00:1::1',
      'peer-as': 65001,
      'session-state': 'idle',
      errors: { sent: { code: 6, subcode: 1 } },
      'prefix-limit': 1,
    },
  ]);
});

it('routes that passed the policies of a session are told apart from those received', async () => {
  const session = { remoteAs: 65001, localAs: 65001, bgpState: 'Established' };
  const path = { path: '', origin: 'IGP' };
  const table = {
    localAS: 65001,
    routes: {
      '2001:db8:a1::/48': [{ ...path, bestpath: true, peerId: '::' }],
      '2001:db8:c1::/48': [{ ...path, bestpath: true, peerId: 'fc00:3::1' }],
      '2001:db8:d1::/48': [{ ...path, peerId: 'fc00:3::1' }],
    },
  };
  const received = Object.fromEntries(
    ['c1', 'c2', 'd1'].map((name) => [`2001:db8:${name}::/48`, { path: '', bgpOriginCode: 'i' }]),
  );
  const run = async (_tool: string, args: readonly string[]) =>
    args.includes('show running-config')
      ? `${JSON.stringify({ 'fc00:3::1': session })}\n${JSON.stringify(table)}\n`
      : `${JSON.stringify({ receivedRoutes: received })}\n{"advertisedRoutes":{}}\n`;
  const data = bgpSchema.parse(await readFrr(run, { protocols: ['bgp'] }, 'bgp', never));
  const [neighbor] = data['ietf-bgp:bgp'].neighbors?.neighbor ?? [];
  const prefixesOf = (rib: 'adj-rib-in-pre' | 'adj-rib-in-post') =>
    neighbor?.[rib]?.map(({ prefix }) => prefix);
  assert.deepEqual(prefixesOf('adj-rib-in-pre'), Object.keys(received));
  assert.deepEqual(prefixesOf('adj-rib-in-post'), ['2001:db8:c1::/48', '2001:db8:d1::/48']);
});

it('what a session received is not known where FRR keeps no copy of it, and is not called nothing', async () => {
  const session = { remoteAs: 65001, localAs: 65002, bgpState: 'Established' };
  const table = { routes: { '2001:db8:c1::/48': [{ path: '', origin: 'IGP', peerId: 'fc00:3::1' }] } };
  const run = async (_tool: string, args: readonly string[]) =>
    args.includes('show running-config')
      ? `${JSON.stringify({ 'fc00:3::1': session })}\n${JSON.stringify(table)}\n`
      : '{ "warning": "Inbound soft reconfiguration not enabled" }\n{"advertisedRoutes":{}}\n';
  const data = bgpSchema.parse(await readFrr(run, { protocols: ['bgp'] }, 'bgp', never));
  const [neighbor] = data['ietf-bgp:bgp'].neighbors?.neighbor ?? [];
  assert.equal(neighbor?.['adj-rib-in-pre'], undefined);
  assert.deepEqual(neighbor?.['adj-rib-in-post']?.length, 1);
});

it('an adjacency is read with the level that it is at, whatever the interface runs', async () => {
  const area = (circuits: object[]) => JSON.stringify({ areas: [{ area: 'core', circuits }] });
  const run = async () =>
    [
      area([{ interface: { name: 'p2-pe3', level: 'L2' } }]),
      area([{ adj: 'PE-3', interface: 'p2-pe3', level: 1, state: 'Up' }]),
      '{"system-id":"0000.0000.0002","areas":[{"net":"49.0100.0000.0000.0002.00"}]}',
      'Building configuration...',
    ].join('\n');
  const data = isisSchema.parse(await readFrr(run, { protocols: ['isis'] }, 'isis', never));
  const [end] = data['ietf-isis:isis'].interface ?? [];
  assert.equal(end?.['level-type'], 'level-2');
  assert.deepEqual(end?.adjacency, [{ 'neighbor-sysid': 'PE-3', state: 'up', usage: 'level-1' }]);
});
