/**
 * Who has been heard: the hints of LLDP, lldpd, IS-IS and relays merged, aged and bounded.
 *
 * Two tables, so that a flood of invented neighbours (threat 2) can only push out other hints:
 *
 *   hints           anybody may write here; full, the one heard longest ago goes
 *   authenticated   TLS has proved node and thumbprint, and the signature of what is kept here was verified
 */
import type { SignedAdvertisement } from './advertisement.ts';
import type { Source, VerifySignature } from './beacon.ts';
import { equalBytes, hex } from './bytes.ts';

export interface Entry {
  readonly node: string;
  readonly advertisement: SignedAdvertisement;
  /** Where it was heard directly. */
  readonly interface?: string;
  readonly source: Source;
  readonly lastHeardMs: number;
  /** Until then the sender need not have spoken again (LLDP time to live). */
  readonly freshUntilMs: number;
  /** Until then the advertisement may be believed. */
  readonly expiresAtMs: number;
  /** Heard directly on an interface. */
  readonly adjacent: boolean;
  readonly authenticated: boolean;
  /** Links to the node, where the source counts them. */
  readonly hops?: number;
}

export interface Hearing {
  readonly source: Source;
  readonly signed: SignedAdvertisement;
  /** The interface by which it came, for what was heard directly. */
  readonly interface?: string;
  /** Until when the sender need not speak again, seconds from now; the lifetime where absent. */
  readonly ttlS?: number;
  /** Seconds from now for which to believe it; the advertised lifetime where absent, and never longer than that. */
  readonly lifetimeS?: number;
  readonly hops?: number;
}

/** `changed`: another sequence, or back after silence. `older` and `forged` change nothing. */
export type HearingOutcome = 'new' | 'changed' | 'refreshed' | 'older' | 'forged';

interface Confirmation {
  readonly thumbprint: Uint8Array;
  readonly verify: VerifySignature;
  /**
   * The highest sequence by which it took everything back: no withdrawal up to that one counts again. Until then what
   * it said before may still be on its way to us.
   */
  withdrawn: { readonly sequence: number; readonly untilMs: number } | undefined;
}

/** How long an older frame may be on its way: a relay or a daemon may tell of it a little later. */
const withdrawalMs = 10_000;

/** Hints, and as many authenticated entries: some 1 kB each. */
export const tableEntriesMax = 1024;

export class NeighbourTable {
  readonly #entriesMax: number;
  /** Both in the order in which they were last heard. */
  readonly #hints = new Map<string, Entry>();
  readonly #authenticated = new Map<string, Entry>();
  readonly #confirmed = new Map<string, Confirmation>();

  constructor(entriesMax = tableEntriesMax) {
    this.#entriesMax = entriesMax;
  }

  get size(): number {
    return this.#hints.size + this.#authenticated.size;
  }

  hear(hearing: Hearing, nowMs: number): HearingOutcome {
    const { signed, source } = hearing;
    const key = keyOf(hearing);
    const held = this.#authenticated.get(key) ?? this.#hints.get(key);
    const alive = held !== undefined && held.expiresAtMs > nowMs;
    const same = held !== undefined && sameAdvertisement(held.advertisement, signed);
    if (alive && !same && signed.advertisement.sequence <= held.advertisement.advertisement.sequence)
      return 'older';
    // The same bytes were verified when they were first heard.
    const authenticated = same ? held.authenticated : this.#authenticate(signed);
    if (authenticated === 'forged') return 'forged';
    if (authenticated) {
      if (this.#isTakenBack(signed, nowMs)) return 'older';
      if (signed.advertisement.lifetimeS === 0 && !this.#takeBack(signed, nowMs)) return 'older';
    }
    const { node, lifetimeS: advertisedS } = signed.advertisement;
    const lifetimeS = Math.min(advertisedS, hearing.lifetimeS ?? advertisedS);
    // What a frame says of its own lifetime is not signed: it cannot shorten what the neighbour signed.
    const kept = same && held.authenticated ? held : undefined;
    this.#keep(key, {
      node,
      advertisement: same ? held.advertisement : signed,
      ...(hearing.interface === undefined ? {} : { interface: hearing.interface }),
      source,
      lastHeardMs: nowMs,
      freshUntilMs: Math.max(nowMs + (hearing.ttlS ?? lifetimeS) * 1000, kept?.freshUntilMs ?? 0),
      expiresAtMs: Math.max(nowMs + lifetimeS * 1000, kept?.expiresAtMs ?? 0),
      adjacent: hearing.interface !== undefined,
      authenticated,
      ...(hearing.hops === undefined ? {} : { hops: hearing.hops }),
    });
    if (!alive) return 'new';
    return same && held.freshUntilMs > nowMs ? 'refreshed' : 'changed';
  }

  /** Whether an advertisement claims a node and thumbprint that TLS has proved, without their signature. */
  isForged(signed: SignedAdvertisement): boolean {
    return this.#authenticate(signed) === 'forged';
  }

  /** Whether TLS has proved node and thumbprint, and the signature holds. */
  isGenuine(signed: SignedAdvertisement): boolean {
    return this.#authenticate(signed) === true;
  }

  /**
   * TLS has proved that the thumbprint is the node's. What is held for the pair moves out of reach of a flood if its
   * signature holds, and goes if it does not.
   */
  confirm(node: string, thumbprint: Uint8Array, verify: VerifySignature): void {
    const known = this.#confirmed.get(node);
    const withdrawn = known && equalBytes(known.thumbprint, thumbprint) ? known.withdrawn : undefined;
    this.#confirmed.delete(node);
    dropOldest(this.#confirmed, this.#entriesMax - 1);
    this.#confirmed.set(node, { thumbprint, verify, withdrawn });
    for (const [key, entry] of [...this.#hints, ...this.#authenticated]) {
      if (entry.node !== node) continue;
      this.#remove(key);
      const authenticated = this.#authenticate(entry.advertisement);
      if (authenticated !== 'forged') this.#keep(key, { ...entry, authenticated });
    }
  }

  /**
   * Somebody says that the sender is gone (LLDP time to live 0, a purged link state). Anybody could: an authenticated
   * neighbour withdraws itself with a signed lifetime of 0, or ages.
   */
  forget(source: Source, node: string, interfaceName?: string): void {
    for (const [key, entry] of this.#hints) {
      if (entry.source === source && entry.node === node && entry.interface === interfaceName)
        this.#hints.delete(key);
    }
  }

  /** Drops what has outlived its lifetime. */
  age(nowMs: number): void {
    for (const table of [this.#hints, this.#authenticated]) {
      for (const [key, entry] of table) if (entry.expiresAtMs <= nowMs) table.delete(key);
    }
  }

  /** What is alive: authenticated first, then the newest first. */
  list(nowMs: number): Entry[] {
    return [...this.#authenticated.values(), ...this.#hints.values()]
      .filter((entry) => entry.expiresAtMs > nowMs)
      .sort((a, b) => Number(b.authenticated) - Number(a.authenticated) || b.lastHeardMs - a.lastHeardMs);
  }

  /** False for what cannot be judged: another certificate of that name, or a name that nobody has proved yet. */
  #authenticate(signed: SignedAdvertisement): boolean | 'forged' {
    const confirmation = this.#confirmed.get(signed.advertisement.node);
    if (!confirmation || !equalBytes(confirmation.thumbprint, signed.advertisement.thumbprint)) return false;
    return confirmation.verify(signed.bytes, signed.signature) ? true : 'forged';
  }

  /** Whether a newer withdrawal came before it: it was still on its way to us. */
  #isTakenBack({ advertisement: { node, sequence } }: SignedAdvertisement, nowMs: number): boolean {
    const withdrawn = this.#confirmed.get(node)?.withdrawn;
    return withdrawn !== undefined && sequence < withdrawn.sequence && nowMs < withdrawn.untilMs;
  }

  /**
   * A genuine lifetime of 0 counts for every source at once, for not every source carries one: lldpd forgets whoever
   * says goodbye, and does not tell what was said.
   *
   * False for one that is not newer than all that any source told. A node withdraws with a sequence higher than all
   * before: this is a copy of what counted already, or was kept by somebody since an earlier run of the node. At one
   * sequence the announcement is the newer one: the node started again within the second that both have for a sequence.
   */
  #takeBack({ advertisement }: SignedAdvertisement, nowMs: number): boolean {
    const { node, thumbprint, sequence } = advertisement;
    const confirmation = this.#confirmed.get(node);
    if (confirmation === undefined) return false;
    if (confirmation.withdrawn && sequence <= confirmation.withdrawn.sequence) return false;
    const held = [...this.#authenticated].filter(([, entry]) => {
      const { advertisement: other } = entry.advertisement;
      return entry.node === node && entry.expiresAtMs > nowMs && equalBytes(other.thumbprint, thumbprint);
    });
    if (held.some(([, entry]) => sequence <= entry.advertisement.advertisement.sequence)) return false;
    confirmation.withdrawn = { sequence, untilMs: nowMs + withdrawalMs };
    for (const [key] of held) this.#authenticated.delete(key);
    return true;
  }

  #keep(key: string, entry: Entry): void {
    this.#remove(key);
    const table = entry.authenticated ? this.#authenticated : this.#hints;
    dropOldest(table, this.#entriesMax - 1);
    table.set(key, entry);
  }

  #remove(key: string): void {
    this.#hints.delete(key);
    this.#authenticated.delete(key);
  }
}

/** Names have no spaces, so that the parts cannot run into each other. */
function keyOf({ source, interface: interfaceName, signed }: Hearing): string {
  return `${source} ${interfaceName ?? ''} ${signed.advertisement.node} ${hex(signed.advertisement.thumbprint)}`;
}

function sameAdvertisement(a: SignedAdvertisement, b: SignedAdvertisement): boolean {
  return equalBytes(a.signature, b.signature) && equalBytes(a.bytes, b.bytes);
}

function dropOldest(table: Map<string, unknown>, sizeMax: number): void {
  for (const key of table.keys()) {
    if (table.size <= sizeMax) return;
    table.delete(key);
  }
}
