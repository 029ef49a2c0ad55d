/**
 * The records that flow one way through a collaboration:
 * text -> intent -> paths -> measurements -> findings -> hypothesis -> report.
 * What peers measured and signed is a measurement; `evidence` is the draft's word for packets (PCAP).
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import type { SignedAnswer } from '../../crypto/envelope.ts';
import type { UntrustedReason } from './errors.ts';
import type { FindingKind } from './fault-kinds.ts';

export type { FindingKind } from './fault-kinds.ts';

/** Relative to the intent: forward is head -> tail. */
export type Direction = 'forward' | 'reverse';

export interface PathLossIntent {
  kind: 'path-loss';
  head: string;
  tail: string;
  /** Nodes that the SRv6 policy names between head and tail, in order. */
  via: string[];
  /** The least loss that must not be missed; usually 0.5. */
  lossMinPercent?: number;
  /**
   * The loss that whoever asks is willing to accept. It judges what was measured, and changes neither what is looked for nor the
   * verdict; where it is below what is usually looked for, that is looked for instead.
   */
  lossMaxPercent?: number;
  /** The DSCP that the probes carry (RFC 2474); usually 0. */
  dscp?: number;
  /** Octets of the small probes, SRv6 header included; usually as few as they can have. */
  sizeBytes?: number;
  /** Probes over each path and direction at most. */
  count?: number;
  /** Probe packets of this intent altogether at most: those that warm up, large ones and closer looks too. */
  totalMax?: number;
  /** Probe packets a second at most, over all paths together. */
  perSecondMax?: number;
  /** Stop as soon as one fault is sure, with as few probes as that takes. */
  firstFaultOnly?: boolean;
}

export interface UnsupportedIntent {
  kind: 'unsupported';
  reason: string;
}

export interface BgpSessionIntent {
  kind: 'bgp-session';
  /** Absent until it is known who was asked: then that node. */
  head?: string;
  neighbor: string;
}

export interface ReachabilityIntent {
  kind: 'reachability';
  head: string;
  tail: string;
  via: string[];
}

export interface PathMtuIntent {
  kind: 'path-mtu';
  head: string;
  tail: string;
  via: string[];
  /** Packets of so many octets, SRv6 header included, should pass. */
  sizeBytes?: number;
}

export interface PathLatencyIntent {
  kind: 'path-latency';
  head: string;
  tail: string;
  via: string[];
  /** Probes for each figure; usually 20. */
  count?: number;
}

export const deviceMetrics = ['cpu', 'memory', 'interface'] as const;

export interface DeviceStatusIntent {
  kind: 'device-status';
  head: string;
  metrics: (typeof deviceMetrics)[number][];
}

/** What a report can answer. */
export type ServedIntent =
  | PathLossIntent
  | BgpSessionIntent
  | ReachabilityIntent
  | PathMtuIntent
  | PathLatencyIntent
  | DeviceStatusIntent;

export type Intent = ServedIntent | UnsupportedIntent;

/** One directed link as the routers described it; an interface is empty when its node did not answer. */
export interface Hop {
  from: string;
  egress: string;
  to: string;
  ingress: string;
}

/** A path that packets of the intent can take. */
export interface Path {
  /** f1, f2, ... r1, r2, ... */
  id: string;
  direction: Direction;
  nodes: string[];
  hops: Hop[];
  /** SIDs in travel order that steer a probe over exactly these nodes. */
  segments: string[];
}

/** A train of probes with one flow label. */
export interface Flow {
  flowLabel: number;
  path: string;
  /** `loss`: small probes, many. `size`: as large as the path should carry, few. */
  purpose: 'loss' | 'size';
  sizeBytes: number;
}

/** A signed answer as the report carries it; ids are e1, e2, ... in the order in which they were asked for. */
export interface Envelope {
  id: string;
  node: string;
  arguments: JsonObject;
  signed: Omit<SignedAnswer, 'certificate'>;
  /** SHA-256 of the packet file in `evidence` that came with this answer. */
  pcapSha256?: string;
}

/** Where a fault sits. Fields that do not apply are absent. */
export interface Element {
  node: string;
  interface?: string;
  /** The other end of the link. */
  peer?: string;
  /** ACL name, SID, ... */
  object?: string;
}

export interface Finding {
  kind: FindingKind;
  element: Element;
  direction: Direction | 'both';
  /** Posterior probability of a loss above the background in this place, 0..1. */
  probability: number;
  lossPercent: number;
  /** 95 % Wilson score interval. */
  lossPercentInterval: [number, number];
  /** Ids of the envelopes that it rests on. */
  supportedBy: string[];
}

/** What two neighbouring counting points of a path say. */
export interface SectionMeasurement {
  path: string;
  direction: Direction;
  purpose: Flow['purpose'];
  /** "PE-1 sent", "PE-1 out pe1-p2", "P-2 in p2-pe1", ... */
  from: string;
  to: string;
  entered: number;
  left: number;
  lossPercent: number;
  lossPercentInterval: [number, number];
  /** Posterior probability that more is lost here than the background explains. */
  probability: number;
  /** Every element between the two points. */
  elements: Element[];
}

export interface Untrusted {
  node: string;
  reason: UntrustedReason;
  detail: string;
  /** In-band: its management address lies on the tested network, so its silence may be the fault's doing. */
  management: 'in-band' | 'out-of-band';
  /** The mark expires then (ISO 8601): a timeout may blame the victim. */
  until: string;
  /** Which node carried question and answer instead, with success until the end: it was lost to the creator alone. */
  reachedThrough?: string;
}

export type Verdict = 'CONFIRMED' | 'LIKELY' | 'INCONCLUSIVE' | 'NO_FAULT';

/** Whether the loss that was said to be acceptable is kept; of a path-loss intent that says so. */
export interface PathTolerance {
  path: string;
  direction: Direction;
  /** `kept` and `broken` where the whole interval is; `unknown` where it is not, or where what arrived was not counted. */
  state: 'kept' | 'broken' | 'unknown';
  sent: number;
  arrived: number;
  lossPercent: number;
  /** 95 % Wilson score interval. */
  lossPercentInterval: [number, number];
}

/** Whether anything arrived over a path; of a reachability intent. */
export interface PathReach {
  path: string;
  direction: Direction;
  /** `unknown` where nobody tells, or those who tell contradict each other. */
  state: 'reachable' | 'unreachable' | 'unknown';
  sent: number;
  /** Delivered as the tail counted it; where it does not count, echo replies. */
  arrived: number;
  /** What `arrived` is: replies come back by another path, so that none proves nothing. */
  shownBy: 'counter' | 'replies' | 'nobody';
  /** Ids of the envelopes that it rests on. */
  supportedBy: string[];
}

/** How large packets may be over a path; of a path-mtu intent. All sizes are octets from the outer IPv6 header on. */
export interface PathMtu {
  path: string;
  direction: Direction;
  /** The largest probe that arrived, of those below the smallest that did not; absent where nothing tells. */
  passesBytes?: number;
  /** The smallest probe of which none arrived; one octet more than `passesBytes` where the search came to its end. */
  failsBytes?: number;
  /** What is left of `passesBytes` for the packet of a host, without the SRv6 encapsulation. */
  hostBytes?: number;
  /** The least MTU that the routers on the path tell of its links. */
  toldBytes?: number;
  /** Where probes of `failsBytes` end. */
  limitedBy: Element[];
  /** Whether packets of the size that was asked for pass. */
  required?: 'kept' | 'broken' | 'unknown';
  /** Ids of the envelopes that it rests on. */
  supportedBy: string[];
}

/** How long packets take; of a path-latency intent. */
export interface Delay {
  path: string;
  direction: Direction;
  /** Of the whole path, of a link, or inside a router, which is then both `from` and `to`. */
  place: 'path' | 'link' | 'router';
  from: string;
  to: string;
  /** Of a link: the sending interface. */
  interface?: string;
  /**
   * `one-way`: between two time stamps of the same probes, by clocks that agree within `errorMs`. `round-trip`: there and back
   * by one clock, so that the way there takes between nothing and that.
   */
  method: 'one-way' | 'round-trip';
  /** Why not one way: the clocks do not allow it, nobody told of time stamps, or these contradict the round trip. */
  because?: 'clocks' | 'stamps' | 'contradiction';
  /** How many values the figures are of. */
  probes: number;
  minMs: number;
  medianMs: number;
  p99Ms: number;
  /** Of a one-way delay between two clocks: by how much it may be wrong. */
  errorMs?: number;
  /** Ids of the envelopes that it rests on. */
  supportedBy: string[];
}

/** What one device says of itself; of a device-status intent. */
export interface MetricStatus {
  metric: DeviceStatusIntent['metrics'][number];
  /** Of the metric interface: which one. */
  interface?: string;
  /** `conspicuous` from the documented thresholds on; `unknown` where the device does not tell. */
  state: 'normal' | 'conspicuous' | 'unknown';
  /** Of cpu, how busy all cores together were between two readings; of memory, what is in use. */
  usedPercent?: number;
  admin?: 'up' | 'down';
  oper?: 'up' | 'down' | 'unknown';
  /** Packets of an interface, in and out, that were damaged or dropped between two readings. */
  errors?: number;
  discards?: number;
  /** Ids of the envelopes that it rests on. */
  supportedBy: string[];
}

/** What might be the cause, as the correlation and the on-box model rank it. */
export interface Ranking {
  /** Name and hash of the model. */
  model: string;
  /** Every cause that the evidence allows, the most probable by the correlation first. */
  causes: {
    kind: FindingKind | 'healthy' | 'undetermined';
    element?: Element;
    direction?: Direction | 'both';
    /** Probability by the correlation, 0..1. */
    correlator: number;
    /** Share among the causes by the model, 0..1; absent where it gave none. */
    model?: number;
  }[];
  /** Whether both have the same cause first; absent where the model gave no shares. */
  agrees?: boolean;
  /** Why the model gave none. */
  why?: string;
  /** "both agree" ...: the correlation's ranking stands in any case. */
  conclusion: string;
}

/** Who worded the summary, where a model was asked to. */
export interface Wording {
  /** Name and hash of the model. */
  model: string;
  /** Its sentences, one of each finding, with slots such as {loss}, which the conclusion fills; absent where the rules' sentence stands. */
  templates?: string[];
  /** Why the rules' sentence stands. */
  why?: string;
}

/** Everything that the correlation concludes; a pure function of what the report carries. */
export interface Conclusion {
  verdict: Verdict;
  findings: Finding[];
  /** When the measurements do not decide: the smallest set of elements that holds the fault. */
  suspects: Element[];
  measurements: SectionMeasurement[];
  /** "PE-1 egress ACL 2001" */
  hypothesis: string;
  recommendation: string;
  /** Of a path-loss intent with `lossMaxPercent` alone, a path each. */
  tolerance?: PathTolerance[];
  /** Of a reachability intent alone, a path each. */
  reachability?: PathReach[];
  /** Of a path-mtu intent alone, a path each. */
  mtu?: PathMtu[];
  /** Of a path-latency intent alone: of each path the whole, its links and its routers in the order of travel. */
  latency?: Delay[];
  /** Of a device-status intent alone. */
  status?: MetricStatus[];
}

/** The draft's report (troubleshooting draft section 5.3.1 step 5) with everything that proves it. */
export interface Report extends Conclusion {
  /** urn:ietf:params:xml:ns:yang:ietf-mcp/report/ID */
  uri: string;
  creator: string;
  /** ISO 8601, the creator's clock. */
  created: string;
  intent: ServedIntent;
  intentText: string;
  'session-id': string;
  /** One sentence for people, worded by `reasoner`. */
  summary: string;
  reasoner: string;
  /** Where there is a model that words conclusions. */
  wording?: Wording;
  /** Of a path-loss intent, where there is a model that ranks causes; it decides nothing. */
  ranking?: Ranking;
  paths: Path[];
  flows: Flow[];
  untrusted: Untrusted[];
  envelopes: Envelope[];
  /** Packet files (libpcap), base64. */
  evidence: string[];
  /** Device certificates, PEM, by node. */
  certificates: Record<string, string>;
  /** By node: its signature over its own envelopes of this session; the creator's covers everything. */
  signatures: Record<string, string>;
}
