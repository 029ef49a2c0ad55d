import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Heard, HeardNode } from '../../../discovery/beacon.ts';
import { isDecodeError } from '../../../discovery/bytes.ts';
import {
  decodeRelay,
  encodeRelay,
  judgeRelayed,
  offerRelayed,
  type RelayMessage,
  relayHopsMax,
  relayOffersMax,
} from '../../../discovery/relay.ts';
import { signed } from './advertise.ts';

const message = (changes: Partial<RelayMessage> = {}): RelayMessage => ({
  hops: 1,
  remainingLifetimeS: 100,
  signed: signed('PE-3'),
  ...changes,
});

const heard = (...nodes: Partial<HeardNode>[]): Heard => ({
  neighbours: [],
  nodes: nodes.map((node) => ({
    node: 'PE-3',
    advertisement: signed('PE-3', { lifetimeS: 100 }),
    source: 'relay',
    ageMs: 0,
    authenticated: false,
    ...node,
  })),
});

describe('relayed advertisements', () => {
  it('are offered one hop further, and older by their age and a second', () => {
    const own = signed('P-2', { lifetimeS: 60 });
    const offers = offerRelayed(own, heard({ hops: 2, ageMs: 9_500 }));
    assert.deepEqual(
      offers.map(({ hops, remainingLifetimeS, signed }) => [
        signed.advertisement.node,
        hops,
        remainingLifetimeS,
      ]),
      [
        ['P-2', 1, 60],
        ['PE-3', 3, 89],
      ],
    );
  });

  it('are not offered beyond the hop limit, after their life, or without bound', () => {
    assert.deepEqual(offerRelayed(undefined, heard({ hops: relayHopsMax })), []);
    assert.deepEqual(offerRelayed(undefined, heard({ ageMs: 100_000 })), []);
    const crowd = Array.from({ length: relayOffersMax + 10 }, () => ({}));
    assert.equal(offerRelayed(undefined, heard(...crowd)).length, relayOffersMax);
  });

  it('end at the hop limit, at the end of their life, and at their origin', () => {
    assert.equal(judgeRelayed(message(), 'PE-1'), 'accepted');
    assert.equal(judgeRelayed(message({ hops: relayHopsMax + 1 }), 'PE-1'), 'hop-limit');
    assert.equal(judgeRelayed(message({ hops: 0 }), 'PE-1'), 'hop-limit');
    assert.equal(judgeRelayed(message({ remainingLifetimeS: 0 }), 'PE-1'), 'expired');
    assert.equal(judgeRelayed(message(), 'PE-3'), 'own');
  });

  it('travel as bytes and come back the same; garbage is told as such', () => {
    const decoded = decodeRelay(encodeRelay(message({ hops: 7 })));
    assert.ok(!isDecodeError(decoded));
    assert.deepEqual([decoded.hops, decoded.remainingLifetimeS], [7, 100]);
    assert.deepEqual(decoded.signed.bytes, message().signed.bytes);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const result = decodeRelay(bytes);
        return isDecodeError(result) || result.signed.bytes.length > 0;
      }),
    );
  });
});
