/** A link that is a bundle of several (IEEE 802.1AX): each packet takes the member that its flow hashes to. */

export interface BundleMember {
  name: string;
  in: number;
  out: number;
}

/** By flow label alone: Knuth's multiplicative hash, of its upper bits. */
export function memberOf(flowLabel: number, members: number): number {
  return (Math.imul(flowLabel, 0x9e3779b1) >>> 16) % members;
}

/** Names are those of the links of the bundle, the same at both ends. */
export function bundleOf(members: number): BundleMember[] {
  return Array.from({ length: members }, (_, index) => ({ name: `member-${index + 1}`, in: 0, out: 0 }));
}
