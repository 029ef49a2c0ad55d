/**
 * The tools and capabilities that agents offer each other: names, arguments and results, parsed once at the edge.
 * Argument names of `ietf-srv6-ping` and `ping` are the draft's (troubleshooting draft sections 3.2 and 5.3.1 step 3).
 */
import { z } from 'zod';
import { type SignedAnswer, signedAnswerShape } from '../../crypto/envelope.ts';
import { signedRequestShape } from '../../crypto/request.ts';
import { limits } from './limits.ts';

/** What is advertised and negotiated (troubleshooting draft section 5.3.1 steps 1 and 2). */
export const capabilities = {
  srv6Ping: 'ietf-srv6-ping',
  interfaceCounters: 'ietf-interface-counters',
  ping: 'ietf-ping',
  traceroute: 'ietf-traceroute',
  counting: 'counting',
  /** Carries requests of others to nodes that they cannot reach. */
  relay: 'relay',
} as const;

export const allCapabilities: readonly string[] = Object.values(capabilities);

const count = (initial: number) =>
  z.int().min(1).max(limits.probeCountMax).default(initial).describe('Number of probes');
const intervalMs = z
  .number()
  .min(limits.probeIntervalMsMin)
  .max(limits.probeIntervalMsMax)
  .describe('Milliseconds between probes');
const flowLabel = z
  .int()
  .min(1)
  .max(0xfffff)
  .describe('IPv6 flow label by which every hop counts the probes (RFC 9341)');

export const srv6PingArguments = z.strictObject({
  Head: z.string().optional().describe('Node that sends; this node when absent'),
  Local: z.string().optional().describe('The same as Head, as the draft writes it toward a peer'),
  Tail: z.string().describe('Node that receives'),
  'Tail-Address': z
    .ipv6()
    .optional()
    .describe("The tail's loopback; looked up in what was discovered when absent"),
  'SID-List': z
    .array(z.string())
    .max(limits.pathNodesMax)
    .optional()
    .describe('SIDs (or node names) in travel order; the last one decapsulates at the tail'),
  Count: count(100),
  Interval: intervalMs.default(10),
  Size: z
    .int()
    .min(limits.probeSizeBytesMin)
    .max(limits.probeSizeBytesMax)
    .optional()
    .describe('Octets of the outer packet'),
  'Flow-Label': flowLabel.optional(),
  'Flow-Labels': z
    .array(flowLabel)
    .min(1)
    .max(limits.probeFlowLabelsMax)
    .optional()
    .describe('In place of Flow-Label: several, which the probes take in turn'),
  DSCP: z.int().min(0).max(63).default(0),
});

export const pingArguments = z.strictObject({
  destination: z.string().min(1).describe('IPv6 address'),
  count: count(5),
  source: z.string().optional(),
  interval: intervalMs.default(100),
  size: z
    .int()
    .min(limits.probeSizeBytesMin)
    .max(limits.probeSizeBytesMax)
    .optional()
    .describe('Octets of the packet'),
});

export const tracerouteArguments = z.strictObject({
  destination: z.string().min(1),
  'hops-max': z.int().min(1).max(64).default(30),
});

export const countingStartArguments = z.strictObject({
  'flow-labels': z.array(flowLabel).min(1).max(limits.countingFlowsMax),
  'capture-packets-max': z.int().min(0).max(limits.capturePacketsMax).default(limits.capturePacketsMax),
  'stamps-max': z
    .int()
    .min(0)
    .max(limits.stampsMax)
    .default(0)
    .describe('Of how many packets to tell when they passed'),
});

export const countingStopArguments = z.strictObject({ id: z.string().regex(/^[a-z0-9]{1,32}$/) });

const roundTrips = z.object({
  min: z.number(),
  avg: z.number(),
  max: z.number(),
  median: z.number().optional(),
  p99: z.number().optional(),
});

const probeSummary = {
  sent: z.int(),
  received: z.int().describe('Echo replies: a hint only, they return by another path'),
  'loss-percent': z.number(),
  rtt: roundTrips.optional(),
};

export const srv6PingResult = z.object({
  Head: z.string(),
  Tail: z.string(),
  'SID-List': z.array(z.string()),
  Count: z.int(),
  Size: z.int(),
  'Flow-Labels': z.array(z.object({ label: z.int(), sent: z.int(), received: z.int() })),
  ...probeSummary,
  'packet-too-big-mtu': z.int().optional(),
});

/** Appendix A.1's shape. */
export const pingResult = z.object({
  loss: z.number(),
  rtt: roundTrips.optional(),
  sent: z.int(),
  received: z.int(),
  'packet-too-big-mtu': z.int().optional(),
});

export const tracerouteResult = z.object({ hops: z.array(z.string().nullable()) });

export const countingStartResult = z.object({ id: z.string(), 'lease-ms': z.number() });

/** Closes a session: the node signs the list of everything that it answered in it. */
export const sessionConcludeResult = z.object({
  session: z.string(),
  node: z.string(),
  /** SHA-256 of each answer's canonical statement, in the order of the nonces. */
  statements: z.array(z.string().regex(/^[0-9a-f]{64}$/)),
  signature: z.string(),
});

export const relayArguments = z.strictObject({
  node: z.string().min(1).max(limits.nameCharactersMax).describe('Who is to answer'),
  request: signedRequestShape
    .optional()
    .describe('What the caller signed for that node; absent: only whether the node can be reached'),
});

/**
 * What comes of it: how the node authenticated itself and what may be asked of it, its signed answer, or why there is
 * none (it was not reached, or did not want to).
 */
export type RelayResult =
  | { certificate: string; authorised: string[] }
  | { answer: SignedAnswer }
  | { silent: string }
  | { refused: string };

export const relayResult: z.ZodType<RelayResult> = z.union([
  z.strictObject({ certificate: z.string(), authorised: z.array(z.string()) }),
  z.strictObject({ answer: signedAnswerShape }),
  z.strictObject({ silent: z.string() }),
  z.strictObject({ refused: z.string() }),
]);

export const troubleshootArguments = z.strictObject({
  intent: z
    .string()
    .min(1)
    .max(limits.intentTextBytesMax)
    .describe('One sentence, or YAML/JSON, that says what to verify'),
});

export const toolNames = {
  srv6Ping: 'ietf-srv6-ping',
  ping: 'ping',
  traceroute: 'traceroute',
  countingStart: 'counting-start',
  countingStop: 'counting-stop',
  sessionConclude: 'session-conclude',
  relay: 'relay',
  troubleshoot: 'troubleshoot',
  reportAcknowledge: 'ietf-mcp-report-acknowledge',
  reportDeliver: 'ietf-mcp-report-deliver',
} as const;

/** What may be asked of a node through another: whatever measures, and nothing else. */
export const carriedTools: readonly string[] = [
  toolNames.srv6Ping,
  toolNames.ping,
  toolNames.traceroute,
  toolNames.countingStart,
  toolNames.countingStop,
  toolNames.sessionConclude,
];

/** Signed as the session of an answer that belongs to none. */
export const noSession = 'none';

/** Our keys in MCP `_meta`. */
export const metaKeys = {
  session: 'ietf-mcp/session-id',
  signed: 'ietf-mcp/signed-answer',
  capabilities: 'ietf-mcp/capabilities',
  /** Of a result that says why a tool was not run: `{reason}`, our error code. Nobody signs it. */
  refused: 'ietf-mcp/refused',
} as const;

export type Srv6PingResult = z.infer<typeof srv6PingResult>;
export type PingResult = z.infer<typeof pingResult>;
export type SessionConclusion = z.infer<typeof sessionConcludeResult>;
