/**
 * The bounds of the MCP layer that are nobody else's business, each with its reason. Units are in the names.
 */
export const bounds = {
  /** Nesting of one message: a report's deepest branch is a third of it. */
  jsonDepthMax: 64,
  /** From the first byte of a request to the last of its body (security: 1 byte in 100 ms is cut off within 5 s). */
  bodyTimeoutMs: 4_000,
  /** Octets of all request bodies that are being read. */
  bodiesBytesMax: 64 * 1024 * 1024,
  /**
   * Requests of one caller that are served at once, over all connections and links that it opened; over those that we
   * opened to it, as many again.
   */
  callerRequestsMax: 256,
  /** Items of one page of resources/list. */
  pageItemsMax: 200,
  /** Capabilities in one negotiation, and octets of each. */
  capabilitiesMax: 64,
  capabilityCharactersMax: 128,
  /** Sessions of the older protocol era: one idle for so long is closed. */
  eraSessionIdleMs: 600_000,
  /** Octets that wait for one peer to read them: two whole messages. A peer that reads no more is cut off. */
  linkBufferedBytesMax: 32 * 1024 * 1024,
  /** Messages that arrived before their channel was started. */
  linkEarlyMessagesMax: 64,
  /** A link is asked for a sign of life this often, and closed when it gives none for three times as long. */
  linkHeartbeatMs: 10_000,
  /** A link that nobody used for so long is closed. */
  linkIdleMs: 120_000,
  /** Open links that others opened to us, and as many that we opened. */
  linksMax: 256,
  /** Open links that one certificate opened: one is enough, the others are of before a restart or a cut cable. */
  linksOfOneCallerMax: 8,
} as const;

/**
 * The SDK arms a wall-clock timer for every request, which cannot be turned off. Deadlines are ours and come as signals,
 * so it gets the longest delay that a timer takes (about 25 days).
 */
export const sdkTimeoutMs = 2 ** 31 - 1;
