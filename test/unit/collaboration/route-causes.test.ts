/**
 * Kinds that show in a router's routes, its forwarding and its SIDs, and what each is not, on answers written by hand.
 * Input: A - B - C with probes over B's End SID to C; what the three say of themselves. Output: kind, element, suspects.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutContest } from '../../../src/collaboration/causes/forwarding-loop.ts';
import { correlate } from '../../../src/collaboration/correlation.ts';
import { lookUps } from '../../../src/collaboration/look-ups.ts';
import { readingsOf } from '../../../src/collaboration/readings.ts';
import { resourceUri } from '../../../src/collaboration/resources.ts';
import { dataPaths } from '../../../src/core/device-data.ts';
import type { Path } from '../../../src/core/records.ts';
import { Answers, flowOf, pathOver } from './world.ts';

const label = 11;
const sent = 1_000;
const path: Path = { ...pathOver('ABC', 'f1'), segments: ['fc00:2::e', 'fc00:3::d'] };
const flows = [flowOf(path, label)];
const intent = { kind: 'path-loss' as const, head: 'A', via: ['B'], tail: 'C' };

type NextHop = Record<string, string>;
type Routes = Record<string, NextHop[]>;
type Sid = { sid: string; behavior: string; 'next-hop-address'?: string; 'delivers-locally'?: boolean };

const addresses: Record<string, Record<string, string>> = {
  A: { ab: '2001:db8:1::1' },
  B: { ba: '2001:db8:1::2', bc: '2001:db8:2::2', bx: '2001:db8:3::2' },
  C: { cb: '2001:db8:2::3' },
  X: { xb: '2001:db8:3::9' },
};
const via = (egress: string, address: string): NextHop => ({
  'outgoing-interface': egress,
  'next-hop-address': address,
});
const [toB, backToA, toC, toX] = [
  via('ab', '2001:db8:1::2'),
  via('ba', '2001:db8:1::1'),
  via('bc', '2001:db8:2::3'),
  via('bx', '2001:db8:3::9'),
];
const blackhole = { 'special-next-hop': 'blackhole' };

const installed: Record<string, Sid[]> = {
  A: [],
  B: [{ sid: 'fc00:2::e', behavior: 'End' }],
  C: [{ sid: 'fc00:3::d', behavior: 'End.DT6', 'delivers-locally': true }],
};

interface Told {
  routes: Record<string, Routes>;
  /** By node: what forwarding says of C's SID. */
  lookups?: Record<string, NextHop[]>;
  sids?: Record<string, Sid[]>;
  expired?: Record<string, number>;
  /** Nodes that say nothing of themselves. */
  silent?: string[];
  down?: string;
  counted: Partial<Record<'first' | 'in' | 'out' | 'last' | 'delivered', number>>;
}

const right: Record<string, Routes> = {
  A: { 'fc00:2::/32': [toB], 'fc00:3::/32': [toB] },
  B: { 'fc00:3::/32': [toC] },
  C: {},
};
/** Comes to B and gets no further. */
const diesInB = { first: sent, in: sent };

function answers({
  routes,
  lookups = {},
  sids = {},
  expired = {},
  silent = [],
  down,
  counted,
}: Told): Answers {
  const all = new Answers();
  const says = (node: string, dataPath: string, data: object) =>
    all.add(node, { uri: resourceUri(dataPath) }, JSON.parse(JSON.stringify(data)));
  const forwarding = (node: string, errors: number) =>
    says(node, dataPaths.forwarding, {
      'confer-device:forwarding': {
        'local-sid': (sids[node] ?? installed[node] ?? []).map((sid) => ({
          ...sid,
          packets: '0',
          errors: '0',
        })),
        ipv6: {
          'in-no-routes': '0',
          'out-no-routes': '0',
          'in-too-big-errors': '0',
          'in-header-errors': String(errors),
        },
      },
    });
  const none = Object.fromEntries(
    ['octets', 'pkts', 'discards', 'errors'].flatMap((name) => [
      [`in-${name}`, '0'],
      [`out-${name}`, '0'],
    ]),
  );
  const nodes = Object.keys(routes).filter((node) => !silent.includes(node));
  for (const node of nodes) {
    const number = { A: 1, B: 2, C: 3, X: 9 }[node];
    const prefix = `fc00:${number}::`;
    says(node, dataPaths.device, {
      'confer-device:device': {
        node,
        system: 's',
        address: `${prefix}1`,
        locator: `${prefix}/32`,
        sids: { end: `${prefix}e`, decapsulate: `${prefix}d` },
      },
    });
    says(node, dataPaths.interfaces, {
      'ietf-interfaces:interfaces': {
        interface: Object.entries(addresses[node] ?? {}).map(([name, ip]) => ({
          name,
          'admin-status': 'up',
          'oper-status': name === down ? 'down' : 'up',
          'ietf-ip:ipv6': { mtu: 1_500, address: [{ ip, 'prefix-length': 64 }] },
          statistics: none,
        })),
      },
    });
    says(node, dataPaths.routing, {
      'ietf-routing:routing': {
        ribs: {
          rib: [
            {
              name: 'ipv6',
              routes: {
                route: Object.entries(routes[node] ?? {}).flatMap(([destination, nextHops]) =>
                  nextHops.map((nextHop) => ({ 'destination-prefix': destination, 'next-hop': nextHop })),
                ),
              },
            },
          ],
        },
      },
    });
    forwarding(node, 0);
    const nextHops = lookups[node];
    if (nextHops !== undefined)
      says(node, `${dataPaths.lookup}=fc00:3::d`, {
        'confer-device:lookup': { address: 'fc00:3::d', 'next-hop': nextHops },
      });
  }
  const { first = 0, last = 0, delivered = 0 } = counted;
  all.probes('A', label, sent, delivered);
  all.counting('A', label, { out: first });
  all.counting('B', label, { in: counted.in ?? 0, out: counted.out ?? 0 });
  all.counting('C', label, { in: last, delivered });
  for (const node of nodes) forwarding(node, expired[node] ?? 0);
  return all;
}

function conclude(told: Told) {
  const readings = readingsOf(answers(told).envelopes);
  const { findings, verdict } = correlate({ intent, paths: [path], flows, readings, untrusted: [] });
  return { found: findings.map(({ kind, element }) => ({ kind, element })), verdict, findings };
}

describe('locator-unreachable', () => {
  const routes = { ...right, B: {} };

  it('is a router without a route, nothing going out, and a node behind that is well', () => {
    const { found, verdict } = conclude({ routes, counted: diesInB });
    assert.deepEqual(found, [{ kind: 'locator-unreachable', element: { node: 'B', object: 'fc00:3::/32' } }]);
    assert.equal(verdict, 'CONFIRMED');
  });

  it('is only likely where the node behind is silent; its locator is then what others route', () => {
    const { found, verdict } = conclude({ routes, silent: ['C'], counted: diesInB });
    assert.deepEqual(found, [{ kind: 'locator-unreachable', element: { node: 'B', object: 'fc00:3::/32' } }]);
    assert.equal(verdict, 'LIKELY');
  });

  it('is only likely where the router did not tell whether its interface is up', () => {
    const { envelopes } = answers({ routes, counted: diesInB });
    const untold = envelopes.filter(
      ({ node, signed: { statement } }) =>
        node !== 'B' ||
        !('uri' in statement.operation && statement.operation.uri === resourceUri(dataPaths.interfaces)),
    );
    const readings = readingsOf(untold);
    const { verdict, findings } = correlate({ intent, paths: [path], flows, readings, untrusted: [] });
    assert.deepEqual([verdict, findings[0]?.kind], ['LIKELY', 'locator-unreachable']);
  });

  it('is only likely where another interface of the router is down, which the route may have been over', () => {
    const { found, verdict } = conclude({ routes, down: 'bx', counted: diesInB });
    assert.deepEqual(
      [verdict, found],
      ['LIKELY', [{ kind: 'locator-unreachable', element: { node: 'B', object: 'fc00:3::/32' } }]],
    );
  });

  it('is none where nobody told the SID that a route would have to hold', () => {
    const readings = readingsOf(answers({ routes, silent: ['C'], counted: diesInB }).envelopes);
    const unknown: Path = { ...path, segments: ['fc00:2::e', ''] };
    const { findings } = correlate({ intent, paths: [unknown], flows, readings, untrusted: [] });
    assert.deepEqual(findings, []);
  });

  it('is none where packets go out, or where the interface is down that the route was over', () => {
    assert.deepEqual(conclude({ routes, counted: { ...diesInB, out: sent } }).found, []);
    const { found } = conclude({ routes, down: 'bc', counted: diesInB });
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ['link-down'],
    );
  });
});

describe('static-blackhole', () => {
  it('is a route that discards, more specific or in place of the right one', () => {
    for (const prefix of ['fc00:3::d/128', 'fc00:3::/32']) {
      const routes = { ...right, B: { ...right.B, [prefix]: [blackhole] } };
      assert.deepEqual(conclude({ routes, counted: diesInB }).found, [
        { kind: 'static-blackhole', element: { node: 'B', object: prefix } },
      ]);
    }
  });

  it('is none for other addresses, nor where packets pass', () => {
    const beside = { ...right, B: { ...right.B, 'fc00:3::1/128': [blackhole] } };
    assert.deepEqual(conclude({ routes: beside, counted: diesInB }).found, []);
    const holds = { ...right, B: { ...right.B, 'fc00::/16': [blackhole] } };
    assert.deepEqual(conclude({ routes: holds, counted: diesInB }).found, []);
    const through = { ...right, B: { 'fc00:3::/32': [blackhole] } };
    const all = { first: sent, in: sent, out: sent, last: sent, delivered: sent };
    assert.deepEqual(conclude({ routes: through, counted: all }).found, []);
  });
});

describe('rib-fib-mismatch', () => {
  const finding = [{ kind: 'rib-fib-mismatch', element: { node: 'B', object: 'fc00:3::/32' } }];

  it('is a right route and a forwarding that discards, has nothing, or sends elsewhere', () => {
    for (const lookup of [[], [blackhole], [{ 'special-next-hop': 'unreachable' }]])
      assert.deepEqual(conclude({ routes: right, lookups: { B: lookup }, counted: diesInB }).found, finding);
    const round = { first: 32_000, in: 32_000, out: 31_000 };
    const back = conclude({ routes: right, lookups: { B: [backToA] }, counted: round });
    assert.deepEqual([back.found, back.verdict], [finding, 'CONFIRMED']);
  });

  it('is none where forwarding does what the route says, or one of its equals', () => {
    assert.deepEqual(conclude({ routes: right, lookups: { B: [toC] }, counted: diesInB }).found, []);
    const equal = { ...right, B: { 'fc00:3::/32': [toC, toX] } };
    assert.deepEqual(conclude({ routes: equal, lookups: { B: [toX] }, counted: diesInB }).found, []);
  });

  it('is told from a route that is itself wrong', () => {
    const routes = { ...right, B: { 'fc00:3::/32': [blackhole] } };
    const { found } = conclude({ routes, lookups: { B: [blackhole] }, counted: diesInB });
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ['static-blackhole'],
    );
  });

  it('is asked for where packets die and nothing tells why: the routes and forwarding of each router on the way', () => {
    const asked = (told: Told) =>
      lookUps({
        intent,
        paths: [path],
        flows,
        readings: readingsOf(answers(told).envelopes),
        untrusted: [],
      }).map(({ node, operation }) => [node, 'uri' in operation ? operation.uri.split('/').at(-1) : '']);
    assert.deepEqual(asked({ routes: right, counted: diesInB }), [
      ['A', 'routing'],
      ['B', 'routing'],
      ['A', 'lookup=fc00:2::e'],
      ['B', 'lookup=fc00:3::d'],
    ]);
    assert.deepEqual(asked({ routes: { ...right, B: {} }, counted: diesInB }), [], 'a missing route tells');
    const lossy = { first: sent, in: sent, out: sent, last: 900, delivered: 900 };
    assert.deepEqual(asked({ routes: right, counted: lossy }), [], 'packets pass');
  });
});

describe('forwarding-loop', () => {
  const round = { first: 32_000, in: 32_000, out: 31_000 };
  const routes = { ...right, B: { 'fc00:3::/32': [backToA] } };
  const loop = (peer: string, egress: string) => [
    { kind: 'forwarding-loop', element: { node: 'B', interface: egress, peer, object: 'fc00:3::/32' } },
  ];

  it('is a route back to whom packets come from, and hop limits that run out', () => {
    const { found, verdict } = conclude({ routes, expired: { A: sent }, counted: round });
    assert.deepEqual([found, verdict], [loop('A', 'ba'), 'CONFIRMED']);
  });

  it("of which two routers accuse each other is nobody's for sure", () => {
    const { findings } = conclude({ routes, expired: { A: sent }, counted: round });
    const [one] = findings;
    assert.ok(one !== undefined);
    const other = { ...one, element: { ...one.element, node: 'A', interface: 'ab', peer: 'B' } };
    assert.deepEqual(withoutContest([one]), [one]);
    assert.deepEqual(
      withoutContest([one, other]).map(({ probability }) => probability),
      [0.5, 0.5],
    );
  });

  it('is only likely where nobody counts what expired', () => {
    assert.equal(conclude({ routes, counted: round }).verdict, 'LIKELY');
  });

  it('is a route to a neighbour beside the path that has its own over this router', () => {
    const aside = {
      ...right,
      B: { 'fc00:3::/32': [toX] },
      X: { 'fc00:3::/32': [via('xb', '2001:db8:3::2')] },
    };
    assert.deepEqual(
      conclude({ routes: aside, expired: { B: sent }, counted: round }).found,
      loop('X', 'bx'),
    );
  });

  it('is none where the neighbour does not tell, has another way, or packets get there', () => {
    const silent = { ...right, B: { 'fc00:3::/32': [toX] } };
    const counted = { ...diesInB, out: sent };
    assert.deepEqual(conclude({ routes: silent, counted }).found, []);
    const other = { ...silent, X: { 'fc00:3::/32': [via('xy', '2001:db8:9::1')] } };
    assert.deepEqual(conclude({ routes: other, counted }).found, []);
    const all = { first: sent, in: sent, out: sent, last: sent, delivered: sent };
    assert.deepEqual(conclude({ routes, counted: all }).found, []);
  });
});

describe('sid-wrong-behaviour', () => {
  const wrong = (node: string, object: string) => [
    { kind: 'sid-wrong-behaviour', element: { node, object } },
  ];

  it('is another action than the SID is for, where packets die at it', () => {
    const early = { B: [{ sid: 'fc00:2::e', behavior: 'End.DT6', 'delivers-locally': true }] };
    assert.deepEqual(
      conclude({ routes: right, sids: early, counted: diesInB }).found,
      wrong('B', 'fc00:2::e'),
    );
    const plain = { C: [{ sid: 'fc00:3::d', behavior: 'End' }] };
    const arrives = { ...diesInB, out: sent, last: sent };
    assert.deepEqual(
      conclude({ routes: right, sids: plain, counted: arrives }).found,
      wrong('C', 'fc00:3::d'),
    );
  });

  it('is a table that does not hold the router itself', () => {
    const sids = { C: [{ sid: 'fc00:3::d', behavior: 'End.DT6', 'delivers-locally': false }] };
    const arrives = { ...diesInB, out: sent, last: sent };
    const { found, verdict } = conclude({ routes: right, sids, counted: arrives });
    assert.deepEqual([found, verdict], [wrong('C', 'fc00:3::d'), 'CONFIRMED']);
  });

  it('is a next hop off the path, though packets come round and arrive', () => {
    const sids = { B: [{ sid: 'fc00:2::e', behavior: 'End.X', 'next-hop-address': '2001:db8:1::1' }] };
    const counted = { first: 2 * sent, in: 2 * sent, out: 2 * sent, last: sent, delivered: sent };
    const { found, findings } = conclude({ routes: right, sids, counted });
    assert.deepEqual(found, wrong('B', 'fc00:2::e'));
    assert.equal(findings[0]?.lossPercent, 0);
  });

  it('is none where End.X sends along the path, nor where the SID does what it is for', () => {
    const sids = { B: [{ sid: 'fc00:2::e', behavior: 'End.X', 'next-hop-address': '2001:db8:2::3' }] };
    const all = { first: sent, in: sent, out: sent, last: sent, delivered: sent };
    assert.deepEqual(conclude({ routes: right, sids, counted: all }).found, []);
    assert.deepEqual(conclude({ routes: right, sids, counted: {} }).found, []);
    assert.deepEqual(conclude({ routes: right, counted: diesInB }).found, []);
  });

  it('is told from a SID that is not there at all', () => {
    const { found } = conclude({ routes: right, sids: { B: [] }, counted: diesInB });
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ['sid-missing'],
    );
  });
});
