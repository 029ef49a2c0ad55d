/**
 * The Beacon port: how an agent makes itself known, and whom it has heard.
 *
 * Everything heard is a hint: certificate chain, name and thumbprint decide at TLS time (threat 1).
 */
import type { SignedAdvertisement } from './advertisement.ts';
import type { LinkState } from './link-state.ts';

export interface Beacon {
  /**
   * Sends LLDP on every interface and floods our link state, and goes on doing so; resolves when handed to the wire.
   * Called again it refreshes: the advertisement then has a higher sequence than all before. One with a lifetime of
   * 0 takes everything back: nothing else makes those forget us who know us by TLS, as anybody could say goodbye.
   * Rejects, and announces nothing, for another node's advertisement and after `close`. Where a daemon owns LLDP and
   * does not answer it rejects too; the daemon is told once it does.
   */
  announce(advertisement: SignedAdvertisement, linkState: LinkState): Promise<void>;

  /**
   * What has been heard, has not outlived its lifetime and was not taken back; authenticated first, then the newest
   * first. Of what TLS has not proved a bounded number is kept. The lists are the caller's.
   */
  heard(): Heard;

  /**
   * Tells that TLS has proved `thumbprint` to be `node`'s. From then on what is heard for this pair is verified with
   * `verify`, cannot be evicted by a flood of others (threat 2) and is not displaced by a forgery; what is held for it
   * and does not verify goes at once.
   * Optional: a beacon that cannot be flooded has no use for it.
   */
  confirm?(node: string, thumbprint: Uint8Array, verify: VerifySignature): void;

  /**
   * Takes in an advertisement that a neighbour relayed (relay.ts), having travelled `hops` links, to be believed for the
   * remaining lifetime and never longer than its own; unless a newer one is held.
   * Optional: a beacon that hears everybody by itself has no use for it.
   */
  hearRelayed?(signed: SignedAdvertisement, hops: number, remainingLifetimeS: number): void;

  /**
   * Says goodbye (LLDP shutdown frame, purge of our link state), so that those forget us who do not know us by TLS, and
   * stops sending and hearing. A daemon that owns LLDP lives on and says no goodbye for us, it only announces us no
   * more: announce a lifetime of 0 first. Idempotent.
   */
  close(): Promise<void>;
}

export type VerifySignature = (bytes: Uint8Array, signature: Uint8Array) => boolean;

export interface Heard {
  /** Heard directly, one entry for each interface. */
  readonly neighbours: Neighbour[];
  /**
   * The whole flooding domain, without ourselves: one entry for each pair of node and thumbprint. Two entries of one
   * node mean that somebody claims a name that is not theirs, or that a certificate was just renewed.
   */
  readonly nodes: HeardNode[];
}

/** How something was heard: our own LLDP frames, the lldpd daemon, IS-IS flooding, or a neighbour that relayed it. */
export type Source = 'lldp' | 'lldpd' | 'isis' | 'relay';

export interface Neighbour {
  readonly node: string;
  readonly interface: string;
  readonly advertisement: SignedAdvertisement;
  readonly source: 'lldp' | 'lldpd';
  /** Since the last frame from this neighbour on this interface. */
  readonly ageMs: number;
  /** How often the neighbour says it sends: a quarter of its LLDP time to live. */
  readonly intervalMs: number;
  /** False once the LLDP time to live has run out, while the advertised lifetime has not: recently lost. */
  readonly fresh: boolean;
  readonly authenticated: boolean;
}

export interface HeardNode {
  readonly node: string;
  readonly advertisement: SignedAdvertisement;
  /** Absent for a node heard only by LLDP or relay. */
  readonly linkState?: LinkState;
  /** Where the newest copy came from. */
  readonly source: Source;
  /** Links from us to the node: over the flooded adjacencies, or as a relay counted them. Absent when unknown. */
  readonly hops?: number;
  readonly ageMs: number;
  readonly authenticated: boolean;
}
