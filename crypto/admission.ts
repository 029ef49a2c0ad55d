import { timingSafeEqual } from 'node:crypto';
import { type ChainRefusal, thumbprintOf, verifyChain } from './certificate.ts';

/** Whom we mean to talk to. It may come from a TLV, so it is a hint: it can only narrow who is admitted. */
export interface Advertised {
  node?: string | undefined;
  /** SHA-256 of the DER certificate: 32 bytes, or their hex. */
  thumbprint?: Uint8Array | string | undefined;
}

/** Whom we believe, and when. */
export interface Trust {
  /** The one authority's certificate, PEM. */
  authority: string;
  /** Milliseconds since 1970. */
  now: number;
  /** The authority's revocation list, PEM, where there is one. */
  revocations?: string | undefined;
}

export type AdmissionRefusal = ChainRefusal | 'no-certificate' | 'thumbprint-mismatch' | 'name-mismatch';

export type Admission =
  | { ok: true; node: string /** Lowercase hex. */; thumbprint: string }
  | { ok: false; reason: AdmissionRefusal; detail: string };

/**
 * The one rule of who a peer is, in every world: our authority's chain, the node's name in the URI, and where something
 * was advertised, exactly that node with exactly that certificate.
 */
export function admit(
  peerCertificate: string | undefined,
  advertised: Advertised | undefined,
  trust: Trust,
): Admission {
  if (!peerCertificate)
    return refused('no-certificate', 'The peer showed no certificate; it needs one of ours.');
  const chain = verifyChain(peerCertificate, trust.authority, new Date(trust.now), trust.revocations);
  if (!chain.ok) return chain;
  const { node } = chain;
  if (advertised?.node !== undefined && advertised.node !== node) {
    return refused('name-mismatch', `The peer is ${node}, not ${advertised.node}.`);
  }
  const thumbprint = thumbprintOf(peerCertificate);
  if (advertised?.thumbprint !== undefined && !isSame(thumbprint, advertised.thumbprint)) {
    return refused(
      'thumbprint-mismatch',
      `${node} shows another certificate than the one that was advertised.`,
    );
  }
  return { ok: true, node, thumbprint: thumbprint.toString('hex') };
}

function isSame(thumbprint: Buffer, advertised: Uint8Array | string): boolean {
  const other = typeof advertised === 'string' ? Buffer.from(advertised, 'hex') : advertised;
  return other.byteLength === thumbprint.byteLength && timingSafeEqual(thumbprint, other);
}

function refused(reason: AdmissionRefusal, detail: string): Admission {
  return { ok: false, reason, detail };
}
