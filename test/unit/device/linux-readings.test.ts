/** What the tools print, as the schemas of core/device-data.ts want it. The fixtures were printed by real routers. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  forwardingSchema,
  interfacesSchema,
  lookupSchema,
  routingSchema,
} from '../../../src/core/device-data.ts';
import { ConferError } from '../../../src/core/errors.ts';
import { forwardingOf } from '../../../src/device/linux-forwarding.ts';
import { interfacesOf } from '../../../src/device/linux-interfaces.ts';
import { readLookup, routingOf } from '../../../src/device/linux-routing.ts';
import type { RunTool } from '../../../src/device/linux-tools.ts';

const stats64 = {
  rx: { bytes: 10, packets: 1, errors: 2, dropped: 3, over_errors: 0, multicast: 0 },
  tx: { bytes: 20, packets: 4, errors: 5, dropped: 6, carrier_errors: 0, collisions: 0 },
};

describe('interfaces', () => {
  const link = (ifname: string, more: object) => ({
    ifindex: 2,
    ifname,
    mtu: 1500,
    addr_info: [],
    stats64,
    ...more,
  });

  test('counters, addresses and MTU', () => {
    const data = interfacesSchema.parse(
      interfacesOf([
        link('pe1-p2', {
          ifalias: 'to P-2',
          flags: ['BROADCAST', 'UP', 'LOWER_UP'],
          operstate: 'UP',
          address: '02:00:00:01:00:01',
          addr_info: [
            { family: 'inet', local: '192.0.2.1', prefixlen: 24 },
            { family: 'inet6', local: '2001:db8:1:2::1', prefixlen: 64 },
            {},
          ],
        }),
      ]),
    );
    assert.deepEqual(data['ietf-interfaces:interfaces'].interface, [
      {
        name: 'pe1-p2',
        description: 'to P-2',
        'admin-status': 'up',
        'oper-status': 'up',
        'phys-address': '02:00:00:01:00:01',
        'ietf-ip:ipv6': {
          mtu: 1500,
          address: [{ ip: '2001:db8:1:2::1', 'prefix-length': 64 }],
          neighbor: [],
        },
        statistics: {
          'in-octets': '10',
          'in-pkts': '1',
          'in-discards': '3',
          'in-errors': '2',
          'out-octets': '20',
          'out-pkts': '4',
          'out-discards': '6',
          'out-errors': '5',
        },
      },
    ]);
  });

  test('neighbours of the interface, in the states of RFC 8344', () => {
    const neighbours = [
      { dst: 'fe80::1', dev: 'x', lladdr: '02::1', router: null, state: ['STALE'] },
      { dst: 'fc00::2', dev: 'x', state: ['FAILED'] },
      { dst: 'fc00::3', dev: 'x', lladdr: '02::3', state: ['PERMANENT'] },
      { dst: 'ff02::1', dev: 'x', lladdr: '33:33::1', state: ['NOARP'] },
      { dst: 'fc00::4', dev: 'y', state: ['INCOMPLETE'] },
    ];
    const [only] = interfacesOf([link('x', {})], undefined, neighbours)['ietf-interfaces:interfaces']
      .interface;
    assert.deepEqual(only?.['ietf-ip:ipv6'].neighbor, [
      { ip: 'fe80::1', state: 'stale' },
      { ip: 'fc00::2', state: 'incomplete' },
      { ip: 'fc00::3', state: 'reachable' },
    ]);
  });

  test('the root queue of the interface, and none where nothing waits', () => {
    const queue = (dev: string, kind: string, root: object) => ({
      dev,
      kind,
      handle: '1:',
      packets: 5,
      drops: 2,
      ...root,
    });
    const queues = [
      queue('x', 'tbf', { root: true }),
      queue('x', 'fq', { parent: '1:1' }),
      queue('y', 'noqueue', { root: true }),
    ];
    const [x, y] = interfacesOf([link('x', {}), link('y', {})], undefined, [], queues)[
      'ietf-interfaces:interfaces'
    ].interface;
    assert.deepEqual(x?.['openconfig-qos:output'], {
      queues: { queue: [{ name: 'tbf 1:', 'transmit-pkts': '5', 'dropped-pkts': '2' }] },
    });
    assert.equal(y?.['openconfig-qos:output'], undefined);
  });

  test('admin and oper status as Linux shows them', () => {
    const cases: [string[], string, string, string][] = [
      [['UP', 'LOWER_UP'], 'UP', 'up', 'up'],
      [['UP', 'NO-CARRIER'], 'DOWN', 'up', 'down'],
      [['UP', 'M-DOWN'], 'LOWERLAYERDOWN', 'up', 'down'],
      [[], 'DOWN', 'down', 'down'],
      [['UP', 'LOWER_UP'], 'UNKNOWN', 'up', 'up'],
      [['UP', 'NO-CARRIER'], 'UNKNOWN', 'up', 'down'],
      [['UP'], 'DORMANT', 'up', 'down'],
    ];
    for (const [flags, operstate, admin, oper] of cases) {
      const [only] = interfacesOf([link('x', { flags, operstate })])['ietf-interfaces:interfaces'].interface;
      assert.deepEqual([only?.['admin-status'], only?.['oper-status']], [admin, oper], operstate);
    }
  });

  test('takes those that it is given, else all but the loopback', () => {
    const all = ['lo', 'pe1-p2', 'mgmt0'].map((name) => link(name, { flags: [] }));
    const names = (only?: string[]) =>
      interfacesOf(all, only)['ietf-interfaces:interfaces'].interface.map(({ name }) => name);
    assert.deepEqual(names(), ['pe1-p2', 'mgmt0']);
    assert.deepEqual(names(['pe1-p2', 'gone']), ['pe1-p2']);
    assert.deepEqual(interfacesOf([{}])['ietf-interfaces:interfaces'].interface, []);
  });
});

describe('routing', () => {
  test('one entry a next hop, SIDs left out', () => {
    const data = routingSchema.parse(
      routingOf([
        { dst: '2001:db8::/64', dev: 'xa', protocol: 'kernel', metric: 256, flags: [] },
        { dst: 'fc00:2::e', encap: 'seg6local', action: 'End', dev: 'xa' },
        {
          dst: 'fc00:3::/32',
          nexthops: [
            { gateway: '2001:db8::2', dev: 'xa', weight: 1, flags: [] },
            { via: { family: 'inet6', host: 'fe80::3' }, dev: 'xb', weight: 1, flags: ['linkdown'] },
          ],
        },
        { type: 'blackhole', dst: 'fc00:4::/32', dev: 'lo' },
        { type: 'prohibit', dst: 'fc00:5::/32', dev: 'lo' },
        { type: 'multicast', dst: 'ff00::/8', dev: 'xa' },
        { dst: 'default', gateway: 'fe80::1', dev: 'xa' },
        { dst: 'fc00:9::1', dev: 'lo' },
      ]),
    );
    const routes = data['ietf-routing:routing'].ribs.rib[0]?.routes.route.map((route) => [
      route['destination-prefix'],
      ...Object.values(route['next-hop']),
    ]);
    assert.deepEqual(routes, [
      ['2001:db8::/64', 'xa'],
      ['fc00:3::/32', 'xa', '2001:db8::2'],
      ['fc00:3::/32', 'xb', 'fe80::3'],
      ['fc00:4::/32', 'blackhole'],
      ['fc00:5::/32', 'unreachable'],
      ['::/0', 'xa', 'fe80::1'],
      ['fc00:9::1/128', 'lo'],
    ]);
  });
});

describe('a look-up', () => {
  const lookUp = async (run: RunTool, address = 'fc00:3::D') =>
    lookupSchema.parse(await readLookup(run, address))['confer-device:lookup'];
  const printing =
    (entries: unknown): RunTool =>
    async (tool, args) => {
      assert.deepEqual(
        [tool, ...args],
        ['ip', '-j', '-6', 'route', 'get', 'fibmatch', 'fc00:3::d'],
        'in the one spelling',
      );
      return JSON.stringify(entries);
    };
  const refusing =
    (why: string): RunTool =>
    async () => {
      throw new ConferError('device-failure', `ip -j -6 route get fibmatch fc00:3::d failed: ${why}.`);
    };

  test('the prefix that matches and every next hop', async () => {
    const route = {
      dst: 'fc00:3::/32',
      nexthops: [
        { gateway: '2001:db8:1::2', dev: 'y1', weight: 1, flags: [] },
        { gateway: '2001:db8::2', dev: 'x1', weight: 1, flags: [] },
      ],
    };
    assert.deepEqual(await lookUp(printing([route])), {
      address: 'fc00:3::d',
      'destination-prefix': 'fc00:3::/32',
      'next-hop': [
        { 'outgoing-interface': 'y1', 'next-hop-address': '2001:db8:1::2' },
        { 'outgoing-interface': 'x1', 'next-hop-address': '2001:db8::2' },
      ],
    });
    for (const own of [
      { type: 'local', dst: 'fc00:3::d', dev: 'lo', table: 'local' },
      { dst: 'fc00:3::d', encap: 'seg6local', action: 'End', dev: 'sids0' },
    ])
      assert.deepEqual((await lookUp(printing([own])))['next-hop'], [{ 'special-next-hop': 'receive' }]);
  });

  test('what leads nowhere, by the errno with which the kernel says so', async () => {
    for (const [why, nextHops] of [
      ['Network is unreachable', []],
      ['Invalid argument', [{ 'special-next-hop': 'blackhole' }]],
      ['No route to host', [{ 'special-next-hop': 'unreachable' }]],
      ['Permission denied', [{ 'special-next-hop': 'unreachable' }]],
    ] as const)
      assert.deepEqual(await lookUp(refusing(`RTNETLINK answers: ${why}`)), {
        address: 'fc00:3::d',
        'next-hop': nextHops,
      });
    await assert.rejects(lookUp(refusing('No such device')), { code: 'device-failure' });
  });

  test('is made for addresses alone: nothing else gets to the tool', async () => {
    for (const text of [
      '',
      '-h',
      'fc00:3::d/64',
      'fe80::1',
      'fe80::1%x1',
      '::1',
      'ff02::1',
      '192.0.2.1',
      'PE-3',
    ])
      await assert.rejects(lookUp(printing([]), text), { code: 'bad-input' }, text);
  });
});

describe('forwarding', () => {
  test('where a SID sends to, and whether its table delivers locally', () => {
    const sid = (dst: string, more: object) => ({ dst, encap: 'seg6local', dev: 'sids0', ...more });
    const { 'confer-device:forwarding': forwarding } = forwardingSchema.parse(
      forwardingOf(
        [
          sid('fc00:1::b', { action: 'End.X', nh6: '2001:db8::2' }),
          sid('fc00:1::c', { action: 'End.DT6', table: 'main' }),
          sid('fc00:1::d', { action: 'End.DT6', table: 'local' }),
          { type: 'local', dst: 'fc00:1::1', dev: 'lo', table: 'local' },
          { dst: 'fc00:2::/32', dev: 'xa' },
        ],
        '',
      ),
    );
    assert.deepEqual(
      forwarding['local-sid'].map((one) => [one['next-hop-address'], one['delivers-locally']]),
      [
        ['2001:db8::2', undefined],
        [undefined, false],
        [undefined, true],
      ],
    );
  });

  test('SIDs with their counters, and those of the kernel', () => {
    const data = forwardingSchema.parse(
      forwardingOf(
        [
          { dst: 'fc00:3::/32', dev: 'xa' },
          {
            dst: 'fc00:2::e',
            encap: 'seg6local',
            action: 'End',
            stats64: { packets: 7, bytes: 9, errors: 1 },
          },
          { dst: 'fc00:2::d', encap: 'seg6local', action: 'End.DT6', table: 'local' },
          { type: 'local', dst: 'fc00:2::1', dev: 'lo', table: 'local' },
        ],
        'Ip6InNoRoutes                   \t12\nIp6OutNoRoutes                  \t3\nIp6InTooBigErrors               \t4\n',
        [{ interface: 'xa', enabled: true, 'hmac-required': false }],
      ),
    );
    assert.deepEqual(data['confer-device:forwarding'], {
      'local-sid': [
        { sid: 'fc00:2::e', behavior: 'End', packets: '7', errors: '1' },
        { sid: 'fc00:2::d', behavior: 'End.DT6', packets: '0', errors: '0', 'delivers-locally': true },
      ],
      'segment-routing': [{ interface: 'xa', enabled: true, 'hmac-required': false }],
      ipv6: { 'in-no-routes': '12', 'out-no-routes': '3', 'in-too-big-errors': '4', 'in-header-errors': '0' },
    });
  });
});
