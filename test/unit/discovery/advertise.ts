/** What the discovery tests share: a key, advertisements, link states, and wires that carry frames in memory. */
import { createHash, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import {
  type Advertisement,
  type SignedAdvertisement,
  signAdvertisement,
} from '../../../discovery/advertisement.ts';
import type { VerifySignature } from '../../../discovery/beacon.ts';
import type { LinkState } from '../../../discovery/link-state.ts';
import { type FramePort, FrameSpeaker, type SpeakerOptions } from '../../../discovery/speaker.ts';

const { privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject } =
  generateKeyPairSync('ed25519');

export const signBytes = (bytes: Uint8Array): Uint8Array => sign(null, bytes, privateKey);
export const verifyBytes: VerifySignature = (bytes, signature) => verify(null, bytes, publicKey, signature);

export function advertisementOf(node: string, changes: Partial<Advertisement> = {}): Advertisement {
  return {
    node,
    host: 'fc00:1::1',
    port: 9514,
    capabilities: ['ietf-srv6-ping', 'ietf-interface-counters', 'counting'],
    thumbprint: Uint8Array.from(createHash('sha256').update(node).digest()),
    sequence: 1,
    lifetimeS: 120,
    ...changes,
  };
}

export function signed(node: string, changes: Partial<Advertisement> = {}): SignedAdvertisement {
  return signAdvertisement(advertisementOf(node, changes), signBytes);
}

/** Without a signature that anybody could verify: what an attacker makes a million of. */
export function forged(node: string, changes: Partial<Advertisement> = {}): SignedAdvertisement {
  return signAdvertisement(advertisementOf(node, changes), () => new Uint8Array(64));
}

export function linkStateOf(node: string, changes: Partial<LinkState> = {}): LinkState {
  return { hostname: node, addresses: [], neighbours: [], sids: [], ...changes };
}

/** Virtual time, and links that carry frames in rounds: what is sent in one round arrives in the next. */
export class World {
  nowMs = 0;
  framesSent = 0;
  readonly speakers = new Map<string, FrameSpeaker>();
  /** Decides whether a frame passes; everything does unless a test says otherwise. */
  passes: (from: string, to: string, frame: Uint8Array) => boolean = () => true;
  readonly #timers: { intervalMs: number; nextMs: number; callback: () => void }[] = [];
  readonly #handlers = new Map<string, (interfaceName: string, frame: Uint8Array) => void>();
  readonly #links: (readonly [string, string])[];
  #queue: { from: string; to: string; frame: Uint8Array }[] = [];

  constructor(links: readonly (readonly [string, string])[], options: Partial<SpeakerOptions> = {}) {
    this.#links = [...links];
    for (const node of new Set(links.flat())) this.add(node, options);
  }

  add(node: string, options: Partial<SpeakerOptions> = {}): FrameSpeaker {
    const port: FramePort = {
      interfaces: () => this.#peers(node),
      send: (interfaceName, frame) => {
        this.framesSent++;
        this.#queue.push({ from: node, to: interfaceName, frame });
      },
      onFrame: (handler) => this.#handlers.set(node, handler),
    };
    const clock = {
      now: () => this.nowMs,
      every: (intervalMs: number, callback: () => void) => {
        const timer = { intervalMs, nextMs: this.nowMs + intervalMs, callback };
        this.#timers.push(timer);
        return () => void this.#timers.splice(this.#timers.indexOf(timer), 1);
      },
    };
    const speaker = new FrameSpeaker(port, clock, { node, announceIntervalMs: 1000, ...options });
    this.speakers.set(node, speaker);
    return speaker;
  }

  speaker(node: string): FrameSpeaker {
    const speaker = this.speakers.get(node);
    if (!speaker) throw new Error(`no node ${node}`);
    return speaker;
  }

  async announceAll(): Promise<void> {
    for (const [node, speaker] of this.speakers) await speaker.announce(signed(node), linkStateOf(node));
  }

  /** Delivers what is in flight; false where nothing was. The interface is named by the node at its other end. */
  round(): boolean {
    const arriving = this.#queue;
    this.#queue = [];
    for (const { from, to, frame } of arriving) {
      if (this.passes(from, to, frame)) this.#handlers.get(to)?.(from, frame);
    }
    return arriving.length > 0;
  }

  /** Delivers until silence; returns the number of rounds, at most `roundsMax`. */
  settle(roundsMax = 100): number {
    let rounds = 0;
    while (rounds < roundsMax && this.round()) rounds++;
    return rounds;
  }

  /** Lets time pass, timers fire and frames arrive. */
  advance(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    for (;;) {
      const nextMs = Math.min(...this.#timers.map((timer) => timer.nextMs));
      if (nextMs > endMs) break;
      this.nowMs = nextMs;
      for (const timer of this.#timers.filter((due) => due.nextMs === nextMs)) {
        timer.nextMs += timer.intervalMs;
        timer.callback();
      }
      this.settle();
    }
    this.nowMs = endMs;
  }

  /** Puts a frame on the wire towards a node as if its neighbour had sent it. */
  inject(from: string, to: string, frame: Uint8Array): void {
    this.#queue.push({ from, to, frame });
  }

  /** Hands a frame over at once; the receiver may not keep it. */
  deliver(from: string, to: string, frame: Uint8Array): void {
    this.#handlers.get(to)?.(from, frame);
  }

  #peers(node: string): string[] {
    return this.#links.flatMap(([a, b]) => (a === node ? [b] : b === node ? [a] : []));
  }
}
