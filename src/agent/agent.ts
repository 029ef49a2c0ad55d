/**
 * One Collaboration Agent (troubleshooting draft section 5.2): server for its neighbours, client of its neighbours.
 * The same in every world; only the ports differ.
 */
import type { KeyObject } from 'node:crypto';
import { thumbprintHexOf } from '../../crypto/certificate.ts';
import type { CarriedRequest } from '../../crypto/request.ts';
import type { Beacon } from '../../discovery/beacon.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { collaborate } from '../collaboration/collaborate.ts';
import type { Directory } from '../collaboration/domain.ts';
import type { Observer } from '../collaboration/progress.ts';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Admit, Clock, DeviceDriver, Log, Peer, Peers, Random, Store } from '../core/ports.ts';
import type { Report } from '../core/records.ts';
import type { Caller, Service } from '../core/service.ts';
import { AgentService } from './agent-service.ts';
import { Announcer } from './announcing.ts';
import { Audit } from './audit.ts';
import { askedModel, boundedText, outcomeOf, storedReport } from './audit-record.ts';
import { AuditedRefusals, type RefusedConnection } from './audit-refusals.ts';
import { AuditedPeers } from './audited-peers.ts';
import { AuditedService } from './audited-service.ts';
import { CarriedRequests } from './carried-requests.ts';
import { CountingLeases } from './counting-leases.ts';
import { NoncesSeen } from './nonces-seen.ts';
import { Policy } from './policy.ts';
import { Relay } from './relay.ts';
import { Relaying } from './relaying.ts';
import { type ConnectedController, ReportDelivery } from './report-delivery.ts';
import { type ReportBounds, ReportShelf, reportBoundsUsual } from './report-shelf.ts';
import { Resources } from './resources.ts';
import { AnswerSigner } from './signing.ts';

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

class CollaborationAgent implements Agent {
  readonly service: Service;
  readonly #settings: AgentSettings;
  readonly #ports: AgentPorts;
  readonly #policy: Policy;
  readonly #signer: AnswerSigner;
  readonly #counting: CountingLeases;
  readonly #carried: CarriedRequests;
  readonly #reports: ReportShelf;
  readonly #delivery: ReportDelivery;
  readonly #announcer: Announcer;
  readonly #relaying: Relaying;
  readonly #audit: Audit;
  readonly #refusals: AuditedRefusals;
  readonly #peers: AuditedPeers;
  readonly #noncesSeen: NoncesSeen;
  readonly #closing = new AbortController();
  #intentsRunning = 0;

  constructor(settings: AgentSettings, ports: AgentPorts) {
    const { identity, capabilities, advertise, announceIntervalMs } = settings;
    const { node } = identity;
    this.#settings = settings;
    this.#ports = ports;
    this.#policy = new Policy(capabilities);
    this.#signer = new AnswerSigner(identity, ports.clock, ports.store);
    this.#counting = new CountingLeases(ports);
    this.#carried = new CarriedRequests(node, ports);
    this.#reports = new ReportShelf(ports, settings.reports ?? reportBoundsUsual);
    this.#delivery = new ReportDelivery(node, { ...ports, reports: this.#reports });
    this.#announcer = new Announcer({ ...identity, ...advertise, capabilities }, ports);
    const { auditRecordsMax: recordsMax = limits.auditRecordsMax } = settings;
    this.#audit = new Audit({ ...identity, recordsMax }, ports);
    this.#refusals = new AuditedRefusals(this.#audit, ports.clock);
    this.#peers = new AuditedPeers(ports.peers, this.#audit, ports.clock);
    this.#noncesSeen = new NoncesSeen(ports);
    const audited = { ...ports, peers: this.#peers };
    this.#relaying = new Relaying(node, audited, () => this.#announcer.announced);
    const shared = {
      node,
      policy: this.#policy,
      counting: this.#counting,
      reports: this.#reports,
    };
    const resources = new Resources({ ...ports, ...shared, relaying: this.#relaying, announceIntervalMs });
    const answering = new AgentService({
      ...shared,
      capabilities,
      ports,
      signer: this.#signer,
      resources,
      relay: new Relay(node, { ...audited, policy: this.#policy, resources }),
      carried: this.#carried,
      troubleshoot: (text, signal, observe) => this.troubleshoot(text, signal, observe),
    });
    const { clock } = ports;
    this.service = new AuditedService(answering, { signer: this.#signer, audit: this.#audit, clock });
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
    this.#closing.abort(new ConferError('cancelled', `${this.service.node} is shutting down.`));
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

  #collaborationPorts() {
    const { identity, capabilities } = this.#settings;
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
          this.#signer.request({ ...request, capabilities }),
        certificateFault: (node: string, pem: string) => this.#carried.certificateFault(node, pem),
      },
      self: {
        node: identity.node,
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
    return node === this.service.node ? this.#self(options.session) : await this.#peers.open(node, options);
  }

  /** This very device, answering like any other: its measurements are signed and checked like everybody's. */
  #self(session: string): Peer {
    const { identity, capabilities } = this.#settings;
    const { node, certificatePem } = identity;
    const caller: Caller = { name: node, role: 'device', thumbprint: thumbprintHexOf(certificatePem) };
    const authorised = this.#policy.negotiate(caller, capabilities);
    return {
      node,
      certificate: certificatePem,
      authorised,
      call: async (tool, args, options) =>
        (await this.service.callTool(tool, args, { ...options, caller, session })).signed,
      read: async (uri, options) =>
        (await this.service.readResource(uri, { ...options, caller, session })).signed,
    };
  }
}
