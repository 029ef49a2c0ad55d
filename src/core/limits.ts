/**
 * Every bound in one place, each with its reason. Units are in the names.
 */
export const limits = {
  /**
   * Head and tail included: 64 hops, as many as packets go that start with the usual hop limit. A longer path does not fit
   * an SRH of 255 * 8 octets with room to spare (RFC 8754 section 2).
   */
  pathNodesMax: 65,
  /**
   * Of a node: what a TLV of discovery holds. Of an interface or an access list too, which vendors keep below 64: a report
   * repeats them for every section.
   */
  nameCharactersMax: 255,
  /** Equal-cost members measured in each direction; more would multiply probes without naming more elements. */
  pathsMax: 16,
  /** Equal-cost next hops that a router tells of one address: more than any router installs. */
  nextHopsMax: 256,
  /** Output queues that a router tells of one interface: more than classes that routers tell apart. */
  queuesMax: 64,
  /** Members that a router tells of one bundle: more than any bundle has. */
  bundleMembersMax: 256,
  /** Of BGP, BFD and IS-IS: neighbours that a router tells of, and routes of each table, so that a report has room. */
  bgpNeighborsMax: 64,
  bgpRoutesMax: 256,
  bgpAsPathMax: 64,
  /** Nodes that one intent may involve. */
  domainNodesMax: 128,
  /** Parallel calls of one fan-out (troubleshooting draft section 5.3.1 step 3). */
  parallelCallsMax: 32,
  /** A read of counters or state. */
  readTimeoutMs: 5_000,
  /** Opening a mutual-TLS session, including capability negotiation. */
  sessionTimeoutMs: 4_000,
  /** Slack for a probe call on top of count * interval. */
  probeSlackMs: 4_000,
  /** Probes of one call: bounds what a peer may ask of a router (security threat: expensive arguments). */
  probeCountMax: 100_000,
  /** Flow labels that the probes of one call take in turn. */
  probeFlowLabelsMax: 32,
  probeIntervalMsMin: 1,
  probeIntervalMsMax: 10_000,
  /** Octets of a probe on the wire, IPv6 header included. */
  probeSizeBytesMin: 128,
  probeSizeBytesMax: 9_216,
  /** Marking counters remove themselves after this long without being read: a crashed initiator leaves nothing behind. */
  countingLeaseMs: 60_000,
  /** Sessions that count at once on one router. */
  countingSessionsMax: 8,
  /** Flow labels of one counting session. */
  countingFlowsMax: 128,
  /** Of one report: of the whole paths, and of those that begin behind places at which nothing passes. */
  reportFlowsMax: 512,
  /** Packets kept as raw evidence by each node (troubleshooting draft step 5). */
  capturePacketsMax: 16,
  /** Time stamps of packets in one counting session: more than the ring of the Linux driver holds would not be kept. */
  stampsMax: 256,
  /** Intents that run at once on one router: a diagnosis must not disturb the device that it runs on. */
  intentsRunningMax: 2,
  /** Wall time of one intent. */
  intentTimeoutMs: 120_000,
  intentTextBytesMax: 4_096,
  /** One MCP message. A report of a 64-hop path with its captures stays below. */
  messageBytesMax: 16 * 1024 * 1024,
  /** Signed answers in one report: so many of a few kilobytes fill what a message has for them. */
  reportAnswersMax: 3_072,
  /** Answers remembered for one session, for the signature that closes it. */
  sessionAnswersMax: 1_024,
  sessionsMax: 64,
  /** So that one caller cannot push out the others. */
  sessionsOfOneCallerMax: 16,
  /** Nodes that are asked at once whether they reach one that we do not, and so many that fail to for one node. */
  relaysAskedMax: 3,
  relaysPerNodeMax: 6,
  /** A relay says so before `sessionTimeoutMs` is over when the node does not answer it either. */
  relayOpenTimeoutMs: 2_500,
  /** A relay waits no longer, whatever its caller does: more than the longest train of probes takes. */
  relayCallTimeoutMs: 60_000,
  /** Octets of a request and of an answer that a relay carries. */
  relayRequestBytesMax: 32 * 1024,
  relayAnswerBytesMax: 1024 * 1024,
  /** What a relay does for one caller: at once, and in a minute. It must not amplify what one node can send. */
  relayedAtOnceMax: 32,
  relayedPerMinuteMax: 600,
  /** Nodes that a relay remembers to have been asked for, over all sessions. */
  relayWaysMax: 256,
  /** Callers whose carried requests are remembered, so that none is answered twice. */
  carriedCallersMax: 256,
  /** An untrusted mark expires: the reason may have been the fault itself. */
  untrustedForMs: 60_000,
  /** What is told of a peer that failed: it stands in the report, which must stay readable whatever one peer sends. */
  peerTextCharactersMax: 500,
  /** Causes that a report ranks: a model weighs each, and whoever verifies lists them again. */
  rankedCausesMax: 128,
  /** Findings that a model words, a sentence each; where there are more, the rules do. */
  wordedFindingsMax: 4,
  /** Clock difference that is forgiven when certificates are judged. */
  clockSkewMs: 10_000,
  /** Reports kept on the box until a controller has them, unless agent.yaml says otherwise. */
  reportsMax: 1_000,
  /** Reports that one call acknowledges. */
  reportIdsMax: 200,
  /** A controller verifies a pushed report and makes it durable within this time, or it fetches it later. */
  reportDeliveryTimeoutMs: 10_000,
  /** Controllers that are told at once of a new report. */
  controllersMax: 8,
  /** Records of the audit trail that are kept, unless agent.yaml says otherwise: about 60 MB. */
  auditRecordsMax: 100_000,
  /** The device signs how far its trail went after so many records, and after so long at the latest. */
  auditCheckpointRecords: 256,
  auditCheckpointMs: 2_000,
  /** Longer arguments are kept as a digest, longer texts as their beginning and a digest. */
  auditArgumentsOctetsMax: 512,
  auditTextCharactersMax: 256,
  /** What a model saw and said is kept whole: a longer prompt fits no context that Confer gives a model. */
  auditPromptCharactersMax: 32_768,
  /** Connections refused within a minute that are written down one by one: strangers must not push out the history. */
  auditRefusalsPerMinute: 30,
} as const;
