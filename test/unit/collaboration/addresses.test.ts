/** Addresses and prefixes: the same verdict as node:net's BlockList, for what is an address and for what is none. */
import assert from 'node:assert/strict';
import { BlockList, isIPv6 } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressText } from '../../../discovery/address.ts';
import { contains, isLinkLocal, sameAddress } from '../../../src/collaboration/addresses.ts';

/** Near each other, so that prefixes hold some of them; in several spellings. */
const octets = fc.uint8Array({ minLength: 16, maxLength: 16, max: 1 });
const spelled = fc.tuple(octets, fc.constantFrom('short', 'long', 'zone')).map(([bytes, how]) => {
  if (how !== 'long') return addressText(bytes) + (how === 'zone' ? '%eth0' : '');
  return Buffer.from(bytes)
    .toString('hex')
    .toUpperCase()
    .replace(/(.{4})(?=.)/g, '$1:');
});
const address = fc.oneof(
  { weight: 9, arbitrary: spelled },
  fc.constantFrom('', 'fe80', '192.0.2.1', '::1::'),
);

function byBlockList(network: string, bits: number, one: string): boolean {
  if (!isIPv6(network) || !isIPv6(one) || bits > 128) return false;
  const block = new BlockList();
  block.addSubnet(network, bits, 'ipv6');
  return block.check(one, 'ipv6');
}

describe('addresses', () => {
  it('lie in a prefix whose first bits they share', () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 130 }), address, (network, bits, one) => {
        assert.equal(contains(`${network}/${bits}`, one), byBlockList(network, bits, one));
      }),
      { numRuns: 2_000 },
    );
  });

  it('are the same in every spelling', () => {
    fc.assert(
      fc.property(address, address, (one, other) => {
        assert.equal(sameAddress(one, other), byBlockList(one, 128, other));
        assert.equal(sameAddress(one, one), isIPv6(one));
      }),
      { numRuns: 500 },
    );
  });

  it('are link-local in fe80::/10 alone', () => {
    for (const one of ['fe80::', 'FE80::1', 'febf::1', 'fe80::1%eth0']) assert.equal(isLinkLocal(one), true);
    for (const one of ['fec0::', 'fe7f::', 'ff02::1', '::', 'fe80', ''])
      assert.equal(isLinkLocal(one), false);
  });
});
