/** LLDP frames and IS-IS PDUs: round trips, hostile bytes, and the opinion of tshark. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeSigned } from '../../../discovery/advertisement.ts';
import { isDecodeError } from '../../../discovery/bytes.ts';
import { privateCodepoints } from '../../../discovery/codepoints.ts';
import { frameKind, sourceAddress } from '../../../discovery/ethernet.ts';
import {
  decodeLspFrame,
  encodeLspFrame,
  fletcherHolds,
  type Lsp,
  lspBytesMax,
  makeLsp,
  purgeOf,
  withRemainingLifetime,
} from '../../../discovery/isis.ts';
import {
  type Contents,
  decodeContents,
  encodeContents,
  joinContents,
} from '../../../discovery/isis-contents.ts';
import { type LinkState, systemIdOf } from '../../../discovery/link-state.ts';
import { decodeLldp, encodeLldp } from '../../../discovery/lldp.ts';
import { signed } from './advertise.ts';

const source = sourceAddress('PE-1', 'pe1-p2');
const payload = encodeSigned(signed('PE-1'));
const lldpFrame = {
  source,
  chassisId: 'PE-1',
  portId: 'pe1-p2',
  ttlS: 120,
  systemName: 'PE-1',
  managementAddress: 'fc00:1::1',
  payload,
};
const linkState: LinkState = {
  hostname: 'PE-1',
  addresses: ['192.0.2.1', 'fc00:1::1', 'fc00:12::1'],
  neighbours: [{ systemId: systemIdOf('P-2') }],
  locator: 'fc00:1::/64',
  sids: [
    { sid: 'fc00:1::e', behavior: 'End' },
    { sid: 'fc00:1::d6', behavior: 'End.DT6' },
    { sid: 'fc00:1::77', behavior: 'behavior-77' },
  ],
};
const many: LinkState = {
  hostname: 'PE-1',
  addresses: Array.from({ length: 100 }, (_, at) => `fc00:${(at + 1).toString(16)}::1`),
  neighbours: Array.from({ length: 300 }, (_, at) => ({ systemId: systemIdOf(`R${at}`) })),
  locator: 'fc00:1::/64',
  sids: Array.from({ length: 25 }, (_, at) => ({ sid: `fc00:1::${(at + 1).toString(16)}`, behavior: 'End' })),
};

const lspsOf = (state: LinkState, advertisement = payload): Lsp[] =>
  encodeContents(state, advertisement).map((tlvs, fragment) =>
    makeLsp(systemIdOf('PE-1'), fragment, 7, 1200, tlvs),
  );

function decoded<Value>(value: Value): Exclude<Value, { kind: 'decode-error' }> {
  assert.ok(!isDecodeError(value), JSON.stringify(value));
  return value as Exclude<Value, { kind: 'decode-error' }>;
}

describe('LLDP frames (IEEE 802.1AB)', () => {
  it('come back as they were sent, with padding behind them or not', () => {
    const frame = encodeLldp(lldpFrame);
    assert.equal(frameKind(frame), 'lldp');
    assert.deepEqual(decodeLldp(frame), lldpFrame);
    assert.deepEqual(decodeLldp(Uint8Array.of(...frame, 0, 0, 0)), lldpFrame);
    assert.deepEqual(
      decoded(decodeLldp(encodeLldp({ ...lldpFrame, managementAddress: '192.0.2.7' }))).managementAddress,
      '192.0.2.7',
    );
  });

  it('carry a payload under the configured numbers only', () => {
    const other = { ...privateCodepoints, lldpOui: Uint8Array.of(0x02, 1, 2), lldpSubtype: 9 };
    assert.equal(decoded(decodeLldp(encodeLldp(lldpFrame, other))).payload, undefined);
    assert.deepEqual(decoded(decodeLldp(encodeLldp(lldpFrame, other), other)).payload, payload);
  });

  it('cut anywhere before the end, they are refused or lack what was cut, and never throw (threat 3)', () => {
    const frame = encodeLldp(lldpFrame);
    for (let length = 0; length < frame.length; length++) {
      const cut = decodeLldp(frame.subarray(0, length));
      assert.ok(
        isDecodeError(cut) || cut.payload === undefined || length >= frame.length - 2,
        `cut to ${length}`,
      );
    }
    fuzz(frame, (bytes) => decodeLldp(bytes));
  });
});

describe('IS-IS link state PDUs (ISO 10589, RFC 5301, 5305, 5308, 6823, 9352)', () => {
  it('come back as they were sent', () => {
    const [lsp] = lspsOf(linkState);
    assert.ok(lsp);
    const frame = encodeLspFrame(lsp, source);
    assert.equal(frameKind(frame), 'isis');
    const received = decoded(decodeLspFrame(Uint8Array.of(...frame, 0, 0)));
    assert.deepEqual(received, lsp);
    const contents = decoded(decodeContents(received));
    assert.deepEqual(contents.payload, payload);
    assert.deepEqual(joinContents([contents]), linkState);
  });

  it('spread over fragments that fit every link, the advertisement in the first', () => {
    const lsps = lspsOf(many);
    assert.ok(lsps.length > 3);
    const contents: Contents[] = lsps.map((lsp) => {
      const frame = encodeLspFrame(lsp, source);
      assert.ok(frame.length <= lspBytesMax + 17);
      return decoded(decodeContents(decoded(decodeLspFrame(frame))));
    });
    assert.ok(
      contents.every((content, at) => content.ours && (content.payload !== undefined) === (at === 0)),
    );
    assert.deepEqual(joinContents(contents), many);
    const neighbours = Array.from({ length: 3000 }, (_, at) => ({ systemId: systemIdOf(`R${at}`) }));
    assert.throws(() => encodeContents({ ...many, neighbours }, payload), RangeError);
  });

  it('a payload of the largest size takes several GENINFO TLVs and comes back whole', () => {
    for (const length of [0, 1, 247, 248, 249, 496, 507]) {
      const large = new Uint8Array(length).map((_, at) => at);
      const [lsp] = lspsOf(linkState, large);
      assert.ok(lsp);
      assert.deepEqual(decoded(decodeContents(lsp)).payload, large);
    }
  });

  it('every changed bit under the checksum is noticed; the remaining lifetime is not under it', () => {
    const [lsp] = lspsOf(linkState);
    assert.ok(lsp);
    const frame = encodeLspFrame(lsp, source);
    const later = decoded(decodeLspFrame(encodeLspFrame(withRemainingLifetime(lsp, 17), source)));
    assert.equal(later.remainingLifetimeS, 17);
    for (let at = 14 + 3 + 12; at < frame.length; at++) {
      for (const bit of [1, 16, 128]) {
        const changed = Uint8Array.from(frame);
        changed[at] = (changed[at] ?? 0) ^ bit;
        assert.ok(isDecodeError(decodeLspFrame(changed)), `octet ${at} bit ${bit}`);
      }
    }
  });

  it('the checksum holds for any contents, at any length', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 1465 }),
        fc.integer({ min: 1, max: 0xffffffff }),
        (tlvs, sequence) => {
          const frame = encodeLspFrame(makeLsp(systemIdOf('PE-1'), 0, sequence, 1200, tlvs), source);
          assert.ok(fletcherHolds(frame.subarray(14 + 3 + 12)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('a purge is a bare header', () => {
    const [lsp] = lspsOf(linkState);
    assert.ok(lsp);
    const purge = decoded(decodeLspFrame(encodeLspFrame(purgeOf(lsp), source)));
    assert.deepEqual(
      [purge.id, purge.sequence, purge.remainingLifetimeS, purge.tlvs.length],
      [lsp.id, 7, 0, 0],
    );
  });

  it("a routing daemon's LSP is not taken for ours", () => {
    const foreign = makeLsp(
      systemIdOf('FRR'),
      0,
      1,
      1200,
      Uint8Array.of(1, 4, 3, 0x49, 0, 1, 137, 3, 70, 82, 82),
    );
    assert.equal(decoded(decodeContents(foreign)).ours, false);
    const others = { ...privateCodepoints, isisApplication: 77 };
    const [lsp] = lspsOf(linkState);
    assert.ok(lsp && !decoded(decodeContents(lsp, others)).ours);
  });

  it('hostile bytes are answered with a value, never an exception (threat 3)', () => {
    for (const lsp of lspsOf(many)) {
      fuzz(encodeLspFrame(lsp, source), (bytes) => decodeLspFrame(bytes));
      fuzz(lsp.tlvs, (tlvs) => decodeContents({ ...lsp, tlvs }));
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (tlvs) => {
        decodeContents({ ...makeLsp(systemIdOf('PE-1'), 0, 1, 1200, new Uint8Array()), tlvs });
      }),
      { numRuns: 1000 },
    );
  });
});

describe('tshark decodes what we send', () => {
  const absent = tsharkVersion() === undefined;
  const skip = absent && process.env.CONFER_REQUIRE_LAB !== '1' ? 'tshark is not installed' : false;

  it('shows every field and complains of nothing', { skip }, () => {
    assert.ok(!absent, 'tshark is not installed');
    const lsps = [...lspsOf(linkState), ...lspsOf(many)];
    const text = dissect([
      encodeLldp(lldpFrame),
      encodeLldp({ source, chassisId: 'PE-1', portId: 'pe1-p2', ttlS: 0 }),
      ...lsps.map((lsp) => encodeLspFrame(lsp, source)),
      ...lsps.slice(0, 1).map((lsp) => encodeLspFrame(purgeOf(lsp), source)),
    ]);
    assert.doesNotMatch(
      text,
      /Malformed|Expert Info \(Error|Expert Info \(Warning|\[incorrect|Bad checksum/i,
    );
    for (const field of [
      /Chassis Subtype = Locally assigned, Id: PE-1/,
      /Port Subtype = Interface name, Id: pe1-p2/,
      /Time To Live = 120 sec/,
      /System Name = PE-1/,
      /Management Address: fc00:1::1/,
      /Organization Unique Code: 02:43:46/,
      /PDU Type: L2 LSP/,
      /Sequence number: 0x00000007/,
      /Checksum: 0x[0-9a-f]{4} \[correct\]/,
      /Hostname: PE-1/,
      /Area address \(3\): 49\.0001/,
      /IPv6 interface address: fc00:1::1/,
      new RegExp(`IS Neighbor: ${systemIdOf('P-2').replaceAll('.', '\\.')}\\.00`),
      /SRv6 Locator/,
      /fc00:1::d6/,
    ]) {
      assert.ok(field.test(text), `tshark does not show ${field}`);
    }
  });
});

/** Cuts, changes and shuffles bytes; the decoder may say what it likes but must return. */
function fuzz(bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown): void {
  for (let length = 0; length < bytes.length; length++) decode(bytes.subarray(0, length));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 }), (changes) => {
      const changed = Uint8Array.from(bytes);
      for (const [at, octet] of changes) changed[at] = octet;
      decode(changed);
    }),
    { numRuns: 500 },
  );
}

function tsharkVersion(): string | undefined {
  try {
    return execFileSync('tshark', ['-v'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

function dissect(frames: readonly Uint8Array[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'discovery-'));
  try {
    const file = join(directory, 'frames.pcap');
    writeFileSync(file, pcapOf(frames));
    return execFileSync('tshark', ['-r', file, '-V'], {
      encoding: 'utf8',
      maxBuffer: 1e8,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The classic capture format, link type Ethernet. */
function pcapOf(frames: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(1, 20);
  const records = frames.flatMap((frame) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, frame];
  });
  return Buffer.concat([header, ...records]);
}
