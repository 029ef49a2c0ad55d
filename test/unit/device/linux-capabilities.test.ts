/** Which capability is missing, told from /proc/self/status. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requireCapabilities } from '../../../src/device/linux-capabilities.ts';

const netAdmin = 1n << 12n;
const netRaw = 1n << 13n;

function status({ uid = 995, effective = 0n, ambient = 0n }): string {
  const hex = (bits: bigint) => bits.toString(16).padStart(16, '0');
  return `Name:\tnode\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nCapInh:\t${hex(0n)}\nCapEff:\t${hex(effective)}\nCapAmb:\t${hex(ambient)}\n`;
}

describe('capabilities of the agent', () => {
  it('a service user with both as ambient ones, and root, may start', () => {
    requireCapabilities(status({ effective: netAdmin | netRaw, ambient: netAdmin | netRaw }));
    requireCapabilities(status({ uid: 0, effective: 0x1ffffffffffn }));
  });

  const cases: [string, Parameters<typeof status>[0], RegExp][] = [
    ['nothing', {}, /lacks CAP_NET_ADMIN to read .*, and CAP_NET_RAW to send/],
    [
      'no raw sockets',
      { effective: netAdmin, ambient: netAdmin },
      /lacks CAP_NET_RAW [^_]*confer-agent\.service/,
    ],
    ['no nftables', { effective: netRaw, ambient: netRaw }, /lacks CAP_NET_ADMIN [^_]*confer-agent\.service/],
    ['what nft would not inherit', { effective: netAdmin | netRaw }, /lacks CAP_NET_ADMIN/],
    ['a root without them, as in a container', { uid: 0, effective: 1n }, /CAP_NET_ADMIN.*CAP_NET_RAW/],
  ];
  for (const [name, given, message] of cases)
    it(`says what is missing: ${name}`, () => {
      assert.throws(() => requireCapabilities(status(given)), { code: 'device-failure', message });
    });
});
