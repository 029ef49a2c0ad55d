/**
 * The Beacon port: how an agent makes itself known, and whom it has heard.
 *
 * Everything heard is a hint: certificate chain, name and thumbprint decide at TLS time (threat 1).
 */
import type { SignedAdvertisement } from './advertisement.ts';
import type { LinkState } from './link-state.ts';

export interface Beacon {
  /**
   * Sends LLDP on every interface and floods our link state; resolves when handed to the wire.
   * Called again it refreshes: the advertisement then has a higher sequence than the one before. One with a lifetime
   * of 0 takes everything back: nothing else makes those forget us who know us by TLS, as anybody could say goodbye.
   */
  announce(advertisement: SignedAdvertisement, linkState: LinkState): Promise<void>;

  /** What has been heard and has not outlived its lifetime; authenticated first, then the newest first. */
  heard(): Heard;

  /**
   * Tells that TLS has proved `thumbprint` to be `node`'s. From then on what is heard for this pair is verified with
   * `verify`, cannot be evicted by a flood of others (threat 2) and is not displaced by a forgery.
   * Optional: a beacon that cannot be flooded has no use for it.
   */
  confirm?(node: string, thumbprint: Uint8Array, verify: VerifySignature): void;

  /**
   * Takes in an advertisement that a neighbour relayed (relay.ts), having travelled `hops` links.
   * Optional: a beacon that hears everybody by itself has no use for it.
   */
  hearRelayed?(signed: SignedAdvertisement, hops: number, remainingLifetimeS: number): void;

  /** Says goodbye (LLDP shutdown frame, purge of our link state) and stops. */
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
