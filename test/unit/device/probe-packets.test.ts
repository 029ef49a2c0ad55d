import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { probeBytesMin } from '../../../src/core/driver-arguments.ts';
import {
  addressBytes,
  addressText,
  buildProbe,
  flowInformation,
  type ProbePacket,
  readAnswer,
  setSequence,
} from '../../../src/device/probe-packets.ts';

const probe: ProbePacket = {
  source: 'fc00:1::1',
  destination: 'fc00:3::1',
  segments: ['fc00:2::e', 'fc00:3::d'],
  flowLabel: 0xabcde,
  dscp: 10,
  hopLimit: 64,
  identifier: 0x7dec,
  sequence: 0,
  sizeBytes: 200,
};

const address = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => addressText(Buffer.from(bytes)));
const anyProbe = fc
  .record({
    source: address,
    destination: address,
    segments: fc.array(address, { maxLength: 12 }),
    flowLabel: fc.nat(0xfffff),
    dscp: fc.nat(63),
    hopLimit: fc.nat(255),
    identifier: fc.nat(0xffff),
    sequence: fc.nat(0xffff),
    extraBytes: fc.nat(301),
  })
  .map(({ extraBytes, ...rest }) => ({
    ...rest,
    sizeBytes: probeBytesMin(rest.segments.length) + extraBytes,
  }));

describe('probe packets', () => {
  test('H.Encaps with an SRH, octet by octet (RFC 8754 section 2, RFC 8200 section 3)', () => {
    const packet = buildProbe(probe);
    const text = packet.toString('hex');
    assert.equal(packet.length, 200);
    const outer = `628abcde00a02b40${hex('fc00:1::1')}${hex('fc00:2::e')}`;
    // Next header 41, 32 octets beyond the first 8, type 4, one segment left, last entry 1, last SID first.
    const srh = `2904040101000000${hex('fc00:3::d')}${hex('fc00:2::e')}`;
    const inner = `628abcde00503a40${hex('fc00:1::1')}${hex('fc00:3::1')}`;
    assert.equal(text.slice(0, 80), outer);
    assert.equal(text.slice(80, 160), srh);
    assert.equal(text.slice(160, 240), inner);
    // Echo request, code 0; the checksum has its property below.
    assert.equal(text.slice(240, 244), '8000');
    assert.equal(text.slice(248, 256), '7dec0000');
  });

  test('the smallest sizes', () => {
    assert.equal(probeBytesMin(0), 48);
    assert.equal(probeBytesMin(2), 128);
    assert.equal(buildProbe({ ...probe, segments: [], sizeBytes: 48 }).length, 48);
  });

  test('property: the ICMPv6 checksum holds, also after the sequence number has changed', () => {
    fc.assert(
      fc.property(anyProbe, fc.array(fc.nat(0xffff), { maxLength: 5 }), (each, sequences) => {
        const packet = buildProbe(each);
        assert.ok(checksumHolds(packet, each));
        for (const sequence of sequences) setSequence(packet, each.segments.length, sequence);
        assert.ok(checksumHolds(packet, each));
        const sequence = sequences.at(-1) ?? each.sequence;
        const expected = buildProbe({ ...each, sequence });
        const at = probeBytesMin(each.segments.length) - 8;
        // 0x0000 and 0xffff are the same sum in one's complement.
        if (expected.readUInt16BE(at + 2) !== 0xffff && packet.readUInt16BE(at + 2) !== 0xffff)
          assert.deepEqual(packet, expected);
      }),
    );
  });

  test('property: the probe is found again inside an ICMPv6 error', () => {
    fc.assert(
      fc.property(anyProbe, fc.nat(70_000), (each, mtuBytes) => {
        const error = Buffer.alloc(8);
        error[0] = 2;
        error.writeUInt32BE(mtuBytes, 4);
        const { identifier, sequence } = each;
        const invoking = buildProbe(each);
        assert.deepEqual(readAnswer(Buffer.concat([error, invoking])), {
          kind: 'too-big',
          identifier,
          sequence,
          mtuBytes,
        });
        const cut = probeBytesMin(each.segments.length) - 1;
        assert.equal(readAnswer(Buffer.concat([error, invoking.subarray(0, cut)])), undefined);
      }),
    );
  });

  test('property: no octets make it throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readAnswer(Buffer.from(bytes))));
  });

  test('reads echo replies, time exceeded and unreachable; nothing else', () => {
    const reply = Buffer.from('81000000123400ff', 'hex');
    assert.deepEqual(readAnswer(reply), { kind: 'reply', identifier: 0x1234, sequence: 0xff });
    const invoking = buildProbe({ ...probe, segments: [], sizeBytes: 48 });
    const of = (type: number) =>
      readAnswer(Buffer.concat([Buffer.from([type, 0, 0, 0, 0, 0, 0, 0]), invoking]));
    assert.equal(of(1)?.kind, 'unreachable');
    assert.equal(of(3)?.kind, 'time-exceeded');
    assert.equal(of(4), undefined);
    assert.equal(of(128), undefined);
  });

  test('property: addresses keep their value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        assert.deepEqual(addressBytes(addressText(Buffer.from(bytes))), Buffer.from(bytes));
      }),
    );
  });

  test('addresses in every text form of RFC 4291 section 2.2', () => {
    assert.equal(hex('::'), '0'.repeat(32));
    assert.equal(hex('1:2:3:4:5:6:7:8'), '00010002000300040005000600070008');
    assert.equal(hex('1::8'), '00010000000000000000000000000008');
    assert.equal(hex('::ffff:192.0.2.1'), '00000000000000000000ffffc0000201');
    for (const wrong of ['', '1.2.3.4', 'fe80::1%eth0', '1::2::3', 'x']) {
      assert.throws(() => addressBytes(wrong), TypeError);
    }
  });

  test('traffic class and flow label share a word', () => {
    assert.equal(flowInformation(63, 0xfffff).toString(16), 'fcfffff');
  });
});

function hex(text: string): string {
  return addressBytes(text).toString('hex');
}

/** RFC 4443 section 2.3, summed in another way than the code does: all 16-bit words, the checksum's own among them. */
function checksumHolds(packet: Buffer, { source, destination, segments }: ProbePacket): boolean {
  const message = packet.subarray(probeBytesMin(segments.length) - 8);
  const length = Buffer.alloc(8);
  length.writeUInt32BE(message.length, 0);
  length[7] = 58;
  const padding = Buffer.alloc(message.length % 2);
  const all = Buffer.concat([addressBytes(source), addressBytes(destination), length, message, padding]);
  let sum = 0n;
  for (let at = 0; at < all.length; at += 2) sum += BigInt(all.readUInt16BE(at));
  return sum % 0xffffn === 0n;
}
