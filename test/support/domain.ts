/**
 * A whole collaboration domain in one process: real agents over a modelled network, in virtual time.
 *
 *   topology -> ModelledNetwork -> driver and frames -> FrameSpeaker -> createAgent   (one for each node)
 *                                        calls go straight to the other agent's service, as a JSON copy
 *
 * Nothing here waits for real time: an intent that takes four seconds on a clock takes milliseconds.
 */
import { createHash, verify } from 'node:crypto';
import { admit } from '../../crypto/admission.ts';
import { thumbprintHexOf } from '../../crypto/certificate.ts';
import type { Operation, SignedAnswer } from '../../crypto/envelope.ts';
import { publicKeyOf } from '../../crypto/keys.ts';
import { frameKind } from '../../discovery/ethernet.ts';
import { type FramePort, FrameSpeaker } from '../../discovery/speaker.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { createRules } from '../../models/rules.ts';
import { type Agent, createAgent } from '../../src/agent/agent.ts';
import type { ProgressEvent } from '../../src/collaboration/progress.ts';
import { orAborted } from '../../src/core/abort.ts';
import { ConferError, messageOf, PeerError } from '../../src/core/errors.ts';
import { killsAgent } from '../../src/core/fault-kinds.ts';
import type { CallOptions, Clock, DeviceDriver, Peer, Peers, Random, Store } from '../../src/core/ports.ts';
import type { Report } from '../../src/core/records.ts';
import type { Caller } from '../../src/core/service.ts';
import { allCapabilities } from '../../src/core/tools.ts';
import type { Fault, Topology } from '../../src/core/topology.ts';
import { identityOf, trustAnchorPem, worldStartMs } from '../../src/sim/identities.ts';
import { ModelledNetwork } from '../../src/sim/network.ts';
import { createSeededRandom } from '../../src/sim/seeded-random.ts';
import { createMemoryStore } from './memory-store.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export { identityOf } from '../../src/sim/identities.ts';

/** What one agent asks of another. */
export interface Call {
  from: string;
  to: string;
  session: string;
  operation: Operation;
  arguments: Parameters<Peer['call']>[1];
  signal: AbortSignal;
}

/** Stands on the wire between two agents; a lie is an answer other than the honest one. */
export interface Wire {
  /** Called instead of a negotiation; the honest one is `proceed`. */
  open?(from: string, to: string, proceed: () => Promise<Peer>): Promise<Peer>;
  /** Called instead of a call or read; the honest one is `proceed`. */
  call?(call: Call, proceed: () => Promise<SignedAnswer>): Promise<SignedAnswer>;
}

export interface DomainOptions {
  /** Of everything that is random. */
  seed: number;
  wire?: Wire;
  /** False: the links lose every IS-IS frame, so that only LLDP and relaying neighbours tell of others. */
  isis?: boolean;
  /** How often everybody announces itself; `announceIntervalMs` when absent. */
  announceIntervalMs?: number;
  /** In place of the modelled router below an agent. */
  driver?(node: string, modelled: DeviceDriver): DeviceDriver;
  /** In place of the rules. */
  model?(node: string): LanguageModel;
  /** In place of a store of its own. */
  store?(node: string): Store;
}

/** As often as in the modelled lab. */
const announceIntervalMs = 500;
const domainMsMax = 120_000;
/** Virtual time that passes between two looks at whether an intent is done; events in between keep their order. */
const stepMs = 20;

interface Member {
  agent: Agent;
  beacon: FrameSpeaker;
  caller: Caller;
  certificatePem: string;
  capabilities: readonly string[];
}

export class Domain implements AsyncDisposable {
  readonly topology: Topology;
  readonly network: ModelledNetwork;
  readonly clock: VirtualClock;
  readonly trustAnchorPem: string = trustAnchorPem;
  readonly #options: DomainOptions;
  readonly #members = new Map<string, Member>();
  /** Nodes whose agents neither hear nor say anything any more. */
  readonly #dead = new Set<string>();

  private constructor(topology: Topology, options: DomainOptions) {
    this.topology = topology;
    this.#options = options;
    this.clock = createVirtualClock(worldStartMs);
    this.network = new ModelledNetwork(topology, { clock: this.clock, random: this.#random('network') });
    for (const { name } of topology.nodes) this.#members.set(name, this.#member(name));
  }

  /** Resolves once every agent has heard every other with all its adjacencies. No fault is in force. */
  static async start(topology: Topology, options: DomainOptions): Promise<Domain> {
    const domain = new Domain(topology, options);
    for (const { agent } of domain.#members.values()) agent.start();
    while (
      ![...domain.#members.values()].every(({ beacon }) =>
        hasHeardAll(beacon, topology, options.isis ?? true),
      )
    ) {
      if (domain.clock.elapsed() > domainMsMax) throw new Error('the agents do not hear each other');
      await domain.clock.advance(stepMs);
    }
    return domain;
  }

  inject(...faults: readonly Fault[]): void {
    for (const fault of faults) {
      this.network.inject(fault);
      if (killsAgent(fault.kind)) this.#dead.add(fault.node);
    }
  }

  /** Injects an intent at a node, and lets time pass until its report is there. Throws what the agent throws. */
  async ask(node: string, text: string, options: AskOptions = {}): Promise<Report> {
    const { signal = new AbortController().signal, observe = () => {} } = options;
    return await this.pass(this.agent(node).troubleshoot(text, signal, observe));
  }

  /** Lets time pass until the promise settles. */
  async pass<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    for (;;) {
      await this.clock.advance(0);
      if (isSettled) return await promise;
      await this.clock.advance(stepMs);
    }
  }

  agent(node: string): Agent {
    return this.#of(node).agent;
  }

  /** Who a node is when it calls. */
  caller(node: string): Caller {
    return this.#of(node).caller;
  }

  certificate(node: string): string {
    return this.#of(node).certificatePem;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { agent, beacon } of this.#members.values()) {
      await this.pass(agent.close());
      await beacon.close();
    }
  }

  #of(node: string): Member {
    const member = this.#members.get(node);
    if (member === undefined) throw new Error(`no node ${node} in ${this.topology.name}`);
    return member;
  }

  #member(node: string): Member {
    const { certificatePem, keyPair } = identityOf(node);
    const capabilities =
      this.topology.nodes.find(({ name }) => name === node)?.capabilities ?? allCapabilities;
    const intervalMs = this.#options.announceIntervalMs ?? announceIntervalMs;
    const beacon = new FrameSpeaker(this.#framePort(node), speakerClock(this.clock), {
      node,
      announceIntervalMs: intervalMs,
    });
    const modelled = this.network.router(node);
    const agent = createAgent(
      {
        identity: { node, privateKey: keyPair.privateKey, certificatePem },
        advertise: { host: this.#managementHost(node), port: 9514 },
        capabilities,
        announceIntervalMs: intervalMs,
      },
      {
        clock: this.clock,
        random: this.#random(node),
        store: this.#options.store?.(node) ?? createMemoryStore(),
        beacon,
        device: this.#options.driver?.(node, modelled) ?? modelled,
        model: this.#options.model?.(node) ?? createRules(),
        peers: this.#peersOf(node),
        admit: (pem, expected) => admit(pem, expected, { authority: trustAnchorPem, now: this.clock.now() }),
        log: { info() {}, warn() {} },
      },
    );
    const caller: Caller = { name: node, role: 'device', thumbprint: thumbprintHexOf(certificatePem) };
    return { agent, beacon, caller, certificatePem, capabilities };
  }

  #framePort(node: string): FramePort {
    const port = this.network.framePort(node);
    const speaks = (frame: Uint8Array) =>
      !this.#dead.has(node) && ((this.#options.isis ?? true) || frameKind(frame) !== 'isis');
    const send: FramePort['send'] = (name, frame) => {
      if (speaks(frame)) port.send(name, frame);
    };
    return { interfaces: () => port.interfaces(), onFrame: (handler) => port.onFrame(handler), send };
  }

  /** In-band, an agent listens at its router's loopback. */
  #managementHost(node: string): string {
    const address = this.topology.nodes.find(({ name }) => name === node)?.address ?? '';
    return this.topology.management === 'in-band' ? address : '192.0.2.1';
  }

  #random(who: string): Random {
    const digest = createHash('sha256').update(`${this.#options.seed} ${who}`).digest();
    return createSeededRandom(digest.readUIntBE(0, 6));
  }

  #peersOf(from: string): Peers {
    return {
      open: async (to, { session, signal }) => {
        const honest = () => this.#open(from, to, session, signal);
        return await (this.#options.wire?.open?.(from, to, honest) ?? honest());
      },
    };
  }

  async #open(from: string, to: string, session: string, signal: AbortSignal): Promise<Peer> {
    await this.#reach(from, to, signal);
    const { caller, capabilities } = this.#of(from);
    const { agent, certificatePem } = this.#of(to);
    this.#confirm(from, to);
    const authorised = await agent.service.negotiate(caller, capabilities);
    if (authorised.length === 0) throw new PeerError('unauthorised', `${to} and we share no capability.`);
    const call = async (operation: Operation, args: Call['arguments'], options: CallOptions) => {
      const asked = { from, to, session, operation, arguments: args, signal: options.signal };
      const honest = () => this.#call(asked, options);
      return await (this.#options.wire?.call?.(asked, honest) ?? honest());
    };
    return {
      node: to,
      certificate: certificatePem,
      authorised,
      call: (tool, args, options) => call({ tool }, args, options),
      read: (uri, options) => call({ uri }, {}, options),
    };
  }

  /** What mutual TLS proves, discovery keeps. */
  #confirm(from: string, to: string): void {
    const { caller, certificatePem } = this.#of(to);
    const key = publicKeyOf(certificatePem);
    this.#of(from).beacon.confirm(to, Buffer.from(caller.thumbprint, 'hex'), (bytes, signature) =>
      verify(null, bytes, key, signature),
    );
  }

  /** Copied as JSON, for what crosses a wire shares no memory. Throws PeerError as the Peers port promises. */
  async #call(call: Call, options: CallOptions): Promise<SignedAnswer> {
    await this.#reach(call.from, call.to, options.signal);
    const { service } = this.agent(call.to);
    const context = { ...options, caller: this.#of(call.from).caller, session: call.session };
    try {
      const answer =
        'tool' in call.operation
          ? await service.callTool(call.operation.tool, copied(call.arguments), context)
          : await service.readResource(call.operation.uri, context);
      await this.#reach(call.to, call.from, options.signal);
      return copied(answer.signed);
    } catch (error) {
      throw asPeerError(error, call.to, options.signal);
    }
  }

  /** In-band, calls die silently with the links that they share; out-of-band, only with the router. */
  async #reach(from: string, to: string, signal: AbortSignal): Promise<void> {
    const inBand = this.topology.management === 'in-band';
    if (!inBand && this.network.isCrashed(to))
      throw new PeerError('unreachable', `${to} refuses connections.`);
    if (inBand && !(this.network.linkCarries(from, to) && this.network.linkCarries(to, from)))
      await silence(signal, to);
    if (this.#dead.has(to)) throw new PeerError('unreachable', `${to} refuses connections.`);
  }
}

function hasHeardAll(beacon: FrameSpeaker, topology: Topology, byIsis: boolean): boolean {
  const { nodes } = beacon.heard();
  // Parallel links are one adjacency.
  const adjacent = (name: string) =>
    new Set(
      topology.links.flatMap(({ a, b }) => (a.node === name ? [b.node] : b.node === name ? [a.node] : [])),
    );
  return (
    nodes.length === topology.nodes.length - 1 &&
    (!byIsis || nodes.every(({ node, linkState }) => linkState?.neighbours.length === adjacent(node).size))
  );
}

export interface AskOptions {
  signal?: AbortSignal;
  observe?(event: ProgressEvent): void;
}

/** Never answers: rejects with PeerError `timeout` once the caller gives up. */
export async function silence(signal: AbortSignal, node: string): Promise<never> {
  try {
    return await orAborted(new Promise<never>(() => {}), signal);
  } catch (error) {
    throw asPeerError(error, node, signal);
  }
}

/** What src/mcp makes of it on the wire. */
function asPeerError(error: unknown, node: string, signal: AbortSignal): PeerError {
  if (error instanceof PeerError) return error;
  if (signal.aborted) return new PeerError('timeout', `${node} did not answer in time.`, { cause: error });
  if (!(error instanceof ConferError)) throw error;
  const reason =
    error.code === 'access-denied' ? 'unauthorised' : error.code === 'timeout' ? 'timeout' : 'refused';
  return new PeerError(reason, `${node}: ${messageOf(error)}`, { cause: error });
}

function speakerClock(clock: Clock) {
  return {
    now: () => clock.elapsed(),
    every(intervalMs: number, callback: () => void) {
      const stop = new AbortController();
      const repeat = (): Promise<void> => clock.sleep(intervalMs, stop.signal).then(callback).then(repeat);
      repeat().catch((error: unknown) => {
        if (!stop.signal.aborted) throw error;
      });
      return () => stop.abort();
    },
  };
}

function copied<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
