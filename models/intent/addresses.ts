/** How addresses look, with the lengths of prefixes. */

export const address = [
  String.raw`(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?`,
  // RFC 4291 in any of its forms; at least two colons, so that "pe1:pe3" is none.
  String.raw`(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4})?(?:(?::[0-9a-f]{1,4}){0,6}|:)(?:\/\d{1,3})?`,
  String.raw`[0-9a-f]{1,4}::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?(?:\/\d{1,3})?`,
  String.raw`::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?(?:\/\d{1,3})?`,
].join('|');

/** A text that is an address and nothing else. */
export const addressWhole = new RegExp(`^(?:${address})$`, 'iu');
