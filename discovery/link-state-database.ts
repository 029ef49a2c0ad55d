/**
 * The link state database: what to keep, what to flood and where, when to purge (ISO 10589 7.3.15 and 7.3.16).
 *
 *   received   compared with ours      what happens
 *   newer      no copy, or higher      kept, flooded to every interface but the one it came by
 *   equal      same                    nothing: that is where flooding ends
 *   older      lower                   ours goes back by the same interface
 *   ours       newer than what we sent our sequence number jumps past it, and `tick` sends again
 *   purge      lifetime 0              the header is kept for `zeroAgeS`, flooded like a newer one; that of a node
 *                                      which TLS has proved is refused: nobody signs a purge, so anybody could send it
 *
 * It neither sends nor waits: decisions are values, and the time is an argument. There is no acknowledgement here
 * (no PSNP): a lost copy is made good by the owner's next refresh, and by the copy that a new neighbour is sent.
 */
import { type Lsp, makeLsp, purgeOf, withRemainingLifetime } from './isis.ts';

export interface LinkStateDatabaseOptions {
  /** Ours, as `0123.4567.89ab`. */
  readonly systemId: string;
  /** Fragments kept at most, ours not counted. */
  readonly entriesMax: number;
  /** Longest remaining lifetime that is believed, seconds (ISO 10589 MaxAge). */
  readonly maxAgeS: number;
  /** How long the header of a purged LSP is kept, seconds (ISO 10589 ZeroAgeLifetime). */
  readonly zeroAgeS: number;
  /** How often our own LSPs are sent again, milliseconds. */
  readonly refreshMs: number;
}

/** ISO 10589: MaxAge 20 minutes, ZeroAgeLifetime 1 minute; a refresh every 15 minutes. */
export const databaseDefaults = { entriesMax: 1024, maxAgeS: 1200, zeroAgeS: 60, refreshMs: 900_000 };

export type Outcome = 'newer' | 'purged' | 'equal' | 'older' | 'own' | 'refused';

/** What a received LSP leads to. */
export interface Receipt {
  readonly accepted: boolean;
  readonly outcome: Outcome;
  /** Interfaces by which `flood` is to be sent; empty where there is nothing to flood. */
  readonly floodTo: readonly string[];
  readonly flood?: Lsp;
  /** To be sent back by the interface that it came by: our copy is newer. */
  readonly reply?: Lsp;
}

interface Entry {
  readonly lsp: Lsp;
  readonly expiresAtMs: number;
  /** Set once it is purged: when the header may be forgotten. */
  readonly forgetAtMs?: number;
}

interface OwnFragment {
  readonly lsp: Lsp;
  readonly sentAtMs: number;
}

const sequenceMax = 0xffffffff;
const nothing = { accepted: false, floodTo: [] };

export class LinkStateDatabase {
  readonly #options: LinkStateDatabaseOptions;
  /** In the order in which they were last heard: the first one is evicted first. */
  readonly #entries = new Map<string, Entry>();
  readonly #protected = new Set<string>();
  readonly #own = new Map<number, OwnFragment>();
  /** Highest sequence number that we used or heard for each of our fragments. */
  readonly #ownSequence = new Map<number, number>();
  #bodies: readonly Uint8Array[] = [];
  #lifetimeS = 0;
  /** Our fragments that `tick` has to send with a higher sequence number. */
  readonly #due = new Set<number>();
  /** After our sequence number has run out: no LSP of ours before this time (ISO 10589 7.3.16.1). */
  #silentUntilMs = 0;

  constructor(options: LinkStateDatabaseOptions) {
    this.#options = options;
  }

  /** Fragments that are held, purged headers included. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Replaces what we say: the TLVs of each fragment, to be believed for `lifetimeS`. Returns the LSPs to be flooded by
   * every interface, purges of fragments that are gone included.
   */
  originate(bodies: readonly Uint8Array[], lifetimeS: number, nowMs: number): Lsp[] {
    this.#bodies = bodies;
    this.#lifetimeS = Math.min(lifetimeS, this.#options.maxAgeS);
    const gone = [...this.#own.keys()].filter((fragment) => fragment >= bodies.length);
    return [
      ...bodies.flatMap((_, fragment) => this.#send(fragment, nowMs)),
      ...gone.flatMap((fragment) => this.#withdraw(fragment)),
    ];
  }

  /** Purges everything of ours: what to flood when we stop. */
  withdraw(): Lsp[] {
    this.#bodies = [];
    this.#due.clear();
    return [...this.#own.keys()].flatMap((fragment) => this.#withdraw(fragment));
  }

  /** Decides about an LSP that came by one of the given interfaces. Its checksum was checked when it was decoded. */
  receive(lsp: Lsp, from: string, interfaces: readonly string[], nowMs: number): Receipt {
    if (lsp.systemId === this.#options.systemId) return this.#receiveOwn(lsp, interfaces, nowMs);
    const held = this.#entries.get(lsp.id);
    const order = held === undefined ? 'newer' : this.#compare(lsp, held, nowMs);
    // ISO 10589 7.3.16.4 a: a purge of what we never had is none of our business.
    if (held === undefined && lsp.remainingLifetimeS === 0) return { ...nothing, outcome: 'refused' };
    if (held !== undefined && order === 'older') return this.#replyWith(held, nowMs);
    if (held !== undefined && order === 'equal') return { ...nothing, outcome: 'equal' };
    const purged = lsp.remainingLifetimeS === 0 || order === 'confused';
    if (purged && this.#isProtected(lsp)) return { ...nothing, outcome: 'refused' };
    if (held === undefined && !this.#makeRoom()) return { ...nothing, outcome: 'refused' };
    const kept = purged ? this.#keepPurged(lsp, nowMs) : this.#keep(lsp, nowMs);
    const flood = outgoing(kept, nowMs);
    return {
      accepted: true,
      outcome: purged ? 'purged' : 'newer',
      floodTo: flood === undefined ? [] : interfaces.filter((name) => name !== from),
      ...(flood === undefined ? {} : { flood }),
    };
  }

  /** Whether an LSP of another system is held exactly like this, so that receiving it again changes nothing. */
  holds(lsp: Lsp, nowMs: number): boolean {
    const held = this.#entries.get(lsp.id);
    return held !== undefined && this.#compare(lsp, held, nowMs) === 'equal';
  }

  /**
   * Ages: LSPs whose lifetime ran out are purged, headers forgotten, ours refreshed. Returns what every interface is to
   * be sent, and the systems that lost an LSP.
   */
  tick(nowMs: number): { flood: Lsp[]; expired: string[] } {
    const flood: Lsp[] = [];
    const expired: string[] = [];
    for (const [id, entry] of this.#entries) {
      if (entry.forgetAtMs !== undefined) {
        if (entry.forgetAtMs <= nowMs) this.#entries.delete(id);
      } else if (entry.expiresAtMs <= nowMs) {
        flood.push(this.#keepPurged(entry.lsp, nowMs).lsp);
        expired.push(entry.lsp.systemId);
      }
    }
    for (const [fragment, { sentAtMs }] of this.#own) {
      if (nowMs - sentAtMs >= this.#refreshMs()) this.#due.add(fragment);
    }
    if (this.#bodies.length > 0 && nowMs >= this.#silentUntilMs) {
      for (const fragment of this.#bodies.keys()) if (!this.#own.has(fragment)) this.#due.add(fragment);
      for (const fragment of this.#due) flood.push(...this.#send(fragment, nowMs));
      this.#due.clear();
    }
    return { flood, expired };
  }

  /** Everything alive, ours included, with the lifetimes as they are to be sent: what a new neighbour is given. */
  snapshot(nowMs: number): Lsp[] {
    const others = [...this.#entries.values()].filter((entry) => entry.forgetAtMs === undefined);
    const own = [...this.#own.values()].map((fragment) => this.#ownOutgoing(fragment, nowMs));
    return [...own, ...others.map((entry) => outgoing(entry, nowMs))].filter((lsp) => lsp !== undefined);
  }

  /** The LSPs of other systems that are alive, all fragments of a system together. */
  systems(nowMs: number): Map<string, Lsp[]> {
    const bySystem = new Map<string, Lsp[]>();
    for (const { lsp, expiresAtMs, forgetAtMs } of this.#entries.values()) {
      if (forgetAtMs !== undefined || expiresAtMs <= nowMs) continue;
      const fragments = bySystem.get(lsp.systemId);
      if (fragments) fragments.push(lsp);
      else bySystem.set(lsp.systemId, [lsp]);
    }
    for (const fragments of bySystem.values()) fragments.sort((a, b) => a.fragment - b.fragment);
    return bySystem;
  }

  /** Keeps a system's LSPs from eviction and from purges of others: TLS has proved that it exists. */
  protect(systemId: string): void {
    if (this.#protected.size < this.#options.entriesMax) this.#protected.add(systemId);
  }

  /**
   * Only of the fragment that carries the advertisement: its owner withdraws it with a signed one. The other fragments
   * are hints throughout, and their owner says them again at once.
   */
  #isProtected({ systemId, fragment }: Lsp): boolean {
    return fragment === 0 && this.#protected.has(systemId);
  }

  #receiveOwn(lsp: Lsp, interfaces: readonly string[], nowMs: number): Receipt {
    // While our sequence number starts over, old copies of ours are what we are waiting for to age out.
    if (nowMs < this.#silentUntilMs) return { ...nothing, outcome: 'refused' };
    const sequence = this.#ownSequence.get(lsp.fragment) ?? 0;
    const ours = this.#own.get(lsp.fragment);
    const same =
      ours !== undefined && lsp.sequence === ours.lsp.sequence && lsp.checksum === ours.lsp.checksum;
    if (same && lsp.remainingLifetimeS > 0) return { ...nothing, outcome: 'equal' };
    if (ours !== undefined && lsp.sequence < ours.lsp.sequence) {
      const reply = this.#ownOutgoing(ours, nowMs);
      return { ...nothing, outcome: 'older', ...(reply === undefined ? {} : { reply }) };
    }
    this.#ownSequence.set(lsp.fragment, Math.max(sequence, lsp.sequence));
    if (lsp.fragment < this.#bodies.length) {
      // Sent by `tick`, not here, so that somebody who replays our LSPs cannot make us answer each one.
      this.#due.add(lsp.fragment);
      return { ...nothing, accepted: true, outcome: 'own' };
    }
    // Before we first announce, remembering the sequence number is enough; later, what we do not say is purged.
    if (this.#bodies.length === 0 || lsp.remainingLifetimeS === 0 || lsp.sequence <= sequence) {
      return { ...nothing, outcome: 'own' };
    }
    return { accepted: true, outcome: 'own', floodTo: [...interfaces], flood: purgeOf(lsp) };
  }

  /** ISO 10589 7.3.16: higher sequence is newer; of two equal ones a purge; other contents at one sequence confuse. */
  #compare(lsp: Lsp, held: Entry, nowMs: number): 'newer' | 'equal' | 'older' | 'confused' {
    if (lsp.sequence !== held.lsp.sequence) return lsp.sequence > held.lsp.sequence ? 'newer' : 'older';
    const heldPurged = held.forgetAtMs !== undefined || held.expiresAtMs <= nowMs;
    const purge = lsp.remainingLifetimeS === 0;
    if (purge || heldPurged) return purge === heldPurged ? 'equal' : purge ? 'newer' : 'older';
    return lsp.checksum === held.lsp.checksum ? 'equal' : 'confused';
  }

  #replyWith(held: Entry, nowMs: number): Receipt {
    const reply = held.forgetAtMs === undefined ? outgoing(held, nowMs) : held.lsp;
    return { ...nothing, outcome: 'older', ...(reply === undefined ? {} : { reply }) };
  }

  #keep(lsp: Lsp, nowMs: number): Entry {
    const lifetimeS = Math.min(lsp.remainingLifetimeS, this.#options.maxAgeS);
    return this.#store({ lsp, expiresAtMs: nowMs + lifetimeS * 1000 });
  }

  #keepPurged(lsp: Lsp, nowMs: number): Entry {
    return this.#store({
      lsp: purgeOf(lsp),
      expiresAtMs: nowMs,
      forgetAtMs: nowMs + this.#options.zeroAgeS * 1000,
    });
  }

  #store(entry: Entry): Entry {
    this.#entries.delete(entry.lsp.id);
    this.#entries.set(entry.lsp.id, entry);
    return entry;
  }

  /** Evicts the one that was heard longest ago and is not protected; false where everything is protected. */
  #makeRoom(): boolean {
    if (this.#entries.size < this.#options.entriesMax) return true;
    for (const [id, { lsp }] of this.#entries) {
      if (this.#protected.has(lsp.systemId)) continue;
      this.#entries.delete(id);
      return true;
    }
    return false;
  }

  #send(fragment: number, nowMs: number): Lsp[] {
    const body = this.#bodies[fragment];
    if (body === undefined || nowMs < this.#silentUntilMs) return [];
    const sequence = (this.#ownSequence.get(fragment) ?? 0) + 1;
    if (sequence > sequenceMax) return this.#startOver(nowMs);
    const lsp = makeLsp(this.#options.systemId, fragment, sequence, this.#lifetimeS, body);
    this.#ownSequence.set(fragment, sequence);
    this.#own.set(fragment, { lsp, sentAtMs: nowMs });
    this.#due.delete(fragment);
    return [lsp];
  }

  /**
   * ISO 10589 7.3.16.1: a sequence number that has run out starts again from 1, but only after every copy of the old
   * LSPs has aged out everywhere. Until then LLDP and relays speak for us.
   */
  #startOver(nowMs: number): Lsp[] {
    const purges = [...this.#own.keys()].flatMap((fragment) => this.#withdraw(fragment));
    this.#ownSequence.clear();
    this.#silentUntilMs = nowMs + (this.#options.maxAgeS + this.#options.zeroAgeS) * 1000;
    return purges;
  }

  #withdraw(fragment: number): Lsp[] {
    const ours = this.#own.get(fragment);
    this.#own.delete(fragment);
    this.#due.delete(fragment);
    return ours === undefined ? [] : [purgeOf(ours.lsp)];
  }

  #ownOutgoing({ lsp, sentAtMs }: OwnFragment, nowMs: number): Lsp | undefined {
    const remainingS = this.#lifetimeS - Math.floor((nowMs - sentAtMs) / 1000);
    return remainingS > 0 ? withRemainingLifetime(lsp, remainingS) : undefined;
  }

  /** Three tries within a lifetime, however long the configured interval is. */
  #refreshMs(): number {
    return Math.min(this.#options.refreshMs, (this.#lifetimeS * 1000) / 3);
  }
}

/**
 * An entry as it is to be sent on: at least one second of lifetime goes at every hop, so that nothing circulates for
 * ever. Where that would leave none, it stays here: a purge is for its owner or for time to make, not for distance.
 */
function outgoing(entry: Entry, nowMs: number): Lsp | undefined {
  if (entry.forgetAtMs !== undefined) return entry.lsp;
  const remainingS = Math.floor((entry.expiresAtMs - nowMs) / 1000) - 1;
  return remainingS > 0 ? withRemainingLifetime(entry.lsp, remainingS) : undefined;
}
