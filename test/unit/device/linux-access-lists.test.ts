import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accessListsSchema } from '../../../src/core/device-data.ts';
import { accessListsOf } from '../../../src/device/linux-access-lists.ts';

const interfaces = ['p2-pe1', 'p2-pe3'];

describe('access lists from an nftables ruleset', () => {
  test('bound by the interface that a rule names; comment, else chain', () => {
    const seen = hits([
      chain('inet', 'acl', 'out', { hook: 'postrouting' }),
      rule(
        'inet',
        'acl',
        'out',
        3,
        [is('oifname', 'p2-pe3'), random(3200), counter(51), { drop: null }],
        'acl-2001',
      ),
      rule('inet', 'acl', 'out', 4, [is('oifname', 'p2-pe1'), counter(7), { drop: null }]),
      chain('inet', 'acl', 'in', { hook: 'prerouting' }),
      rule('inet', 'acl', 'in', 5, [is('iifname', 'p2-pe1'), counter(9), { drop: null }], 'acl-2001'),
    ]);
    assert.deepEqual(seen, {
      'p2-pe1 ingress 2001': 9,
      'p2-pe1 egress out': 7,
      'p2-pe3 egress 2001': 51,
    });
  });

  test('bound by the device of a netdev chain', () => {
    const seen = hits([
      chain('netdev', 'f', 'one', { hook: 'ingress', dev: 'p2-pe1' }),
      rule('netdev', 'f', 'one', 1, [counter(1), { drop: null }], 'acl-a'),
      chain('netdev', 'f', 'both', { hook: 'egress', dev: ['p2-pe1', 'p2-pe3'] }),
      rule('netdev', 'f', 'both', 2, [counter(2), { drop: null }], 'acl-b'),
    ]);
    assert.deepEqual(seen, { 'p2-pe1 ingress a': 1, 'p2-pe1 egress b': 2, 'p2-pe3 egress b': 2 });
  });

  test('a drop by where the source is routed is a reverse-path filter, and no access list', () => {
    const missing = (...flags: string[]) => ({
      match: { op: '==', left: { fib: { result: 'oif', flags } }, right: false },
    });
    const ruleset = [
      chain('inet', 'f', 'in', { hook: 'prerouting' }),
      rule('inet', 'f', 'in', 1, [
        is('iifname', 'p2-pe1'),
        missing('saddr', 'iif'),
        counter(4),
        { drop: null },
      ]),
      rule('inet', 'f', 'in', 2, [is('iifname', 'p2-pe3'), missing('saddr'), counter(5), { drop: null }]),
    ];
    assert.deepEqual(hits(ruleset), {});
    const data = accessListsSchema.parse(accessListsOf({ nftables: ruleset }, interfaces));
    const points = data['ietf-access-control-list:acls']['attachment-points'].interface;
    assert.deepEqual(
      points.map((point) => point['confer-device:reverse-path-filter']),
      [
        { mode: 'strict', 'dropped-packets': '4' },
        { mode: 'loose', 'dropped-packets': '5' },
      ],
    );
  });

  test('what is too much for the router itself is dropped by its policer, and by no access list', () => {
    const limit = { limit: { rate: 5, burst: 5, per: 'second', inv: true } };
    const ruleset = [
      chain('inet', 'f', 'in', { hook: 'input' }),
      rule('inet', 'f', 'in', 1, [limit, counter(4), { drop: null }]),
      rule('inet', 'f', 'in', 2, [is('iifname', 'p2-pe1'), limit, counter(5), { drop: null }]),
      chain('inet', 'f', 'pass', { hook: 'forward' }),
      rule('inet', 'f', 'pass', 3, [is('iifname', 'p2-pe1'), limit, counter(6), { drop: null }]),
    ];
    const data = accessListsSchema.parse(accessListsOf({ nftables: ruleset }, interfaces));
    assert.deepEqual(data['ietf-access-control-list:acls']['confer-device:control-plane'], {
      'dropped-packets': '9',
    });
    assert.deepEqual(hits(ruleset), { 'p2-pe1 ingress pass': 6 });
  });

  test('bound by the jump to a chain, which may be jumped to again', () => {
    const seen = hits([
      chain('ip6', 'filter', 'FORWARD', { hook: 'forward' }),
      chain('ip6', 'filter', 'acl-2001', {}),
      chain('ip6', 'filter', 'loop', {}),
      rule('ip6', 'filter', 'FORWARD', 1, [is('oifname', 'p2-pe3'), { jump: { target: 'acl-2001' } }]),
      rule('ip6', 'filter', 'FORWARD', 2, [is('iifname', 'p2-pe3'), { goto: { target: 'acl-2001' } }]),
      rule('ip6', 'filter', 'acl-2001', 3, [counter(5), { reject: { type: 'tcp reset' } }]),
      rule('ip6', 'filter', 'FORWARD', 4, [{ jump: { target: 'loop' } }]),
      rule('ip6', 'filter', 'loop', 5, [{ jump: { target: 'loop' } }]),
    ]);
    assert.deepEqual(seen, { 'p2-pe3 egress 2001': 5, 'p2-pe3 ingress 2001': 5 });
  });

  test('interface sets and prefixes of names', () => {
    const seen = hits([
      chain('inet', 'f', 'c', { hook: 'input' }),
      rule(
        'inet',
        'f',
        'c',
        1,
        [is('iifname', { set: ['p2-pe1', 'other'] }), counter(1), { drop: null }],
        'acl-s',
      ),
      rule('inet', 'f', 'c', 2, [is('iifname', 'p2-*'), counter(2), { drop: null }], 'acl-w'),
    ]);
    assert.deepEqual(seen, { 'p2-pe1 ingress s': 1, 'p2-pe1 ingress w': 2, 'p2-pe3 ingress w': 2 });
  });

  test('only what drops and counts; other interfaces and our own tables do not matter', () => {
    const seen = hits([
      chain('inet', 'f', 'c', { hook: 'output' }),
      rule('inet', 'f', 'c', 1, [is('oifname', 'p2-pe3'), counter(1), { accept: null }]),
      rule('inet', 'f', 'c', 2, [is('oifname', 'p2-pe3'), { drop: null }]),
      rule('inet', 'f', 'c', 3, [is('oifname', 'mgmt0'), counter(1), { drop: null }]),
      chain('inet', 'confer_x', 'c', { hook: 'output' }),
      rule('inet', 'confer_x', 'c', 4, [is('oifname', 'p2-pe3'), counter(1), { drop: null }]),
      rule('inet', 'f', 'unused', 5, [is('oifname', 'p2-pe3'), counter(1), { drop: null }]),
      { metainfo: { version: '1.0.6' } },
    ]);
    assert.deepEqual(seen, {});
  });

  test('an empty ruleset', () => {
    assert.deepEqual(accessListsOf([], interfaces), {
      'ietf-access-control-list:acls': { 'attachment-points': { interface: [] } },
    });
  });
});

function hits(nftables: object[]): Record<string, number> {
  const data = accessListsSchema.parse(accessListsOf({ nftables }, interfaces));
  const found: Record<string, number> = {};
  for (const point of data['ietf-access-control-list:acls']['attachment-points'].interface) {
    for (const direction of ['ingress', 'egress'] as const) {
      for (const set of point[direction]?.['acl-sets']['acl-set'] ?? []) {
        found[`${point['interface-id']} ${direction} ${set.name}`] = set['ace-statistics'].reduce(
          (sum, entry) => sum + Number(entry['matched-packets']),
          0,
        );
      }
    }
  }
  return found;
}

function chain(family: string, table: string, name: string, more: object) {
  return { chain: { family, table, name, handle: 1, ...more } };
}

function rule(
  family: string,
  table: string,
  chain: string,
  handle: number,
  expr: object[],
  comment?: string,
) {
  return { rule: { family, table, chain, handle, ...(comment === undefined ? {} : { comment }), expr } };
}

function is(key: string, right: unknown) {
  return { match: { op: '==', left: { meta: { key } }, right } };
}

function random(below: number) {
  return { match: { op: '<', left: { numgen: { mode: 'random', mod: 100_000, offset: 0 } }, right: below } };
}

function counter(packets: number) {
  return { counter: { packets, bytes: 100 * packets } };
}
