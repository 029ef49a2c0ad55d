/**
 * The ports: what an agent needs from the world. One agent runs in three worlds; only the adapters behind these
 * interfaces differ. Every port is required and none has a default: a forgotten injection must not pass unseen.
 * (Beacon lives in discovery/beacon.ts, LanguageModel in models/language-model.ts: a port lives with its idea.)
 */
import type { Admission, Advertised } from '../../crypto/admission.ts';
import type { JsonObject } from '../../crypto/canonical.ts';
import type { SignedAnswer } from '../../crypto/envelope.ts';
import type { RoutingProtocol } from './topology-routing.ts';

export interface Clock {
  /** Wall time, milliseconds since the epoch: for what people and certificates read. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary start: for intervals. */
  elapsed(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A signal that aborts after `ms` with a ConferError `timeout`; dispose it to stop the timer. */
  deadline(ms: number, parent?: AbortSignal): Deadline;
}

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

export interface Random {
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1). */
  fraction(): number;
}

/** Whoever answers calls: this very device, or a neighbour over mutual TLS. Implemented by src/mcp and by the agent for itself. */
export interface Peers {
  /**
   * Opens an authenticated session with a node of the domain; all sessions with it share one connection. Throws
   * PeerError: `unreachable` when the node is not known or does not listen, or we are stopping; `authentication` when
   * one side does not take the other's certificate, or it is another node's; `unauthorised` when no capability is
   * shared; `timeout` as soon as the signal aborts.
   */
  open(node: string, options: { session: string; signal: AbortSignal }): Promise<Peer>;
}

export interface Peer {
  readonly node: string;
  /** The certificate that authenticated the connection, PEM. */
  readonly certificate: string;
  /** The intersection of both capability lists (troubleshooting draft section 5.3.1 step 2). */
  readonly authorised: readonly string[];
  /**
   * Calls an MCP tool. The answer is as received: signed, not yet verified; all progress comes before it. Throws
   * PeerError: `timeout` as soon as the signal aborts (the peer is told, and stops) or when the peer's device was too
   * slow; `unreachable` when the connection ends; `unauthorised`, or `refused` for any other reason that the peer gives
   * and for what is longer than `limits.messageBytesMax`, either way; `malformed` for an answer that is none.
   */
  call(tool: string, args: JsonObject, options: CallOptions): Promise<SignedAnswer>;
  /** Reads an MCP resource. Same contract as call. */
  read(uri: string, options: CallOptions): Promise<SignedAnswer>;
}

/**
 * The rule by which connections are admitted, for a certificate that came by another way: our authority issued it, it is
 * valid now and not revoked, and it is the one that was expected.
 */
export type Admit = (certificatePem: string, expected: Advertised) => Admission;

export interface CallOptions {
  signal: AbortSignal;
  /** 0..1 for long probes. */
  onProgress?: (progress: Progress) => void;
}

export interface Progress {
  /** 0..1 */
  fraction: number;
  message?: string;
}

/**
 * The router below the agent. Failures are ConferErrors: besides those that a method names, `device-failure` when the
 * router cannot do what it should (it is dead, a tool or a permission is missing). An aborted signal rejects with its
 * reason. What is returned is the caller's to keep and to change.
 */
export interface DeviceDriver {
  /** What this router is configured to be. Does not change while the agent runs. */
  facts(): Promise<DeviceFacts>;
  /**
   * What the router says of itself now, as RFC 7951 JSON in the schema that device-data.ts has for the path: interfaces,
   * accessLists, routing, device, forwarding, system, those of the routing protocols that it runs, or `counting=ID` for as long as a change of that id is in force.
   * `not-found` for any other path, discovery and advertisements among them: those the agent serves.
   */
  read(path: string, signal: AbortSignal): Promise<JsonObject>;
  /**
   * Sends all of the probe's packets, paced by its interval, and resolves when no answer is waited for any more.
   * Progress never falls and ends with 1. `bad-input`, with nothing sent, for what core/driver-arguments.ts refuses, and
   * for a source that is not the router's own. Once the signal aborts, nothing more is sent and nothing stays behind.
   */
  run(probe: Probe, options: CallOptions): Promise<ProbeResult>;
  /**
   * Makes a temporary change; the returned Undo restores what was there. `bad-input` for what core/driver-arguments.ts
   * refuses, and for an id that is in use; `overloaded` when `limits.countingSessionsMax` changes are in force. A change
   * that was refused has changed nothing.
   */
  apply(change: Change): Promise<Undo>;
}

export interface DeviceFacts {
  node: string;
  /** Operating system and version, as a person would name it. */
  system: string;
  /** Loopback IPv6 address: source and destination of probes. */
  address: string;
  /** SRv6 locator prefix, for example "fc00:2::/32" (RFC 8986 section 3.1). */
  locator: string;
  /** Configured SIDs. Whether they are installed is for `/confer-device:forwarding` to say. */
  sids: { end: string; decapsulate: string };
  /** Routing protocols that it is configured to run; absent where nothing is known of any. */
  protocols?: RoutingProtocol[];
}

export type Probe = Srv6PingProbe | PingProbe | TracerouteProbe;

/** ICMPv6 echo requests inside IPv6 with a segment routing header (RFC 8754, RFC 9259). */
export interface Srv6PingProbe {
  kind: 'srv6-ping';
  /** Address of the tail, the inner destination. */
  destination: string;
  /** SIDs in travel order; the last one decapsulates at the tail. */
  segments: readonly string[];
  count: number;
  intervalMs: number;
  /** Octets of the outer packet: IPv6 + SRH + IPv6 + ICMPv6; from what these need to `limits.probeSizeBytesMax`. */
  sizeBytes: number;
  /**
   * 1 to `limits.probeFlowLabelsMax`, each of 20 bits, taken in turn; copied to the outer header, by which every hop counts
   * (RFC 9341's principle) and chooses among links of equal cost (RFC 6438).
   */
  flowLabels: readonly number[];
  dscp: number;
}

export interface PingProbe {
  kind: 'ping';
  destination: string;
  count: number;
  intervalMs: number;
  source?: string;
  /** Octets of the IP packet. */
  sizeBytes?: number;
  flowLabel?: number;
}

export interface TracerouteProbe {
  kind: 'traceroute';
  destination: string;
  /** 1 to `limits.pathNodesMax`. */
  hopsMax: number;
}

export interface ProbeResult {
  sent: number;
  /** Echo replies: a hint only, for they return by another path. */
  received: number;
  /** Only for srv6-ping: `received` by flow label, in the order of the probe's. */
  receivedByLabel?: readonly number[];
  /** Packet too big, raised by this router or heard from another (RFC 8201); octets. */
  packetTooBigMtuBytes?: number;
  rttMs?: { min: number; average: number; max: number; median: number; p99: number };
  /** Only for traceroute: who answered at each hop limit up to the destination, `null` = nobody. */
  hops?: (string | null)[];
}

/** Counts probes by flow label on every interface, and at delivery to the router itself. */
export interface Change {
  kind: 'count';
  /** Chosen by the caller; at most 32 of [a-z0-9]. Read back at `/confer-device:counting=ID`. */
  id: string;
  /** 1 to `limits.countingFlowsMax` of them, 20 bits and not 0; read back one entry a label. */
  flowLabels: readonly number[];
  /** Packets to keep, 0 to `limits.capturePacketsMax`; with 0 no `capture` is read back. */
  capturePacketsMax: number;
  /** Of how many packets to keep when they passed, 0 to `limits.stampsMax`; none when absent. */
  stampsMax?: number;
}

export interface Undo extends AsyncDisposable {
  /** Resolves once the change is out of force. Idempotent; after a failure the next call tries again. */
  undo(): Promise<void>;
}

/**
 * Durable memory. Writes take effect in the order of the calls; a promise resolves only once its write, and everything
 * that was written before it, survives a crash. Any failure is final: throws ConferError `storage-failure`, from then on
 * always, for nobody knows what the disk holds until the store is opened again.
 */
export interface Store {
  /** Appends to a log; resolves with its index once durable. Indexes of a log are 0, 1, 2, ... in order of the calls. */
  append(log: string, record: JsonObject): Promise<number>;
  /** Records of a log in order, from index `from`. */
  scan(log: string, from?: number): AsyncIterable<{ index: number; record: JsonObject }>;
  /** The newest record of a log. */
  last(log: string): Promise<{ index: number; record: JsonObject } | undefined>;
  /** Removes the records of a log below index `before`, except the newest of all; indexes do not move. */
  trim(log: string, before: number): Promise<void>;
  /** What it returns is durable. */
  get(table: string, key: string): Promise<JsonObject | undefined>;
  /** Resolves once durable. */
  put(table: string, key: string, value: JsonObject): Promise<void>;
  keys(table: string): Promise<string[]>;
  remove(table: string, key: string): Promise<void>;
  close(): Promise<void>;
}

export interface Log {
  info(message: string, fields?: JsonObject): void;
  warn(message: string, fields?: JsonObject): void;
}
