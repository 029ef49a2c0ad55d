/** Paths from forwarding tables. Input: routes of the nodes that answer. Output: paths that use every link once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyReadings, type NodeReadings, type Route } from '../../../src/collaboration/readings.ts';
import { tracePaths } from '../../../src/collaboration/trace.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Path } from '../../../src/core/records.ts';
import { directory } from './world.ts';

/** Links as "A-B"; node names are single words; SIDs are fc00:INDEX::e and ::d. */
class Net {
  readonly names: string[];
  readonly links: [string, string][];
  readonly #routes = new Map<string, Route[]>();
  readonly silent = new Set<string>();
  /** Links that nobody announces any more. */
  readonly forgotten = new Set<string>();
  /** Neighbours that somebody made a node believe in, "A-D". */
  readonly claimed = new Set<string>();

  constructor(links: string) {
    this.links = links.split(' ').map((link) => link.split('-') as [string, string]);
    this.names = [...new Set(this.links.flat())];
  }

  sid(node: string, kind: 'e' | 'd' = 'd'): string {
    return `fc00:${this.names.indexOf(node) + 1}::${kind}`;
  }

  address(node: string, peer: string): string {
    const index = this.links.findIndex((link) => link.includes(node) && link.includes(peer));
    return `2001:db8:${index + 1}::${this.names.indexOf(node) + 1}`;
  }

  /** "A: B via C,D" = towards B, A's next hops are C and D; "A: B/128 via C" = only towards B's last SID. */
  route(text: string): this {
    const [, node = '', target = '', host, hops = ''] = /^(\w+): (\w+)(\/128)? via (.*)$/.exec(text) ?? [];
    const whole = `fc00:${this.names.indexOf(target) + 1}::/32`;
    const prefix = host === undefined ? whole : `${this.sid(target)}/128`;
    const routes = hops.split(',').map((hop) => ({
      'destination-prefix': prefix,
      'next-hop': { 'outgoing-interface': `${node}${hop}`, 'next-hop-address': this.address(hop, node) },
    }));
    this.#routes.set(node, [...(this.#routes.get(node) ?? []), ...routes]);
    return this;
  }

  async trace(nodes: string): Promise<Path[]> {
    const announced = this.names.map((name) => ({
      name,
      addresses: [
        `fc00:${this.names.indexOf(name) + 1}::1`,
        ...this.#peers(name).map((peer) => this.address(name, peer)),
      ],
      neighbours: [
        ...this.#peers(name),
        ...this.names.filter((peer) => this.claimed.has(`${name}-${peer}`)),
      ].filter((peer) => !this.forgotten.has(`${name}-${peer}`) && !this.forgotten.has(`${peer}-${name}`)),
      sids: { end: this.sid(name, 'e'), decapsulate: this.sid(name, 'd') },
    }));
    const [self = { name: '' }, ...others] = announced;
    const state = async (node: string) => (this.silent.has(node) ? undefined : this.#state(node));
    return tracePaths(nodes.split(' '), 'forward', { directory: directory(self, others), state });
  }

  #peers(node: string): string[] {
    return this.links.filter((link) => link.includes(node)).map(([a, b]) => (a === node ? b : a));
  }

  #state(node: string): NodeReadings {
    const none = { 'in-octets': '0', 'in-pkts': '0', 'in-discards': '0', 'in-errors': '0' };
    const statistics = {
      ...none,
      'out-octets': '0',
      'out-pkts': '0',
      'out-discards': '0',
      'out-errors': '0',
    };
    const value = this.#peers(node).map((peer) => ({
      name: `${node}${peer}`,
      'admin-status': 'up' as const,
      'oper-status': 'up' as const,
      'ietf-ip:ipv6': {
        mtu: 1_500,
        address: [
          { ip: `fe80::${this.names.indexOf(node) + 1}`, 'prefix-length': 64 },
          { ip: this.address(node, peer), 'prefix-length': 64 },
        ],
      },
      statistics,
    }));
    const sids = { end: this.sid(node, 'e'), decapsulate: this.sid(node, 'd') };
    const device = { node, system: 's', address: '::1', locator: 'fc00::/32', sids };
    return {
      ...emptyReadings(),
      device: { id: 'e1', value: device },
      interfaces: [{ id: 'e2', value }],
      routes: { id: 'e3', value: this.#routes.get(node) ?? [] },
    };
  }
}

const shown = (paths: readonly Path[]) => paths.map(({ nodes }) => nodes.join(' ')).sort();

function line(): Net {
  return new Net('A-B B-C C-D')
    .route('A: C via B')
    .route('A: D via B')
    .route('B: D via C')
    .route('C: D via D')
    .route('B: C via C');
}

function diamond(): Net {
  return new Net('A-B A-C B-D C-D').route('A: D via B,C').route('B: D via D').route('C: D via D');
}

describe('the trace', () => {
  it('follows the forwarding tables, with the interfaces of both ends', async () => {
    const [path, ...others] = await line().trace('A D');
    assert.deepEqual(others, []);
    assert.deepEqual(path, {
      id: 'f1',
      direction: 'forward',
      nodes: ['A', 'B', 'C', 'D'],
      hops: [
        { from: 'A', egress: 'AB', to: 'B', ingress: 'BA' },
        { from: 'B', egress: 'BC', to: 'C', ingress: 'CB' },
        { from: 'C', egress: 'CD', to: 'D', ingress: 'DC' },
      ],
      segments: ['fc00:4::d'],
    });
  });

  it('goes over the SIDs of the via nodes', async () => {
    const [path] = await line().trace('A C D');
    assert.deepEqual(path?.segments, ['fc00:3::e', 'fc00:4::d']);
  });

  it('takes the longest prefix', async () => {
    assert.deepEqual(shown(await diamond().route('A: D/128 via C').trace('A D')), ['A C D']);
  });

  it('uses every equal-cost link, each pinned by the SID behind it', async () => {
    const paths = await diamond().trace('A D');
    assert.deepEqual(shown(paths), ['A B D', 'A C D']);
    assert.deepEqual(paths.map(({ segments }) => segments).sort(), [
      ['fc00:2::e', 'fc00:4::d'],
      ['fc00:3::e', 'fc00:4::d'],
    ]);
  });

  it('covers a wide fabric with few paths, and is bounded', async () => {
    const wide = Array.from({ length: 12 }, (_, index) => `S${index}`);
    const net = new Net(
      [
        ...wide.map((spine) => `A-${spine}`),
        ...wide.map((spine) => `${spine}-M`),
        ...['X', 'Y', 'W'].flatMap((leaf) => [`M-${leaf}`, `${leaf}-Z`]),
      ].join(' '),
    );
    net.route(`A: Z via ${wide.join(',')}`).route('M: Z via X,Y,W');
    for (const spine of wide) net.route(`${spine}: Z via M`);
    for (const leaf of ['X', 'Y', 'W']) net.route(`${leaf}: Z via Z`);
    const paths = await net.trace('A Z');
    const links = new Set(paths.flatMap(({ hops }) => hops.map(({ from, to }) => `${from} ${to}`)));
    assert.equal(links.size, 12 + 12 + 3 + 3);
    assert.ok(paths.length <= limits.pathsMax);
  });

  it('goes on behind a silent node, over every neighbour nearer to the tail', async () => {
    const net = new Net('A-B B-C B-D C-E D-E').route('A: E via B').route('C: E via E').route('D: E via E');
    net.silent.add('B');
    const paths = await net.trace('A E');
    assert.deepEqual(shown(paths), ['A B C E', 'A B D E']);
    assert.deepEqual(paths[0]?.segments, ['fc00:3::e', 'fc00:5::d']);
    assert.deepEqual(paths[0]?.hops[0], { from: 'A', egress: 'AB', to: 'B', ingress: '' });
    assert.deepEqual(paths[0]?.hops[1], { from: 'B', egress: '', to: 'C', ingress: 'CB' });
  });

  it('keeps the branch of an equal-cost group that ends at a silent or routeless node', async () => {
    const silent = diamond();
    silent.silent.add('C');
    assert.deepEqual(shown(await silent.trace('A D')), ['A B D', 'A C D']);
    const routeless = new Net('A-B A-C B-D C-D').route('A: D via B,C').route('B: D via D');
    assert.deepEqual(shown(await routeless.trace('A D')), ['A B D', 'A C D']);
  });

  it('ends in a loop, and names the way that packets should take', async () => {
    const net = new Net('A-B B-C C-D').route('A: D via B').route('B: D via A').route('C: D via D');
    const [path] = await net.trace('A D');
    assert.deepEqual(path?.nodes, ['A', 'B', 'C', 'D']);
  });

  it('goes on behind a router without a route where packets come back to it, whatever is announced', async () => {
    const ring = new Net('A-B B-C C-D D-E E-F F-A')
      .route('A: D via B')
      .route('C: D via D')
      .route('D: B via C')
      .route('C: B via B');
    ring.forgotten.add('B-C');
    const [path, ...others] = await ring.trace('A D');
    assert.deepEqual(others, []);
    assert.deepEqual(path?.nodes, ['A', 'B', 'C', 'D']);
    assert.deepEqual(path?.hops[1], { from: 'B', egress: 'BC', to: 'C', ingress: 'CB' });
  });

  it('leaves a way that ends in a loop, at the router that sent packets there', async () => {
    const net = new Net('A-B B-X B-C C-D')
      .route('A: D via B')
      .route('B: D via X')
      .route('X: D via B')
      .route('C: D via D')
      .route('D: B via C')
      .route('C: B via B');
    assert.deepEqual(shown(await net.trace('A D')), ['A B C D']);
    net.route('X: B via B');
    assert.deepEqual(shown(await net.trace('A D')), ['A B C D']);
  });

  it('does not go on from a router that is led back to, though it has a neighbour that lies nearer', async () => {
    const net = new Net('A-B B-X B-C C-D X-D')
      .route('A: D via B')
      .route('B: D via X')
      .route('X: D via B')
      .route('C: D via D')
      .route('D: B via C')
      .route('C: B via B')
      .route('D: X via C')
      .route('C: X via B')
      .route('B: X via X');
    assert.deepEqual(shown(await net.trace('A D')), ['A B C D']);
  });

  it('takes no way over neighbours that share no link', async () => {
    const net = new Net('A-B B-C').route('C: B via B').route('C: A via B').route('B: A via C');
    net.route('A: B via B').route('A: C via B').claimed.add('C-A');
    const [path, ...others] = await net.trace('C B A');
    assert.deepEqual(others, []);
    assert.deepEqual(path?.nodes, ['C', 'B', 'A']);
  });

  it('pins no packet behind a router without a route, which must see the SID that it has no route to', async () => {
    const net = new Net('A-B A-C B-X B-Y C-X X-D Y-D')
      .route('A: D via B,C')
      .route('C: D via X')
      .route('X: D via D')
      .route('Y: D via D')
      .route('D: B via X,Y')
      .route('X: B via B')
      .route('Y: B via B');
    const paths = await net.trace('A D');
    assert.deepEqual(shown(paths), ['A B X D', 'A B Y D', 'A C X D']);
    const [b, c, d] = [net.sid('B', 'e'), net.sid('C', 'e'), net.sid('D')];
    assert.deepEqual(paths.map(({ segments }) => segments.join(' ')).sort(), [
      `${b} ${d}`,
      `${b} ${d}`,
      `${c} ${d}`,
    ]);
  });

  it('has only the announced adjacencies when nobody answers', async () => {
    const net = line();
    for (const name of net.names) net.silent.add(name);
    const [path, ...others] = await net.trace('A D');
    assert.deepEqual(others, []);
    assert.deepEqual(path?.nodes, ['A', 'B', 'C', 'D']);
    assert.equal(path?.segments.at(-1), 'fc00:4::d');
  });

  it('steps past a node whose adjacency is forgotten, never back over nodes that it has passed', async () => {
    const ring = new Net('A-B B-C C-D D-E E-F F-A').route('D: C via C').route('C: B via B');
    ring.silent.add('B');
    ring.forgotten.add('A-B');
    const [path] = await ring.trace('D C B A');
    assert.deepEqual(path?.nodes, ['D', 'C', 'B', 'A']);
    assert.deepEqual(path?.hops.at(-1), { from: 'B', egress: '', to: 'A', ingress: 'AB' });
  });

  it('follows 64 hops, as far as packets go', async () => {
    const links = Array.from({ length: 64 }, (_, index) => `N${index}-N${index + 1}`);
    const [path, ...others] = await new Net(links.join(' ')).trace('N0 N32 N64');
    assert.deepEqual(others, []);
    assert.equal(path?.hops.length, 64);
  });

  it('is never longer than what can be measured, whatever tables and announcements say', async () => {
    const names = Array.from({ length: limits.pathNodesMax + 9 }, (_, index) => `N${index}`);
    const longLine = () =>
      new Net(
        names
          .slice(1)
          .map((name, index) => `${names[index]}-${name}`)
          .join(' '),
      );
    const [mute, talking] = [longLine(), longLine()];
    for (const name of names) mute.silent.add(name);
    for (const tail of [limits.pathNodesMax - 1, names.length - 1])
      for (const [index, name] of names.slice(0, tail).entries())
        talking.route(`${name}: N${tail} via N${index + 1}`);
    for (const net of [mute, talking]) {
      const [longest, ...others] = await net.trace(`N0 N${limits.pathNodesMax - 1}`);
      assert.deepEqual(others, []);
      assert.equal(longest?.nodes.length, limits.pathNodesMax);
      assert.deepEqual(shown(await net.trace(`N0 N7 N${names.length - 1}`)), [`N0 N7 N${names.length - 1}`]);
    }
  });

  it('takes one direct step to a tail that nobody neighbours', async () => {
    const net = new Net('A-B C-D');
    const [path] = await net.trace('A D');
    assert.deepEqual(path?.nodes, ['A', 'D']);
  });
});
