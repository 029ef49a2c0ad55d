/** Packet files: libpcap's format 2.4, link type Ethernet (draft-ietf-opsawg-pcap). */

export interface CapturedFrame {
  /** Milliseconds since the epoch. */
  timeMs: number;
  bytes: Uint8Array;
}

export function pcapFile(frames: readonly CapturedFrame[]): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0); // microsecond timestamps
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16); // longest packet kept
  header.writeUInt32LE(1, 20); // LINKTYPE_ETHERNET
  return Uint8Array.from(Buffer.concat([header, ...frames.flatMap(record)]));
}

function record({ timeMs, bytes }: CapturedFrame): Uint8Array[] {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(Math.floor(timeMs / 1_000), 0);
  header.writeUInt32LE(Math.floor((timeMs % 1_000) * 1_000), 4);
  header.writeUInt32LE(bytes.length, 8);
  header.writeUInt32LE(bytes.length, 12);
  return [header, bytes];
}
