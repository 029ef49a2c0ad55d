/**
 * Input: what A and B, linked, say of the BGP session between them, of BFD and of IS-IS, twice.
 * Output: what is wrong with it, or nothing.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readingsOf } from '../../../src/collaboration/readings.ts';
import { resourceUri } from '../../../src/collaboration/resources.ts';
import { concludeSession } from '../../../src/collaboration/session-correlation.ts';
import { type BfdData, type BgpData, type IsisData, routingPaths } from '../../../src/core/routing-data.ts';
import { Answers, pathOver } from './world.ts';

const addresses = { A: '2001:db8::a', B: '2001:db8::b' };
type Node = keyof typeof addresses;
const interfaces = { A: 'ab', B: 'ba' };
const other = { A: 'B', B: 'A' } as const;
const nodes = ['A', 'B'] as const;

type Neighbor = NonNullable<BgpData['ietf-bgp:bgp']['neighbors']>['neighbor'][number];
type Session = NonNullable<BfdData['ietf-bfd:bfd']['session']>[number];
type Circuit = NonNullable<IsisData['ietf-isis:isis']['interface']>[number];

class Routers {
  readonly #told = new Answers();

  constructor() {
    for (const node of nodes) this.#told.interfaces(node, { name: interfaces[node], ip: addresses[node] });
    for (const node of nodes) this.bgp(node);
  }

  /** The session is up; `chosen` are prefixes of the neighbour. */
  bgp(node: Node, neighbor: Partial<Neighbor> = {}, chosen: readonly string[] = []): this {
    const session: Neighbor = {
      'remote-address': addresses[other[node]],
      'peer-as': 65_001,
      'session-state': 'established',
      ...neighbor,
    };
    const data: BgpData = {
      'ietf-bgp:bgp': {
        'confer-device:running': true,
        global: { as: 65_001 },
        neighbors: { neighbor: [session] },
        'loc-rib': routes(...chosen).map((route) => ({ ...route, from: addresses[other[node]] })),
      },
    };
    this.#told.add(node, { uri: resourceUri(routingPaths.bgp) }, data);
    return this;
  }

  bfd(node: Node, state: Session['local-state'], received: number): this {
    const session: Session = {
      interface: interfaces[node],
      'dest-addr': addresses[other[node]],
      'local-state': state,
      'receive-packet-count': String(received),
      'send-packet-count': '0',
    };
    const data: BfdData = { 'ietf-bfd:bfd': { 'confer-device:running': true, session: [session] } };
    this.#told.add(node, { uri: resourceUri(routingPaths.bfd) }, data);
    return this;
  }

  isis(node: Node, level: Circuit['level-type'], usage: Circuit['level-type']): this {
    const circuit: Circuit = {
      name: interfaces[node],
      'level-type': level,
      'confer-device:authentication': 'none',
      adjacency: [{ 'neighbor-sysid': other[node], state: 'up', usage }],
    };
    const data: IsisData = {
      'ietf-isis:isis': { 'confer-device:running': true, 'area-address': ['49'], interface: [circuit] },
    };
    this.#told.add(node, { uri: resourceUri(routingPaths.isis) }, data);
    return this;
  }

  found() {
    const { verdict, findings } = concludeSession({
      intent: { kind: 'bgp-session', head: 'A', neighbor: 'B' },
      paths: [pathOver('AB', 'f1'), pathOver('BA', 'r1')],
      readings: readingsOf(this.#told.envelopes),
      untrusted: [],
    });
    return { verdict, found: findings.map(({ kind, element, direction }) => ({ kind, element, direction })) };
  }
}

function routes(...prefixes: string[]) {
  return prefixes.map((prefix) => ({ prefix, origin: 'igp' as const, 'as-path': [] }));
}

const nothing = { verdict: 'NO_FAULT', found: [] };

describe('IS-IS', () => {
  it('neighbours at a level that their interfaces do not run are none', () => {
    const told = new Routers().isis('A', 'level-2', 'level-1').isis('B', 'level-1', 'level-2');
    assert.deepEqual(told.found(), {
      verdict: 'CONFIRMED',
      found: [
        { kind: 'isis-mismatch', element: { node: 'A', interface: 'ab', peer: 'B' }, direction: 'both' },
      ],
    });
  });

  it('neighbours at the level that both run are', () => {
    const told = new Routers().isis('A', 'level-all', 'level-1').isis('B', 'level-1', 'level-1');
    assert.deepEqual(told.found(), nothing);
  });

  it('such neighbours of ends that are set alike are unsettled', () => {
    const told = new Routers().isis('A', 'level-1', 'level-1').isis('B', 'level-1', 'level-2');
    assert.equal(told.found().verdict, 'INCONCLUSIVE');
  });
});

describe('BFD: B hears nothing and is down, A hears that', () => {
  const oneSided = {
    verdict: 'CONFIRMED',
    found: [
      { kind: 'single-sided-bfd', element: { node: 'A', interface: 'ab', peer: 'B' }, direction: 'forward' },
    ],
  };
  /** The first reading of either, and the last. */
  const watched = (a: readonly [Session['local-state'], number][], b: typeof a) => {
    const told = new Routers();
    for (const [index, [state, received]] of a.entries()) {
      told.bfd('A', state, received);
      const [ofB, receivedByB] = b[index] ?? ['down', 0];
      told.bfd('B', ofB, receivedByB);
    }
    return told.found();
  };
  const deaf = [
    ['down', 4],
    ['down', 4],
  ] as const satisfies [Session['local-state'], number][];

  it('and waits', () => {
    assert.deepEqual(
      watched(
        [
          ['init', 8],
          ['init', 11],
        ],
        deaf,
      ),
      oneSided,
    );
  });

  it('and has just given up waiting', () => {
    assert.deepEqual(
      watched(
        [
          ['down', 8],
          ['down', 9],
        ],
        deaf,
      ),
      oneSided,
    );
  });

  it('and counts nothing while it waits', () => {
    for (const last of ['init', 'down'] as const)
      assert.deepEqual(
        watched(
          [
            ['init', 8],
            [last, 8],
          ],
          deaf,
        ),
        oneSided,
      );
  });

  it('but nobody is accused where neither hears the other, or where both just fell silent', () => {
    assert.equal(watched([...deaf], deaf).verdict, 'INCONCLUSIVE');
    const fell: [Session['local-state'], number][] = [
      ['up', 8],
      ['down', 9],
    ];
    const silent: typeof fell = [
      ['up', 8],
      ['down', 8],
    ];
    assert.equal(watched(fell, silent).verdict, 'INCONCLUSIVE');
  });
});

describe('a policy is in force where A takes routes', () => {
  const [dropped, unreachable] = ['2001:db8:1::/48', '2001:db8:2::/48'] as const;
  const received = routes(dropped, unreachable);

  it('what it drops is told', () => {
    const told = new Routers().bgp('A', {
      'import-policy': 'p',
      'adj-rib-in-pre': received,
      'adj-rib-in-post': routes(unreachable),
    });
    assert.deepEqual(told.found(), {
      verdict: 'CONFIRMED',
      found: [
        { kind: 'policy-drop', element: { node: 'A', peer: 'B', object: dropped }, direction: 'reverse' },
      ],
    });
  });

  it('what it drops is told by what the other end sent, where A keeps no copy', () => {
    const told = new Routers()
      .bgp('A', { 'import-policy': 'p', 'adj-rib-in-post': routes(unreachable) })
      .bgp('B', { 'adj-rib-out-post': received });
    assert.deepEqual(told.found(), {
      verdict: 'CONFIRMED',
      found: [
        { kind: 'policy-drop', element: { node: 'A', peer: 'B', object: dropped }, direction: 'reverse' },
      ],
    });
  });

  it('what passes it and is not chosen for another reason is none of its', () => {
    const told = new Routers().bgp('A', {
      'import-policy': 'p',
      'adj-rib-in-pre': received,
      'adj-rib-in-post': received,
    });
    assert.deepEqual(told.found(), nothing);
  });
});
