/** LLDP and IS-IS frames on their way over modelled links: the seeded faults, old frames again, and forged ones. */
import { encodeSigned, type SignedAdvertisement } from '../../discovery/advertisement.ts';
import { privateCodepoints } from '../../discovery/codepoints.ts';
import { frameKind, sourceAddress } from '../../discovery/ethernet.ts';
import { encodeLldp } from '../../discovery/lldp.ts';
import type { FramePort } from '../../discovery/speaker.ts';
import type { Random } from '../core/ports.ts';
import type { FaultyWire, Pipe } from './faulty-wire.ts';
import type { Trace } from './trace.ts';

export interface DiscoveryWireOptions {
  node: string;
  wire: FaultyWire;
  trace: Trace;
  after(ms: number, fire: () => void): () => void;
  /** False: the links lose every IS-IS frame, so that only LLDP and relaying neighbours tell of others. */
  isis: boolean;
}

/** The port with the faults of its links. */
export function faultyFrames(port: FramePort, options: DiscoveryWireOptions): FramePort {
  const { node, wire, trace, after } = options;
  const pipes = new Map<string, Pipe>();
  return {
    interfaces: () => port.interfaces(),
    onFrame: (handler) =>
      port.onFrame((name, frame) => {
        trace.event('frame', () => `${node} ${name} ${Buffer.from(frame).toString('base64')}`);
        handler(name, frame);
      }),
    send(name, frame) {
      const pipe = pipes.get(name) ?? { lastDueMs: 0 };
      pipes.set(name, pipe);
      const what = () => `frame of ${node} on ${name}`;
      if (!options.isis && frameKind(frame) === 'isis') {
        trace.fault('drop', what());
        return;
      }
      const copy = new Uint8Array(frame);
      for (const dueMs of wire.fates(pipe, what)) after(dueMs, () => port.send(name, copy));
    },
  };
}

/** Frames that are kept to be sent again. */
const keptMax = 64;
/** How often a frame that is sent is followed by an old one. */
const repeatedShare = 0.2;

/** Sends frames again that it has sent or received, now and then, on any interface. */
export function repeatingFrames(port: FramePort, random: Random, trace: Trace): FramePort {
  const kept: Uint8Array[] = [];
  const keep = (frame: Uint8Array) => {
    if (kept.length < keptMax) kept.push(Uint8Array.from(frame));
  };
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random.fraction() * items.length)];
  const repeat = () => {
    const [name, frame] = [pick(port.interfaces()), pick(kept)];
    if (random.fraction() >= repeatedShare || name === undefined || frame === undefined) return;
    trace.fault('replayer', `old frame on ${name}`);
    port.send(name, frame);
  };
  return {
    interfaces: () => port.interfaces(),
    onFrame: (handler) =>
      port.onFrame((name, frame) => {
        keep(frame);
        handler(name, frame);
      }),
    send(name, frame) {
      port.send(name, frame);
      repeat();
      keep(frame);
    },
  };
}

/** An LLDP frame that claims to be somebody else with a newer advertisement, whose signature cannot hold. */
export function forgedFrame(claimed: SignedAdvertisement, interfaceName: string, host: string): Uint8Array {
  const advertisement = {
    ...claimed.advertisement,
    host,
    sequence: (claimed.advertisement.sequence + 1_000) % 2 ** 32,
  };
  const forged = { ...claimed, advertisement, signature: claimed.signature.toReversed() };
  const { node } = advertisement;
  const frame = {
    source: sourceAddress(node, interfaceName),
    chassisId: node,
    portId: interfaceName,
    ttlS: 120,
    systemName: node,
    managementAddress: host,
    payload: encodeSigned(forged),
  };
  return encodeLldp(frame, privateCodepoints);
}
