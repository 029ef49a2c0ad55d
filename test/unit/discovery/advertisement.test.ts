import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressBytes, addressText } from '../../../discovery/address.ts';
import {
  type Advertisement,
  AdvertisementError,
  decodeSigned,
  encodeAdvertisement,
  encodeSigned,
  payloadBytesMax,
  signAdvertisement,
  verifyAdvertisement,
} from '../../../discovery/advertisement.ts';
import { isDecodeError } from '../../../discovery/bytes.ts';
import { advertisementOf, signed, verifyBytes } from './advertise.ts';

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,20}$/);
const address = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(addressText);
export const advertisements: fc.Arbitrary<Advertisement> = fc.record({
  node: name,
  host: fc.oneof(fc.ipV4(), address),
  port: fc.integer({ min: 1, max: 65535 }),
  capabilities: fc.uniqueArray(name, { maxLength: 10 }),
  thumbprint: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  sequence: fc.integer({ min: 0, max: 0xffffffff }),
  lifetimeS: fc.integer({ min: 0, max: 0xffff }),
});

describe('the signed advertisement (T21)', () => {
  it('comes back as it was sent, within one LLDP TLV', () => {
    fc.assert(
      fc.property(advertisements, (advertisement) => {
        const sent = signAdvertisement({ ...advertisement }, () => new Uint8Array(64).fill(7));
        const payload = encodeSigned(sent);
        assert.ok(payload.length <= payloadBytesMax);
        const received = decodeSigned(payload);
        assert.ok(!isDecodeError(received));
        assert.deepEqual(received, sent);
      }),
    );
  });

  it('is signed under its own type, so that the signature means nothing elsewhere', () => {
    const text = new TextDecoder('latin1').decode(signed('PE-1').bytes);
    assert.match(text, /^DSSEv1 36 application\/vnd\.confer\.advertisement \d+ /);
  });

  it('verifies, and no single flipped bit does', () => {
    const payload = encodeSigned(signed('PE-1'));
    const received = decodeSigned(payload);
    assert.ok(!isDecodeError(received) && verifyAdvertisement(received, verifyBytes));
    for (let bit = 0; bit < payload.length * 8; bit += 3) {
      const changed = Uint8Array.from(payload);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const decoded = decodeSigned(changed);
      assert.ok(isDecodeError(decoded) || !verifyAdvertisement(decoded, verifyBytes), `bit ${bit}`);
    }
  });

  it('does not verify with contents that are not the signed bytes', () => {
    const genuine = signed('PE-1');
    const swapped = { ...genuine, advertisement: advertisementOf('PE-1', { port: 1 }) };
    assert.equal(verifyAdvertisement(swapped, verifyBytes), false);
  });

  it('answers hostile bytes with a value, never an exception (threat 3)', () => {
    const payload = encodeSigned(signed('PE-1'));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        decodeSigned(bytes);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(
        fc.nat(payload.length - 1),
        fc.nat(255),
        fc.oneof(fc.nat(payload.length), fc.constant(payload.length)),
        (at, octet, length) => {
          const changed = Uint8Array.from(payload);
          changed[at] = octet;
          const decoded = decodeSigned(changed.subarray(0, length));
          // Whatever is accepted has one encoding only.
          if (!isDecodeError(decoded)) assert.deepEqual(encodeSigned(decoded), changed.subarray(0, length));
        },
      ),
      { numRuns: 2000 },
    );
    for (let length = 0; length < payload.length; length++) {
      assert.ok(isDecodeError(decodeSigned(payload.subarray(0, length))), `cut to ${length}`);
    }
    assert.ok(isDecodeError(decodeSigned(Uint8Array.of(...payload, 0))));
  });

  it('refuses what cannot be said, and says what to correct', () => {
    const wrong: Partial<Advertisement>[] = [
      { node: '' },
      { node: 'PE 1' },
      { node: 'x'.repeat(64) },
      { node: 'PE-1\n2' },
      { host: 'router.example' },
      { host: 'fe80::1%eth0' },
      { port: 0 },
      { port: 65536 },
      { thumbprint: new Uint8Array(31) },
      { sequence: -1 },
      { sequence: 2 ** 32 },
      { lifetimeS: 65536 },
      { lifetimeS: 1.5 },
      { capabilities: ['a', 'a'] },
      { capabilities: ['<b>'] },
    ];
    for (const change of wrong) {
      assert.throws(
        () => encodeAdvertisement(advertisementOf('PE-1', change)),
        (error) => error instanceof AdvertisementError && error.code === 'invalid-advertisement',
        JSON.stringify(change),
      );
    }
    const capabilities = Array.from({ length: 10 }, (_, at) => `${'c'.repeat(50)}${at}`);
    assert.throws(() => encodeAdvertisement(advertisementOf('PE-1', { capabilities })), /fewer or shorter/);
  });
});

describe('addresses', () => {
  it('read in the form of RFC 5952', () => {
    const canonical = [
      ['::', '::'],
      ['::1', '::1'],
      ['FC00:0:0:0:0:0:0:1', 'fc00::1'],
      ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
      ['fc00:2::', 'fc00:2::'],
      ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
      ['192.0.2.1', '192.0.2.1'],
    ];
    for (const [literal = '', expected] of canonical) {
      assert.equal(addressText(addressBytes(literal) ?? new Uint8Array()), expected);
    }
    assert.equal(addressBytes('fe80::1%eth0'), undefined);
    assert.equal(addressBytes('1.2.3'), undefined);
  });

  it('keep their bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(0xffff), (bytes, zeroed) => {
        for (let at = 0; at < 16; at++) if (zeroed & (1 << at)) bytes[at] = 0;
        assert.deepEqual(addressBytes(addressText(bytes)), bytes);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.ipV6(), (literal) => addressBytes(literal)?.length === 16));
  });
});
