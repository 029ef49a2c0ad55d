/**
 * Numbers under which our payload travels. They are private: nobody assigned them to us. A network in which they
 * clash configures others, the same on every node.
 */
export interface Codepoints {
  /** Organisation of the LLDP TLV, 3 bytes. */
  readonly lldpOui: Uint8Array;
  readonly lldpSubtype: number;
  /** RFC 6823 application identifier of our GENINFO TLV 251, uint16. */
  readonly isisApplication: number;
  /** IS-IS area address, 1 to 13 bytes. */
  readonly isisArea: Uint8Array;
}

/**
 * The OUI has the locally-administered bit set, so that it can belong to no manufacturer. 00-00-5E subtype 1 would be
 * wrong: RFC 8520 took it for the MUD URL. Area 49.0001 is in the private address space (AFI 49).
 */
export const privateCodepoints: Codepoints = {
  lldpOui: Uint8Array.of(0x02, 0x43, 0x46),
  lldpSubtype: 1,
  isisApplication: 0xc0fe,
  isisArea: Uint8Array.of(0x49, 0x00, 0x01),
};
