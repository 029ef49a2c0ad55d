/** What may be in the files that `confer infer` reads: far more than a real trace has, and what memory still holds. */
export const bounds = {
  /** A longer line is no line of ours, or not text at all. */
  lineCharactersMax: 16_384,
  nameCharactersMax: 255,
  nodesMax: 1_000_000,
  /** Directed ones. */
  linksMax: 4_000_000,
  flowsMax: 5_000_000,
  /** A path within one domain is not longer (RFC 791 gave 255 hops to a packet; an SRH holds 127 segments). */
  pathLinksMax: 128,
  /** 15 digits: whole numbers up to 2^53 are exact. */
  countDigitsMax: 15,
} as const;
