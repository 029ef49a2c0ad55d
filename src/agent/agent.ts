/**
 * One Collaboration Agent (troubleshooting draft section 5.2): server for its neighbours, client of its neighbours.
 * The same in every world; only the ports differ.
 */
import type { KeyObject } from 'node:crypto';
import type { JsonObject, JsonValue } from '../../crypto/canonical.ts';
import { thumbprintHexOf } from '../../crypto/certificate.ts';
import type { CarriedRequest, SignedRequest } from '../../crypto/request.ts';
import type { Beacon } from '../../discovery/beacon.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { collaborate } from '../collaboration/collaborate.ts';
import type { Directory } from '../collaboration/domain.ts';
import type { Observer } from '../collaboration/progress.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Admit, Clock, DeviceDriver, Log, Peer, Peers, Random, Store } from '../core/ports.ts';
import type { Report } from '../core/records.ts';
import { reportAcknowledgeArguments } from '../core/report-tools.ts';
import type { CallContext, Caller, Service } from '../core/service.ts';
import {
  carriedTools,
  countingStartArguments,
  countingStopArguments,
  relayArguments,
  toolNames,
  troubleshootArguments,
} from '../core/tools.ts';
import { Announcer } from './announcing.ts';
import { Audit } from './audit.ts';
import { askedModel, boundedText, outcomeOf, storedReport } from './audit-record.ts';
import { AuditedRefusals, type RefusedConnection } from './audit-refusals.ts';
import { AuditedPeers } from './audited-peers.ts';
import { AuditedService, type StatingService } from './audited-service.ts';
import { CarriedRequests, carriedIn } from './carried-requests.ts';
import { CountingLeases } from './counting-leases.ts';
import { NoncesSeen } from './nonces-seen.ts';
import { Policy } from './policy.ts';
import { checked, ping, srv6Ping, traceroute } from './probes.ts';
import { Relay } from './relay.ts';
import { Relaying } from './relaying.ts';
import { type ConnectedController, ReportDelivery } from './report-delivery.ts';
import { type ReportBounds, ReportShelf, reportBoundsUsual } from './report-shelf.ts';
import { Resources } from './resources.ts';
import { AnswerSigner, type StatedAnswer } from './signing.ts';
import { promptDefinitions, sessionConcludeArguments, toolDefinitions } from './tool-definitions.ts';

export interface AgentIdentity {
  node: string;
  privateKey: KeyObject;
  certificatePem: string;
}

export interface AgentSettings {
  identity: AgentIdentity;
  /** Management address and port that others dial. */
  advertise: { host: string; port: number };
  /** The white-list of neighbour-callable capabilities (troubleshooting draft section 1). */
  capabilities: readonly string[];
  announceIntervalMs: number;
  /** How many reports are kept here; `reportBoundsUsual` when absent. */
  reports?: ReportBounds;
  /** Records kept in the audit trail; `limits.auditRecordsMax` when absent. */
  auditRecordsMax?: number;
}

export interface AgentPorts {
  clock: Clock;
  random: Random;
  store: Store;
  beacon: Beacon;
  device: DeviceDriver;
  model: LanguageModel;
  /** The other nodes; this one answers itself. */
  peers: Peers;
  /** Judges certificates of nodes that only another node reaches. */
  admit: Admit;
  log: Log;
}

export interface Agent {
  /** What it answers, each answer durable in the audit trail before it leaves. */
  readonly service: Service;
  /** Aborts with the ConferError by which the audit trail failed: whoever runs the agent stops it then. */
  readonly failed: AbortSignal;
  /** Takes the audit trail up where it ended. Throws ConferError `storage-failure` when it does not hold. */
  open(): Promise<void>;
  /** Announces until closed. */
  start(): void;
  /** Runs an intent as if it had been typed here. Throws ConferError when no report comes of it. */
  troubleshoot(text: string, signal: AbortSignal, observe: Observer): Promise<Report>;
  /** A controller opened a link: it is told of new reports until that ends. */
  attachController(controller: ConnectedController): void;
  /** For the audit trail: somebody was not let in. */
  connectionRefused(connection: RefusedConnection): void;
  /** Removes every temporary state, and closes the audit trail. */
  close(): Promise<void>;
}

export function createAgent(settings: AgentSettings, ports: AgentPorts): Agent {
  return new CollaborationAgent(settings, ports);
}

/** Smallest growth of a progress notification. */
const progressStep = 1e-4;
class CollaborationAgent implements Agent, StatingService {
  readonly service: Service;
  readonly node: string;
  readonly capabilities: readonly string[];
  /** network-mgmt draft section 3; this agent reads only, so it offers no bulk edit and no rollback. */
  readonly network: JsonObject = {
    yangModules: ['ietf-interfaces', 'ietf-ip', 'ietf-access-control-list', 'ietf-routing', 'confer-device'],
    cliDialect: 'none',
    configDatastore: ['operational'],
    notificationStream: [],
    maxBulkEdit: 0,
    supportsRollback: false,
    rollbackTimeout: 0,
  };
  readonly #settings: AgentSettings;
  readonly #ports: AgentPorts;
  readonly #policy: Policy;
  readonly #signer: AnswerSigner;
  readonly #counting: CountingLeases;
  readonly #resources: Resources;
  readonly #reports: ReportShelf;
  readonly #delivery: ReportDelivery;
  readonly #announcer: Announcer;
  readonly #relaying: Relaying;
  readonly #relay: Relay;
  readonly #carried: CarriedRequests;
  readonly #audit: Audit;
  readonly #refusals: AuditedRefusals;
  readonly #peers: AuditedPeers;
  readonly #noncesSeen: NoncesSeen;
  readonly #closing = new AbortController();
  #intentsRunning = 0;

  constructor(settings: AgentSettings, ports: AgentPorts) {
    const { identity, capabilities, advertise } = settings;
    this.#settings = settings;
    this.#ports = ports;
    this.node = identity.node;
    this.capabilities = capabilities;
    this.#policy = new Policy(capabilities);
    this.#signer = new AnswerSigner(identity, ports.clock, ports.store);
    this.#counting = new CountingLeases(ports);
    this.#reports = new ReportShelf(ports, settings.reports ?? reportBoundsUsual);
    this.#delivery = new ReportDelivery(identity.node, { ...ports, reports: this.#reports });
    this.#announcer = new Announcer({ ...identity, ...advertise, capabilities }, ports);
    const { auditRecordsMax: recordsMax = limits.auditRecordsMax } = settings;
    this.#audit = new Audit({ ...identity, recordsMax }, ports);
    this.#refusals = new AuditedRefusals(this.#audit, ports.clock);
    this.#peers = new AuditedPeers(ports.peers, this.#audit, ports.clock);
    this.#noncesSeen = new NoncesSeen(ports);
    const relaying = { ...ports, peers: this.#peers };
    this.#relaying = new Relaying(identity.node, relaying, () => this.#announcer.announced);
    this.#resources = new Resources({
      ...ports,
      relaying: this.#relaying,
      node: identity.node,
      announceIntervalMs: settings.announceIntervalMs,
      counting: this.#counting,
      policy: this.#policy,
      reports: this.#reports,
    });
    this.#relay = new Relay(identity.node, {
      ...relaying,
      policy: this.#policy,
      resources: this.#resources,
    });
    this.#carried = new CarriedRequests(identity.node, ports);
    const { clock } = ports;
    this.service = new AuditedService(this, { signer: this.#signer, audit: this.#audit, clock });
  }

  get failed(): AbortSignal {
    return this.#audit.failed;
  }

  async open(): Promise<void> {
    await this.#audit.open();
  }

  start(): void {
    void this.#announcer.run(this.#closing.signal);
    void this.#relaying.run(this.#settings.announceIntervalMs, this.#closing.signal);
  }

  attachController(controller: ConnectedController): void {
    this.#delivery.attach(this.#peers.over(controller, controller.session));
  }

  connectionRefused(connection: RefusedConnection): void {
    this.#refusals.note(connection);
  }

  async close(): Promise<void> {
    this.#closing.abort(new ConferError('cancelled', `${this.node} is shutting down.`));
    await this.#announcer.withdraw();
    this.#refusals.flush();
    try {
      await this.#counting.close();
    } finally {
      await this.#audit.close();
    }
  }

  async troubleshoot(text: string, signal: AbortSignal, observe: Observer): Promise<Report> {
    if (this.#intentsRunning >= limits.intentsRunningMax)
      throw new ConferError(
        'overloaded',
        `${this.#intentsRunning} intents run here already; try again shortly.`,
      );
    this.#intentsRunning += 1;
    try {
      await this.#audit.record({ event: 'intent', text: boundedText(text) });
      using deadline = this.#ports.clock.deadline(
        limits.intentTimeoutMs,
        AbortSignal.any([signal, this.#closing.signal]),
      );
      using _place = await this.#reports.reserve();
      await using _nonces = this.#noncesSeen.session();
      const report = await collaborate(text, this.#collaborationPorts(), deadline.signal, observe);
      await this.#reports.keep(report);
      await this.#audit.record(storedReport(report));
      void this.#delivery.offer(report, this.#closing.signal);
      observe({ step: 'report', text: `signed and stored as ${report.uri}`, fraction: 1 });
      return report;
    } catch (error) {
      this.#audit.note({ event: 'intent-failed', ...outcomeOf(error) });
      throw error;
    } finally {
      this.#intentsRunning -= 1;
    }
  }

  tools(caller: Caller) {
    return toolDefinitions.filter((tool) => this.#policy.mayCall(caller, tool));
  }

  async resources(caller: Caller) {
    return this.#policy.mayRead(caller, 'state') || this.#policy.mayRead(caller, 'report')
      ? await this.#resources.list(this.#policy.mayRead(caller, 'report'))
      : [];
  }

  resourceTemplates() {
    const mimeType = 'application/yang-data+json';
    return [
      {
        uriTemplate: 'mcp://{device}/{+path}',
        name: 'YANG data of a device',
        description: 'RFC 7951 JSON',
        mimeType,
      },
      {
        uriTemplate: 'network:///{+path}',
        name: 'Network data',
        description: 'Interfaces and routing',
        mimeType,
      },
      {
        uriTemplate: 'urn:ietf:params:xml:ns:yang:{+path}',
        name: 'YANG data and reports',
        description: 'By namespace, as the troubleshooting draft writes it',
        mimeType,
      },
    ];
  }

  prompts() {
    return [...promptDefinitions];
  }

  negotiate(caller: Caller, theirs: readonly string[]): readonly string[] {
    return this.#policy.negotiate(caller, theirs);
  }

  async callTool(name: string, args: JsonValue, context: CallContext): Promise<StatedAnswer> {
    const tool = toolDefinitions.find((one) => one.name === name);
    if (tool === undefined)
      throw new ConferError('not-found', `There is no tool ${name}; tools/list says what is.`);
    this.#policy.requireCall(context.caller, tool);
    if (context.relay !== undefined) this.#policy.requireCall(context.relay, tool);
    const carried = carriedIn(name, args);
    if (carried?.request.node === this.node) return await this.#answerCarried(carried, context);
    const { data, isError } = await this.#run(name, args, context);
    return await this.#signer.state({
      operation: { tool: name },
      arguments: args,
      caller: context.caller,
      session: context.session,
      relay: context.relay?.name,
      content: [{ type: 'text', text: JSON.stringify(data) }],
      data,
      isError,
    });
  }

  async readResource(uri: string, context: CallContext): Promise<StatedAnswer> {
    const { content, data } = await this.#resources.read(uri, context);
    return await this.#signer.state({
      operation: { uri },
      arguments: {},
      caller: context.caller,
      session: context.session,
      relay: context.relay?.name,
      // A carried answer is the result of a tool.
      content: context.relay === undefined ? content : [{ type: 'text', text: JSON.stringify(data) }],
      data,
      isError: false,
    });
  }

  /** As if the asker had reached us, but for the relay's name in what we sign; and the relay must be allowed to ask, too. */
  async #answerCarried(signed: SignedRequest, context: CallContext): Promise<StatedAnswer> {
    const relay = context.caller;
    const { caller, request } = this.#carried.open(signed, relay);
    const { operation, session } = request;
    if ('tool' in operation && !carriedTools.includes(operation.tool))
      throw new ConferError('access-denied', `${operation.tool} is nothing that a relay carries.`);
    this.#policy.negotiate(caller, request.capabilities);
    const asked = { ...context, caller, relay, session };
    return 'tool' in operation
      ? await this.callTool(operation.tool, request.arguments, asked)
      : await this.readResource(operation.uri, asked);
  }

  /** A router that cannot do what it was asked for says so in a signed answer; everything else is refused. */
  async #run(
    name: string,
    args: JsonValue,
    context: CallContext,
  ): Promise<{ data: JsonObject; isError: boolean }> {
    try {
      return { data: await this.#tool(name, args, context), isError: false };
    } catch (error) {
      if (!(error instanceof ConferError) || error.code !== 'device-failure') throw error;
      return { data: { error: messageOf(error) }, isError: true };
    }
  }

  async #tool(name: string, args: JsonValue, context: CallContext): Promise<JsonObject> {
    const probing = { node: this.node, ...this.#ports };
    switch (name) {
      case toolNames.srv6Ping:
        return await srv6Ping(args, probing, context);
      case toolNames.ping:
        return await ping(args, probing, context);
      case toolNames.traceroute:
        return await traceroute(args, probing, context);
      case toolNames.countingStart: {
        const wanted = checked(countingStartArguments, args, name);
        const id = await this.#counting.start(
          context.caller,
          wanted['flow-labels'],
          wanted['capture-packets-max'],
          wanted['stamps-max'],
        );
        return { id, 'lease-ms': limits.countingLeaseMs };
      }
      case toolNames.countingStop:
        return await this.#counting.stop(
          context.caller,
          checked(countingStopArguments, args, name).id,
          context.signal,
        );
      case toolNames.sessionConclude:
        return {
          ...this.#signer.conclude(context.caller, checked(sessionConcludeArguments, args, name).session),
        };
      case toolNames.relay: {
        const { node, request } = checked(relayArguments, args, name);
        return { ...(await this.#relay.carry(node, request, context)) } as unknown as JsonObject;
      }
      case toolNames.reportAcknowledge:
        return await this.#reports.acknowledge(
          checked(reportAcknowledgeArguments, args, name).ids,
          context.caller.name,
        );
      case toolNames.troubleshoot: {
        const { intent } = checked(troubleshootArguments, args, name);
        const report = await this.troubleshoot(intent, context.signal, inMcpTerms(context.onProgress));
        return report as unknown as JsonObject;
      }
      default:
        throw new ConferError('not-found', `There is no tool ${name}.`);
    }
  }

  #collaborationPorts() {
    const { identity } = this.#settings;
    const { model, beacon } = this.#ports;
    return {
      ...this.#ports,
      model:
        model.open?.({
          names: beacon.heard().nodes.map(({ node }) => node),
          observe: (exchange) => this.#audit.note(askedModel(exchange)),
        }) ?? model,
      peers: {
        open: (node: string, options: { session: string; signal: AbortSignal }) => this.#open(node, options),
      },
      nonces: this.#noncesSeen,
      requests: {
        sign: (request: Pick<CarriedRequest, 'operation' | 'arguments' | 'session' | 'node' | 'relay'>) =>
          this.#signer.request({ ...request, capabilities: this.capabilities }),
        certificateFault: (node: string, pem: string) => this.#carried.certificateFault(node, pem),
      },
      self: {
        node: this.node,
        privateKey: identity.privateKey,
        certificatePem: identity.certificatePem,
        addresses: () => this.#announcer.addresses(),
        announce: () => this.#announcer.announce(),
      },
      // Where a node's addresses are not known, its silence may be the tested links' fault.
      management: (node: string, directory: Directory) => {
        const host = directory.hostOf(node);
        const addresses = directory.addressesOf(node);
        const isApart = host !== undefined && addresses.length > 0 && !addresses.includes(host);
        return isApart ? ('out-of-band' as const) : ('in-band' as const);
      },
    };
  }

  async #open(node: string, options: { session: string; signal: AbortSignal }): Promise<Peer> {
    return node === this.node ? this.#self(options.session) : await this.#peers.open(node, options);
  }

  /** This very device, answering like any other: its measurements are signed and checked like everybody's. */
  #self(session: string): Peer {
    const { certificatePem } = this.#settings.identity;
    const caller: Caller = { name: this.node, role: 'device', thumbprint: thumbprintHexOf(certificatePem) };
    const authorised = this.negotiate(caller, this.capabilities);
    return {
      node: this.node,
      certificate: certificatePem,
      authorised,
      call: async (tool, args, options) =>
        (await this.service.callTool(tool, args, { ...options, caller, session })).signed,
      read: async (uri, options) =>
        (await this.service.readResource(uri, { ...options, caller, session })).signed,
    };
  }
}

/** MCP wants progress that only grows, while several probes report at once. */
function inMcpTerms(onProgress: CallContext['onProgress']): Observer {
  let reached = 0;
  return ({ step, text, fraction }) => {
    reached = Math.min(1, Math.max(fraction, reached + progressStep));
    onProgress?.({ fraction: reached, message: `${step}: ${text}` });
  };
}
