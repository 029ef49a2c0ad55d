/** Input: a probe that a peer asks for. Output: it is sent, or refused because nothing is routed to where it would go. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkProbe } from '../../../src/core/driver-arguments.ts';
import type { Probe } from '../../../src/core/ports.ts';

const pace = { count: 1, intervalMs: 100 };
const marked = { ...pace, sizeBytes: 500, flowLabels: [1], dscp: 0 };
const routed = 'fc00:3::d';

/** The address as each kind of probe would use it. */
function probesWith(address: string): Probe[] {
  return [
    { kind: 'ping', destination: address, ...pace },
    { kind: 'ping', destination: routed, source: address, ...pace },
    { kind: 'traceroute', destination: address, hopsMax: 3 },
    { kind: 'srv6-ping', destination: address, segments: [routed], ...marked },
    { kind: 'srv6-ping', destination: routed, segments: [routed, address], ...marked },
  ];
}

describe('a probe', () => {
  for (const [what, addresses] of [
    ['to a multicast group', ['ff02::1', 'FF0E::1', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']],
    ['to nobody', ['::', '0:0:0:0:0:0:0:0', '::0.0.0.0']],
    ['to ourselves', ['::1', '0:0:0:0:0:0:0:1', '::0.0.0.1']],
    [
      'to an IPv4 address',
      ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:0:0', '0:0:0:0:0:FFFF:c000:201', '192.0.2.1'],
    ],
    ['that stays on the link', ['fe80::1', 'febf::1', 'fc00:3::1%lo']],
    ['to no address', ['', 'PE-3', 'fc00:3::g']],
  ] as const)
    it(`${what} is refused`, () => {
      for (const address of addresses)
        for (const probe of probesWith(address))
          assert.throws(
            () => checkProbe(probe),
            { code: 'bad-input', message: /an IPv6 address that is routed/ },
            JSON.stringify(probe),
          );
    });

  it('to any address that may be routed is sent, however close to one that is not', () => {
    for (const address of [
      routed,
      '2001:db8::1',
      'fec0::1',
      'fe7f::1',
      'feff::1',
      '::2',
      '::1:0:1',
      '::fffe:7f00:1',
      '1::ffff:7f00:1',
    ])
      for (const probe of probesWith(address)) checkProbe(probe);
  });
});
