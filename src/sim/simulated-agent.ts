/**
 * One router of a simulated world with the agent on it. The router and its disk outlive the agent's process, which may
 * die at any moment and start again.
 */
import { verify } from 'node:crypto';
import { admit } from '../../crypto/admission.ts';
import { publicKeyOf } from '../../crypto/keys.ts';
import type { Beacon } from '../../discovery/beacon.ts';
import { type FramePort, FrameSpeaker } from '../../discovery/speaker.ts';
import { createRules } from '../../models/rules.ts';
import { type Agent, createAgent } from '../agent/agent.ts';
import { PeerError } from '../core/errors.ts';
import type { Clock, DeviceDriver, Log, Random } from '../core/ports.ts';
import type { Service } from '../core/service.ts';
import { bounds } from '../mcp/bounds.ts';
import { CallerQuota } from '../mcp/caller-quota.ts';
import { createPeers, type Dial, type DialedLink, type Endpoint, type LinkedPeers } from '../mcp/client.ts';
import { serveLink } from '../mcp/link-server.ts';
import { PeerLink } from '../mcp/peer-link.ts';
import { GuardedDevice } from './guarded-device.ts';
import { type Identity, identityOf, trustAnchorPem } from './identities.ts';
import type { Listener, ManagementNetwork } from './management-network.ts';
import type { MemorySocket } from './memory-socket.ts';
import type { Observations } from './observations.ts';
import { createProcessClock, type ProcessClock } from './process-clock.ts';
import { type DiskOptions, SimulatedDisk, type Survival } from './simulated-disk.ts';
import type { Trace } from './trace.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface SimulatedAgentOptions {
  node: string;
  capabilities: readonly string[];
  /** Where it says that it listens. */
  host: string;
  announceIntervalMs: number;
  /** How far its wall clock is ahead, milliseconds. */
  skewMs: number;
  clock: VirtualClock;
  management: ManagementNetwork;
  observations: Observations;
  trace: Trace;
  /** The router below: it lives on when the agent dies. */
  device: DeviceDriver;
  frames: FramePort;
  /** Who listens at a management address. */
  nodeAt(host: string): string | undefined;
  random(who: string): Random;
  disk: Pick<DiskOptions, 'commitMs' | 'onWrite'>;
  /** In place of the honest service, where this node is a dishonest one. */
  serve(service: Service): Service;
}

interface Process {
  clock: ProcessClock;
  agent: Agent;
  beacon: Beacon;
  peers: LinkedPeers;
  device: GuardedDevice;
  /** What it answers peers with. */
  service: Service;
  links: Set<PeerLink>;
  isAlive: boolean;
  isServing: boolean;
}

/** How long the router takes to notice that its agent has gone, milliseconds. */
const undoAfterMs = 20;

export class SimulatedAgent {
  readonly node: string;
  readonly disk = new SimulatedDisk();
  readonly #options: SimulatedAgentOptions;
  readonly #identity: Identity;
  #process: Process | undefined;
  #starts = 0;
  #steppedMs = 0;

  constructor(options: SimulatedAgentOptions) {
    this.#options = options;
    this.node = options.node;
    this.#identity = identityOf(options.node);
  }

  get isUp(): boolean {
    return this.#process !== undefined;
  }

  /** It has read its disk and takes connections. */
  get isServing(): boolean {
    return this.#process?.isServing ?? false;
  }

  get agent(): Agent | undefined {
    return this.#process?.agent;
  }

  get beacon(): Beacon | undefined {
    return this.#process?.beacon;
  }

  /** Its own clock, as long as it runs. */
  get clock(): ProcessClock | undefined {
    return this.#process?.clock;
  }

  /** Wall time as this device has it, whether its agent runs or not. */
  get wallMs(): number {
    const { clock, skewMs } = this.#options;
    return clock.now() + skewMs + this.#steppedMs;
  }

  get certificatePem(): string {
    return this.#identity.certificatePem;
  }

  /** Starts a process on what its disk has. Resolves once it serves; never, when it dies before. */
  async start(): Promise<void> {
    const process = this.#createProcess();
    this.#process = process;
    await process.agent.open();
    if (!process.isAlive) return;
    this.#options.management.listen(this.node, this.#listener(process));
    process.agent.start();
    process.isServing = true;
    this.#options.trace.event('up', this.node);
  }

  /** Somebody sets the wall clock of the device. */
  step(ms: number): void {
    this.#steppedMs += ms;
    this.#process?.clock.step(ms);
  }

  /**
   * The process dies now; whatever it did not finish stays as it is. isFault: whether that is one of the seeded faults,
   * and not the power that its router or the judge has taken away.
   */
  crash(
    survival: Survival,
    {
      tornShare = 0,
      isHeard = true,
      isFault = false,
    }: { tornShare?: number; isHeard?: boolean; isFault?: boolean },
  ): void {
    const { management, trace, clock } = this.#options;
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    process.isAlive = false;
    process.clock.stop();
    process.device.die();
    management.vanish(this.node, isHeard);
    for (const link of process.links) link.close();
    const { pending, survived } = this.disk.crash(survival, tornShare);
    const what = `${this.node} (${survival}: ${survived} of ${pending} writes survive)`;
    if (isFault) trace.fault('crash', what);
    else trace.event('off', what);
    clock.after(undoAfterMs, () => void process.device.undoWhatIsLeft());
  }

  /** Stops in order. Resolves with the number of timers that were left behind. */
  async close(): Promise<number> {
    const process = this.#process;
    if (process === undefined) return 0;
    await process.agent.close();
    await process.peers.close();
    for (const link of process.links) link.close();
    this.#options.management.vanish(this.node, true);
    await process.beacon.close();
    this.#process = undefined;
    return process.clock.waiting;
  }

  #createProcess(): Process {
    const { node, capabilities, host, announceIntervalMs, trace, observations, random } = this.#options;
    const start = ++this.#starts;
    const clock = createProcessClock(this.#options.clock, this.#options.skewMs + this.#steppedMs);
    const store = this.disk.open({
      ...this.#options.disk,
      after: clock.after,
      onCommit: (write) => trace.event('commit', () => `${node} ${JSON.stringify(write)}`),
    });
    const speaker = new FrameSpeaker(this.#options.frames, speakerClock(clock), { node, announceIntervalMs });
    const beacon = observations.watchBeacon(node, speaker);
    const log = traced(trace, node);
    const device = new GuardedDevice(this.#options.device);
    const links = new Set<PeerLink>();
    const peers = createPeers({
      node,
      capabilities,
      clock,
      log,
      lookup: (peer) => lookUp(beacon, peer),
      dial: async (at, _port, expected) => {
        const dialled = await device.whileAlive(() => this.#dial(clock, speaker, at, expected));
        links.add(dialled.link);
        return dialled;
      },
      service: () => service,
    });
    const { keyPair, certificatePem } = this.#identity;
    const agent = createAgent(
      {
        identity: { node, privateKey: keyPair.privateKey, certificatePem },
        advertise: { host, port: 9514 },
        capabilities,
        announceIntervalMs,
      },
      {
        clock,
        random: random(`${node} ${start}`),
        store,
        beacon,
        device,
        model: createRules(),
        peers: observations.watchPeers(node, peers, clock),
        admit: (pem, expected) => admit(pem, expected, { authority: trustAnchorPem, now: clock.now() }),
        log,
      },
    );
    const service = this.#options.serve(observations.watchService(agent.service));
    return { clock, agent, beacon, peers, device, service, links, isAlive: true, isServing: false };
  }

  #listener(process: Process): Listener {
    const { clock, service, peers, links } = process;
    const log = traced(this.#options.trace, this.node);
    const quota = new CallerQuota(bounds.callerRequestsMax);
    const { certificatePem } = this.#identity;
    return {
      certificatePem,
      accept: (socket, peer) => {
        const verdict = admit(peer.certificatePem, undefined, {
          authority: trustAnchorPem,
          now: clock.now(),
        });
        if (!verdict.ok) return verdict.detail;
        const link = linkOver(socket, { opener: false, clock });
        links.add(link);
        const caller = { name: verdict.node, role: 'device' as const, thumbprint: verdict.thumbprint };
        serveLink(link, service, { caller, quota, log });
        peers.adopt(link, caller, peer.certificatePem);
        return undefined;
      },
    };
  }

  /** As src/system and src/cli do it over TLS: the peer is who its certificate says, and discovery may know so. */
  async #dial(
    clock: Clock,
    speaker: FrameSpeaker,
    host: string,
    expected: Parameters<Dial>[2],
  ): Promise<DialedLink> {
    const to = this.#options.nodeAt(host);
    if (to === undefined) throw new PeerError('unreachable', `Nobody listens at ${host}.`);
    const self = { node: this.node, certificatePem: this.#identity.certificatePem };
    const { socket, certificatePem } = await this.#options.management.connect(self, to, expected.signal);
    const verdict = admit(certificatePem, expected, { authority: trustAnchorPem, now: clock.now() });
    if (!verdict.ok) {
      socket.close();
      throw new PeerError('authentication', verdict.detail);
    }
    const key = publicKeyOf(certificatePem);
    speaker.confirm(verdict.node, Buffer.from(verdict.thumbprint, 'hex'), (bytes, signature) =>
      verify(null, bytes, key, signature),
    );
    const link = linkOver(socket, { opener: true, clock });
    return { link, node: verdict.node, certificate: certificatePem, thumbprint: verdict.thumbprint };
  }
}

function linkOver(socket: MemorySocket, { opener, clock }: { opener: boolean; clock: Clock }): PeerLink {
  return new PeerLink(socket, { opener, clock, socket: socket as never });
}

function lookUp(beacon: Beacon, node: string): Endpoint | undefined {
  const known = beacon.heard().nodes.find((one) => one.node === node)?.advertisement.advertisement;
  if (known === undefined) return undefined;
  const advertisedThumbprint = Buffer.from(known.thumbprint).toString('hex');
  return { host: known.host, port: known.port, advertisedThumbprint, capabilities: known.capabilities };
}

function traced(trace: Trace, node: string): Log {
  const note = (message: string, fields: object = {}) =>
    trace.event('log', () => `${node} ${message} ${JSON.stringify(fields)}`);
  return { info: note, warn: note };
}

function speakerClock(clock: ProcessClock) {
  return {
    now: () => clock.elapsed(),
    every(intervalMs: number, callback: () => void) {
      let cancel = () => {};
      const repeat = () => {
        cancel = clock.after(intervalMs, () => {
          repeat();
          callback();
        });
      };
      repeat();
      return () => cancel();
    },
  };
}
