/**
 * The Beacon over frames: LLDP on every interface, link state flooded hop by hop.
 *
 *   announce --> LLDP frame on every interface        every announceIntervalMs again
 *           \--> our LSP into the database --> flood  at once, on refresh, on a new adjacency
 *   frame ---> lldp: neighbour table                  a new neighbour is sent the database
 *         \--> isis: database --> flood on / reply
 *
 * The wire is abstract: simulated links and AF_PACKET sockets carry the same bytes from the same code.
 */
import { decodeSigned, encodeSigned, type SignedAdvertisement } from './advertisement.ts';
import type { Beacon, Heard, VerifySignature } from './beacon.ts';
import { Budget } from './budget.ts';
import { equalBytes, isDecodeError } from './bytes.ts';
import { type Codepoints, privateCodepoints } from './codepoints.ts';
import { frameKind, sourceAddress, sourceOf } from './ethernet.ts';
import { heardNeighbours, heardNodes } from './heard.ts';
import { decodeLspFrame, encodeLspFrame, type Lsp } from './isis.ts';
import { decodeContents, encodeContents } from './isis-contents.ts';
import { type LinkState, systemIdOf } from './link-state.ts';
import { databaseDefaults, LinkStateDatabase } from './link-state-database.ts';
import { decodeLldp, encodeLldp } from './lldp.ts';
import { NeighbourTable } from './neighbours.ts';

/** Where frames come and go: whole Ethernet frames without check sequence. */
export interface FramePort {
  interfaces(): readonly string[];
  /** Hands a frame to the wire; a link that is down loses it silently, as wires do. */
  send(interfaceName: string, frame: Uint8Array): void;
  /** Sets the one receiver. Its frames are valid during the call only. */
  onFrame(handler: (interfaceName: string, frame: Uint8Array) => void): void;
}

/** Monotonic time and a repeated call, so that virtual time can drive the speaker. */
export interface SpeakerClock {
  now(): number;
  /** Calls back every `intervalMs`; returns what stops it. */
  every(intervalMs: number, callback: () => void): () => void;
}

export interface SpeakerOptions {
  /** Our name: everything that we send is under it. */
  readonly node: string;
  /** Time between LLDP frames, milliseconds. Default 30 s, as 802.1AB's msgTxInterval. */
  readonly announceIntervalMs?: number;
  /** Time between refreshes of our link state, milliseconds. Default: four announcements. */
  readonly linkStateIntervalMs?: number;
  /** False where the lldpd daemon owns LLDP: then only `hearDirect` tells of neighbours. Default true. */
  readonly lldp?: boolean;
  readonly codepoints?: Codepoints;
  /** Bound of the neighbour table and of the link state database. */
  readonly entriesMax?: number;
}

/** 802.1AB: the time to live covers four announcements, so that three lost ones do no harm. */
const ttlIntervals = 4;
/** Adjacencies of our own that we flood: invented neighbours must not inflate our link state. */
const adjacenciesMax = 128;
/** Frames that an interface may bring and that are not, byte for byte, what a confirmed neighbour said before. */
const lldpBudget = { burst: 256, perSecond: 100 };
/** A new neighbour sends its whole database at once, and a large network refreshes that often. */
const isisBudget = { burst: 2 * databaseDefaults.entriesMax, perSecond: 200 };
/** Frames of confirmed neighbours that are remembered, for each interface. */
const knownFramesMax = 64;

/** A link state of a node that leaves. */
const nothing = { addresses: [], neighbours: [], sids: [] };

interface Announcement {
  readonly advertisement: SignedAdvertisement;
  readonly linkState: LinkState;
  readonly payload: Uint8Array;
}

interface KnownFrame {
  readonly frame: Uint8Array;
  readonly signed: SignedAdvertisement;
  readonly ttlS: number;
}

export class FrameSpeaker implements Beacon {
  readonly #node: string;
  readonly #port: FramePort;
  readonly #clock: SpeakerClock;
  readonly #codepoints: Codepoints;
  readonly #announceIntervalMs: number;
  readonly #lldp: boolean;
  readonly #database: LinkStateDatabase;
  readonly #neighbours: NeighbourTable;
  readonly #stops: (() => void)[];
  #announcement: Announcement | undefined;
  /** The adjacencies that our link state last told. */
  #adjacencies = '';
  readonly #lldpBudget = new Budget(lldpBudget);
  readonly #isisBudget = new Budget(isisBudget);
  /**
   * The last LLDP frame of each confirmed neighbour, by interface and source address: repeated byte for byte it is
   * neither decoded nor budgeted, so that a flood on the same wire cannot make us deaf to it.
   */
  readonly #knownFrames = new Map<string, Map<number, KnownFrame>>();
  /** Whose link state it is, so that a purge, which is a bare header, can be told from the name. */
  readonly #nodeBySystem = new Map<string, string>();
  /** What an LSP says, decoded once for as long as it is kept: whoever asks what was heard asks for all of them. */
  readonly #contentsByLsp = new WeakMap<Lsp, ReturnType<typeof decodeContents>>();
  /** Interfaces with a new neighbour, which `#tick` sends the database, and when that was last done. */
  readonly #syncDue = new Set<string>();
  readonly #syncedAtMs = new Map<string, number>();
  /** Of our own frames, by interface. */
  readonly #sources = new Map<string, Uint8Array>();
  #closed = false;

  constructor(port: FramePort, clock: SpeakerClock, options: SpeakerOptions) {
    this.#node = options.node;
    this.#port = port;
    this.#clock = clock;
    this.#codepoints = options.codepoints ?? privateCodepoints;
    this.#announceIntervalMs = options.announceIntervalMs ?? 30_000;
    this.#lldp = options.lldp ?? true;
    const entriesMax = options.entriesMax ?? databaseDefaults.entriesMax;
    this.#neighbours = new NeighbourTable(entriesMax);
    this.#database = new LinkStateDatabase({
      ...databaseDefaults,
      systemId: systemIdOf(options.node),
      entriesMax,
      refreshMs: options.linkStateIntervalMs ?? 4 * this.#announceIntervalMs,
    });
    port.onFrame((interfaceName, frame) => this.#receive(interfaceName, frame));
    const tickMs = Math.min(1000, Math.max(100, this.#announceIntervalMs / 2));
    this.#stops = [
      clock.every(tickMs, () => this.#tick()),
      clock.every(this.#announceIntervalMs, () => this.#sendLldp()),
    ];
  }

  async announce(advertisement: SignedAdvertisement, linkState: LinkState): Promise<void> {
    if (this.#closed) throw new Error('The beacon is closed: create another one to announce again.');
    if (advertisement.advertisement.node !== this.#node) {
      throw new Error(`This beacon speaks for ${this.#node}, not for ${advertisement.advertisement.node}.`);
    }
    this.#announcement = { advertisement, linkState, payload: encodeSigned(advertisement) };
    const isWithdrawal = advertisement.advertisement.lifetimeS === 0;
    this.#sendLldp(isWithdrawal ? 0 : undefined);
    this.#originate();
  }

  heard(): Heard {
    const nowMs = this.#clock.now();
    const entries = this.#neighbours.list(nowMs).filter((entry) => entry.node !== this.#node);
    const adjacent = this.#adjacentNodes(entries);
    return {
      neighbours: heardNeighbours(entries, nowMs, ttlIntervals),
      nodes: heardNodes(entries, this.#contents(nowMs), this.#node, adjacent, nowMs),
    };
  }

  confirm(node: string, thumbprint: Uint8Array, verify: VerifySignature): void {
    this.#neighbours.confirm(node, thumbprint, verify);
    this.#database.protect(systemIdOf(node));
  }

  /** A neighbour that another speaker of LLDP heard on an interface for us, `ageMs` ago. */
  hearDirect(
    interfaceName: string,
    signed: SignedAdvertisement,
    ttlS: number,
    source: 'lldp' | 'lldpd',
    ageMs = 0,
  ): void {
    const hearing = { source, signed, interface: interfaceName, ttlS };
    const outcome = this.#neighbours.hear(hearing, this.#clock.now() - ageMs);
    // Another sequence may mean that the neighbour has started anew and knows nothing.
    if (outcome === 'new' || outcome === 'changed') this.#syncDue.add(interfaceName);
  }

  /** A neighbour that another speaker of LLDP says has gone; see `NeighbourTable.forget`. */
  forgetDirect(interfaceName: string, node: string, source: 'lldp' | 'lldpd'): void {
    this.#neighbours.forget(source, node, interfaceName);
  }

  /** An advertisement that a neighbour relayed to us (see relay.ts). */
  hearRelayed(signed: SignedAdvertisement, hops: number, remainingLifetimeS: number): void {
    this.#neighbours.hear(
      { source: 'relay', signed, hops, lifetimeS: remainingLifetimeS },
      this.#clock.now(),
    );
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const stop of this.#stops) stop();
    if (this.#announcement) {
      if (this.#lldp) this.#sendLldp(0);
      this.#flood(this.#database.withdraw());
    }
    this.#announcement = undefined;
  }

  #receive(interfaceName: string, frame: Uint8Array): void {
    if (this.#closed) return;
    const kind = frameKind(frame);
    if (kind === 'lldp' && this.#lldp) this.#receiveLldp(interfaceName, frame);
    else if (kind === 'isis') this.#receiveLsp(interfaceName, frame);
  }

  #receiveLldp(interfaceName: string, bytes: Uint8Array): void {
    const known = this.#knownFrames.get(interfaceName)?.get(sourceOf(bytes));
    if (known && equalBytes(known.frame, bytes)) {
      this.hearDirect(interfaceName, known.signed, known.ttlS, 'lldp');
      return;
    }
    if (!this.#lldpBudget.take(interfaceName, this.#clock.now())) return;
    const frame = decodeLldp(bytes, this.#codepoints);
    if (isDecodeError(frame) || !frame.payload) return;
    const signed = decodeSigned(frame.payload);
    if (isDecodeError(signed)) return;
    if (frame.ttlS === 0) {
      // A signed withdrawal counts for whom TLS has proved; for all others the frame is enough.
      if (signed.advertisement.lifetimeS === 0) this.hearDirect(interfaceName, signed, 0, 'lldp');
      this.forgetDirect(interfaceName, signed.advertisement.node, 'lldp');
      return;
    }
    this.hearDirect(interfaceName, signed, frame.ttlS, 'lldp');
    if (this.#neighbours.isGenuine(signed)) this.#rememberFrame(interfaceName, bytes, signed, frame.ttlS);
  }

  #rememberFrame(interfaceName: string, bytes: Uint8Array, signed: SignedAdvertisement, ttlS: number): void {
    const frames = this.#knownFrames.get(interfaceName) ?? new Map<number, KnownFrame>();
    this.#knownFrames.set(interfaceName, frames);
    const [oldest] = frames.keys();
    if (frames.size >= knownFramesMax && oldest !== undefined) frames.delete(oldest);
    frames.set(sourceOf(bytes), { frame: Uint8Array.from(bytes), signed, ttlS });
  }

  #receiveLsp(interfaceName: string, frame: Uint8Array): void {
    if (!this.#isisBudget.take(interfaceName, this.#clock.now())) return;
    const lsp = decodeLspFrame(frame);
    // In a meshed network most copies are of what is held already: they need no second look.
    if (isDecodeError(lsp) || this.#database.holds(lsp, this.#clock.now())) return;
    const signed = this.#advertisementOf(lsp);
    if (signed === 'refused' || (signed && this.#neighbours.isForged(signed))) return;
    const nowMs = this.#clock.now();
    const receipt = this.#database.receive(lsp, interfaceName, this.#port.interfaces(), nowMs);
    if (receipt.flood) for (const name of receipt.floodTo) this.#sendLsp(name, receipt.flood);
    if (receipt.reply) this.#sendLsp(interfaceName, receipt.reply);
    if (receipt.outcome === 'purged' && lsp.fragment === 0) this.#forgetSystem(lsp.systemId);
    if (receipt.outcome === 'newer' && signed) {
      this.#remember(lsp.systemId, signed.advertisement.node);
      this.#neighbours.hear({ source: 'isis', signed, lifetimeS: lsp.remainingLifetimeS }, nowMs);
    }
  }

  /**
   * The advertisement in an LSP. Refused is what is not ours (a routing daemon's LSP: flooding it is not our business)
   * or contradicts itself: the system identifier and the hostname follow from the advertised name.
   */
  #advertisementOf(lsp: Lsp): SignedAdvertisement | undefined | 'refused' {
    if (lsp.remainingLifetimeS === 0) return undefined;
    const contents = this.#decoded(lsp);
    if (isDecodeError(contents) || !contents.ours) return 'refused';
    if (lsp.fragment > 0) return undefined;
    if (!contents.payload) return 'refused';
    const signed = decodeSigned(contents.payload);
    if (isDecodeError(signed)) return 'refused';
    const { node } = signed.advertisement;
    return systemIdOf(node) === lsp.systemId && contents.hostname === node ? signed : 'refused';
  }

  #tick(): void {
    const nowMs = this.#clock.now();
    const { flood, expired } = this.#database.tick(nowMs);
    this.#flood(flood);
    for (const systemId of expired) this.#forgetSystem(systemId);
    this.#neighbours.age(nowMs);
    if (this.#announcement && this.#adjacencies !== this.#adjacentNodes().join(' ')) this.#originate();
    for (const interfaceName of this.#syncDue) this.#sync(interfaceName, nowMs);
  }

  /** Sends a new neighbour all we know; not more often than we announce, or inventing neighbours would be a lever. */
  #sync(interfaceName: string, nowMs: number): void {
    const syncedAtMs = this.#syncedAtMs.get(interfaceName);
    if (syncedAtMs !== undefined && nowMs - syncedAtMs < this.#announceIntervalMs) return;
    this.#syncDue.delete(interfaceName);
    this.#syncedAtMs.set(interfaceName, nowMs);
    for (const lsp of this.#database.snapshot(nowMs)) this.#sendLsp(interfaceName, lsp);
  }

  #sendLldp(ttlS = Math.max(1, Math.ceil((this.#announceIntervalMs * ttlIntervals) / 1000))): void {
    if (!this.#lldp || !this.#announcement) return;
    const { payload, advertisement } = this.#announcement;
    for (const interfaceName of this.#port.interfaces()) {
      const frame = {
        source: this.#source(interfaceName),
        chassisId: this.#node,
        portId: interfaceName,
        ttlS,
        systemName: this.#node,
        managementAddress: advertisement.advertisement.host,
        payload,
      };
      this.#port.send(interfaceName, encodeLldp(frame, this.#codepoints));
    }
  }

  #originate(): void {
    if (!this.#announcement) return;
    const { linkState, payload, advertisement } = this.#announcement;
    const adjacent = this.#adjacentNodes();
    this.#adjacencies = adjacent.join(' ');
    const systemIds = new Set([
      ...linkState.neighbours.map((neighbour) => neighbour.systemId),
      ...adjacent.map(systemIdOf),
    ]);
    const neighbours = [...systemIds].map((systemId) => ({ systemId }));
    const { lifetimeS } = advertisement.advertisement;
    // A withdrawal travels as the last link state, for a purge cannot carry a signature. It says nothing else.
    const said =
      lifetimeS === 0
        ? { hostname: this.#node, ...nothing }
        : { ...linkState, hostname: this.#node, neighbours };
    const bodies = encodeContents(said, payload, this.#codepoints);
    const believedS = lifetimeS === 0 ? databaseDefaults.zeroAgeS : lifetimeS;
    this.#flood(this.#database.originate(bodies, believedS, this.#clock.now()));
  }

  /**
   * Whom our link state names: heard directly and within the advertised lifetime, even where the LLDP time to live has
   * run out. A routing protocol drops a lost adjacency at once; a tool that looks for faults needs the topology as it
   * is meant to be, or the broken link would vanish from the very map on which it is searched.
   */
  #adjacentNodes(entries = this.#neighbours.list(this.#clock.now())): string[] {
    const nodes = new Set(entries.flatMap(({ node, adjacent }) => (adjacent ? [node] : [])));
    nodes.delete(this.#node);
    return [...nodes].slice(0, adjacenciesMax).sort();
  }

  #contents(nowMs: number): Parameters<typeof heardNodes>[1] {
    const bySystem: Parameters<typeof heardNodes>[1] = new Map();
    for (const [systemId, fragments] of this.#database.systems(nowMs)) {
      const contents = fragments.flatMap((lsp) => {
        const content = this.#decoded(lsp);
        return isDecodeError(content) ? [] : [content];
      });
      bySystem.set(systemId, contents);
    }
    return bySystem;
  }

  #decoded(lsp: Lsp): ReturnType<typeof decodeContents> {
    const known = this.#contentsByLsp.get(lsp);
    if (known !== undefined) return known;
    const contents = decodeContents(lsp, this.#codepoints);
    this.#contentsByLsp.set(lsp, contents);
    return contents;
  }

  #remember(systemId: string, node: string): void {
    this.#nodeBySystem.delete(systemId);
    this.#nodeBySystem.set(systemId, node);
    const [oldest] = this.#nodeBySystem.keys();
    if (this.#nodeBySystem.size > databaseDefaults.entriesMax && oldest !== undefined)
      this.#nodeBySystem.delete(oldest);
  }

  #forgetSystem(systemId: string): void {
    const node = this.#nodeBySystem.get(systemId);
    this.#nodeBySystem.delete(systemId);
    if (node !== undefined) this.#neighbours.forget('isis', node);
  }

  #flood(lsps: readonly Lsp[]): void {
    for (const lsp of lsps)
      for (const interfaceName of this.#port.interfaces()) this.#sendLsp(interfaceName, lsp);
  }

  #sendLsp(interfaceName: string, lsp: Lsp): void {
    this.#port.send(interfaceName, encodeLspFrame(lsp, this.#source(interfaceName)));
  }

  #source(interfaceName: string): Uint8Array {
    const known = this.#sources.get(interfaceName) ?? sourceAddress(this.#node, interfaceName);
    this.#sources.set(interfaceName, known);
    return known;
  }
}
