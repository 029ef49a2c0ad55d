import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isDecodeError } from '../../../discovery/bytes.ts';
import { decodeRelay, encodeRelay, Relay, type RelayMessage } from '../../../discovery/relay.ts';
import { signed } from './advertise.ts';

const message = (changes: Partial<RelayMessage> = {}): RelayMessage => ({
  hops: 1,
  remainingLifetimeS: 100,
  signed: signed('PE-3'),
  ...changes,
});

describe('relayed advertisements', () => {
  it('go on to everybody but the sender, one hop further and a second shorter, once', () => {
    const relay = new Relay('P-2');
    const receipt = relay.receive(message(), 'PE-3', ['PE-1', 'PE-3', 'PE-4'], 0);
    assert.deepEqual([receipt.outcome, receipt.forwardTo], ['accepted', ['PE-1', 'PE-4']]);
    assert.deepEqual([receipt.forward?.hops, receipt.forward?.remainingLifetimeS], [2, 99]);
    assert.equal(relay.receive(message(), 'PE-4', ['PE-1', 'PE-3'], 0).outcome, 'duplicate');
  });

  it('only newer ones replace, until the old one has expired', () => {
    const relay = new Relay('P-2');
    relay.receive(message({ signed: signed('PE-3', { sequence: 5 }) }), 'PE-3', [], 0);
    assert.equal(
      relay.receive(message({ signed: signed('PE-3', { sequence: 4 }) }), 'PE-3', [], 0).outcome,
      'older',
    );
    assert.equal(
      relay.receive(message({ signed: signed('PE-3', { sequence: 6 }) }), 'PE-3', [], 0).outcome,
      'accepted',
    );
    assert.equal(
      relay.receive(message({ signed: signed('PE-3', { sequence: 1 }) }), 'PE-3', [], 100_000).outcome,
      'accepted',
    );
  });

  it('end at the hop limit, at the end of their life, and at their origin', () => {
    const relay = new Relay('P-2', { hopsMax: 3, entriesMax: 10 });
    assert.equal(relay.receive(message({ hops: 4 }), 'PE-3', ['PE-1'], 0).outcome, 'hop-limit');
    assert.equal(relay.receive(message({ hops: 0 }), 'PE-3', ['PE-1'], 0).outcome, 'hop-limit');
    const last = relay.receive(message({ hops: 3 }), 'PE-3', ['PE-1'], 0);
    assert.deepEqual([last.outcome, last.forward, last.forwardTo], ['accepted', undefined, []]);
    assert.equal(relay.receive(message({ remainingLifetimeS: 0 }), 'PE-3', ['PE-1'], 0).outcome, 'expired');
    assert.equal(relay.receive(message({ signed: signed('P-2') }), 'PE-3', ['PE-1'], 0).outcome, 'own');
  });

  it('are offered to a peer that comes up, as long as they live', () => {
    const relay = new Relay('P-2');
    relay.receive(message(), 'PE-3', [], 0);
    assert.deepEqual(
      relay.offer(50_000).map(({ hops, remainingLifetimeS }) => [hops, remainingLifetimeS]),
      [[2, 49]],
    );
    relay.age(100_000);
    assert.deepEqual([relay.size, relay.offer(100_000)], [0, []]);
  });

  it('are bounded', () => {
    const relay = new Relay('P-2', { hopsMax: 3, entriesMax: 10 });
    for (let at = 0; at < 100; at++) relay.receive(message({ signed: signed(`N${at}`) }), 'PE-3', [], at);
    assert.equal(relay.size, 10);
  });

  it('reach everybody in any network, and then it is quiet', () => {
    const links = fc.uniqueArray(fc.tuple(fc.nat(9), fc.nat(9)), { minLength: 5, maxLength: 25 });
    fc.assert(
      fc.property(links, (pairs) => {
        const peersOf = (node: number): string[] => [
          ...new Set(
            pairs.flatMap(([a, b]) => (a === b ? [] : a === node ? [`N${b}`] : b === node ? [`N${a}`] : [])),
          ),
        ];
        const relays = Array.from({ length: 10 }, (_, node) => new Relay(`N${node}`));
        const accepted = new Set<string>(['N0']);
        let queue = peersOf(0).map((to) => ({ from: 'N0', to, sent: message({ signed: signed('N0') }) }));
        let delivered = 0;
        while (queue.length > 0) {
          const next: typeof queue = [];
          for (const { from, to, sent } of queue) {
            assert.ok(++delivered <= 2 * pairs.length + 10, 'more messages than two for each link');
            const at = Number(to.slice(1));
            const { outcome, forward, forwardTo } =
              relays[at]?.receive(sent, from, peersOf(at), 0) ?? assert.fail();
            if (outcome === 'accepted') accepted.add(to);
            if (forward) next.push(...forwardTo.map((peer) => ({ from: to, to: peer, sent: forward })));
          }
          queue = next;
        }
        assert.deepEqual([...accepted].sort(), reachable(peersOf).sort());
      }),
      { numRuns: 50 },
    );
  });

  it('come back from their encoding, and hostile bytes are values', () => {
    const decoded = decodeRelay(encodeRelay(message({ hops: 7, remainingLifetimeS: 600 })));
    assert.deepEqual(decoded, message({ hops: 7, remainingLifetimeS: 600 }));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => isDecodeError(decodeRelay(bytes))));
  });
});

function reachable(peersOf: (node: number) => string[]): string[] {
  const found = new Set(['N0']);
  for (const node of found) for (const peer of peersOf(Number(node.slice(1)))) found.add(peer);
  return [...found];
}
