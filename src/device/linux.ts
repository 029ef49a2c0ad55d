/**
 * A real Linux router below the agent: iproute2 and nftables for what it says of itself, raw sockets for probes. The
 * agent runs inside the router's network namespace. It needs CAP_NET_ADMIN (to list and count with nftables) and
 * CAP_NET_RAW (to send probes and capture), not root.
 *
 *   read    ip -j, nft -j, /proc/self/net/snmp6 ---> RFC 7951 JSON of core/device-data.ts
 *   run     raw ICMPv6 sockets                  ---> ProbeResult
 *   apply   two nftables tables of our own      ---> Undo deletes them
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import { dataPaths } from '../core/device-data.ts';
import { checkChange, checkProbe } from '../core/driver-arguments.ts';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type {
  CallOptions,
  Change,
  DeviceDriver,
  DeviceFacts,
  Probe,
  ProbeResult,
  Undo,
} from '../core/ports.ts';
import { routingPaths } from '../core/routing-data.ts';
import { type RoutingProtocol, routingProtocols } from '../core/topology-routing.ts';
import { type Frr, readFrr } from './frr.ts';
import { readAccessLists } from './linux-access-lists.ts';
import { Counting, removeCountingTables } from './linux-counting.ts';
import { readForwarding } from './linux-forwarding.ts';
import { listInterfaces, readInterfaces } from './linux-interfaces.ts';
import { runEchoProbe, runTraceroute } from './linux-probes.ts';
import { outgoingMtu } from './linux-route-get.ts';
import { readLookup, readRouting } from './linux-routing.ts';
import { readSystem } from './linux-system.ts';
import { type RunTool, runTool } from './linux-tools.ts';

export interface LinuxDriverOptions {
  facts: DeviceFacts;
  /** Interfaces of the tested network. Absent = every interface but the loopback. */
  interfaces?: readonly string[];
  /** Its routing daemons; absent where nothing is known of any. */
  frr?: Frr;
  /** Runs the router's tools; replaced in tests. */
  run?: RunTool;
}

export function createLinuxDriver(options: LinuxDriverOptions): DeviceDriver {
  return new LinuxDriver(options);
}

/**
 * Removes what an agent that crashed has left on this router; call it before the agent starts. Probes leave nothing:
 * the kernel closes their sockets. Returns what was removed, for the log.
 */
export function removeLeftovers(run: RunTool = runTool): Promise<string[]> {
  return removeCountingTables(run);
}

function protocolAt(path: string): RoutingProtocol | undefined {
  return routingProtocols.find((protocol) => routingPaths[protocol] === path);
}

class LinuxDriver implements DeviceDriver {
  readonly #facts: DeviceFacts;
  readonly #interfaces: readonly string[] | undefined;
  readonly #run: RunTool;
  readonly #frr: Frr | undefined;
  /** A session that starts has its place already, so that the limit holds however many start at once. */
  readonly #counting = new Map<string, Counting | undefined>();

  constructor({ facts, interfaces, frr, run = runTool }: LinuxDriverOptions) {
    this.#facts = facts;
    this.#frr = frr;
    this.#interfaces = interfaces;
    this.#run = run;
  }

  async facts(): Promise<DeviceFacts> {
    return structuredClone(this.#facts);
  }

  async read(path: string, signal: AbortSignal): Promise<JsonObject> {
    signal.throwIfAborted();
    const countingPrefix = `${dataPaths.counting}=`;
    if (path.startsWith(countingPrefix)) return this.#readCounting(path.slice(countingPrefix.length), signal);
    const lookupPrefix = `${dataPaths.lookup}=`;
    if (path.startsWith(lookupPrefix)) return readLookup(this.#run, path.slice(lookupPrefix.length), signal);
    const protocol = protocolAt(path);
    if (protocol !== undefined && this.#frr?.protocols.includes(protocol))
      return readFrr(this.#run, this.#frr, protocol, signal);
    switch (path) {
      case dataPaths.interfaces:
        return readInterfaces(this.#run, this.#interfaces, signal);
      case dataPaths.accessLists:
        return readAccessLists(this.#run, () => this.#interfaceNames(signal), signal);
      case dataPaths.routing:
        return readRouting(this.#run, signal);
      case dataPaths.forwarding:
        return readForwarding(this.#run, await this.#interfaceNames(signal), signal);
      case dataPaths.system:
        return readSystem();
      case dataPaths.device:
        return { 'confer-device:device': { ...(await this.facts()) } };
      default:
        throw new ConferError('not-found', `This router has no data at ${path}.`);
    }
  }

  async run(probe: Probe, options: CallOptions): Promise<ProbeResult> {
    options.signal.throwIfAborted();
    checkProbe(probe);
    if (probe.kind === 'traceroute') return runTraceroute(probe, this.#facts.address, options);
    const mtu = (destination: string, signal: AbortSignal) => outgoingMtu(this.#run, destination, signal);
    return runEchoProbe(probe, this.#facts.address, mtu, options);
  }

  async apply(change: Change): Promise<Undo> {
    checkChange(change);
    if (this.#counting.has(change.id)) {
      throw new ConferError('bad-input', `Counting ${change.id} runs already; choose another id.`);
    }
    if (this.#counting.size >= limits.countingSessionsMax) {
      throw new ConferError(
        'overloaded',
        `${limits.countingSessionsMax} sessions count already; stop one first.`,
      );
    }
    this.#counting.set(change.id, undefined);
    const counting = await this.#startCounting(change).catch((error) => {
      this.#counting.delete(change.id);
      throw error;
    });
    this.#counting.set(change.id, counting);
    const undo = async () => {
      await counting.remove();
      if (this.#counting.get(change.id) === counting) this.#counting.delete(change.id);
    };
    return { undo, [Symbol.asyncDispose]: undo };
  }

  async #startCounting(change: Change): Promise<Counting> {
    return Counting.start(this.#run, change, await listInterfaces(this.#run, this.#interfaces));
  }

  async #readCounting(id: string, signal: AbortSignal): Promise<JsonObject> {
    const counting = this.#counting.get(id);
    if (counting === undefined) {
      throw new ConferError('not-found', `No counting session ${id} runs on this router; start one first.`);
    }
    return counting.read(signal);
  }

  async #interfaceNames(signal: AbortSignal): Promise<readonly string[]> {
    return this.#interfaces ?? (await listInterfaces(this.#run, undefined, signal)).map(({ name }) => name);
  }
}
