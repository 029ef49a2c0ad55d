/**
 * The modelled network: routers and links of a topology file in memory, packet by packet. What it is not: queues,
 * routing protocols that reconverge, or other people's traffic.
 */
import type { FramePort } from '../../discovery/speaker.ts';
import { ConferError } from '../core/errors.ts';
import type { Clock, DeviceDriver, Random } from '../core/ports.ts';
import type { Fault, Topology } from '../core/topology.ts';
import { startCounting } from './counting.ts';
import { injectFault } from './faults/index.ts';
import { type FrameReceivers, framePortOf } from './frames.ts';
import { Lanes } from './journeys.ts';
import { carriesStream } from './management.ts';
import { type ProbeWorld, runProbe } from './probes.ts';
import { factsOf, readPath } from './readings.ts';
import { buildRouters, type Router, routerOf } from './router.ts';
import { readRoutingPath } from './routing/readings.ts';

export class ModelledNetwork {
  readonly topology: Topology;
  readonly #routers: ReadonlyMap<string, Router>;
  readonly #world: ProbeWorld;
  readonly #receivers: FrameReceivers = new Map();
  /** What takes each out of force again. */
  readonly #inForce: { fault: Fault; undo: () => void }[] = [];

  constructor(topology: Topology, ports: { clock: Clock; random: Random }) {
    this.topology = topology;
    this.#routers = buildRouters(topology);
    this.#world = {
      clock: ports.clock,
      backgroundLossPercent: topology.backgroundLossPercent,
      lanes: new Lanes(),
      fraction: () => ports.random.fraction(),
      now: () => ports.clock.now(),
    };
  }

  /** The driver of one router. After a crash every call fails with `device-failure`. */
  router(node: string): DeviceDriver {
    const router = routerOf(this.#routers, node);
    const alive = (): Router => {
      if (router.crashed) throw new ConferError('device-failure', `${node} is dead.`);
      return router;
    };
    return {
      facts: async () => factsOf(alive()),
      read: async (path, signal) => {
        signal.throwIfAborted();
        const nowMs = this.#world.clock.elapsed();
        return readRoutingPath(this.#routers, alive(), path, nowMs) ?? readPath(alive(), path, nowMs);
      },
      run: async (probe, options) => runProbe(this.#world, alive(), probe, options),
      apply: async (change) => {
        const session = startCounting(alive(), change);
        this.#world.lanes.clear();
        const undo = async () => {
          this.#world.lanes.clear();
          // Somebody may have started a session of the same id since.
          if (router.countings.get(change.id) === session) router.countings.delete(change.id);
        };
        return { undo, [Symbol.asyncDispose]: undo };
      },
    };
  }

  framePort(node: string): FramePort {
    return framePortOf(this.#world, routerOf(this.#routers, node), this.#receivers);
  }

  /** Throws ConferError `bad-input` when the place does not exist. */
  inject(fault: Fault): void {
    this.#world.lanes.clear();
    this.#inForce.push({ fault, undo: injectFault(this.topology, this.#routers, fault, this.#world.clock) });
  }

  /**
   * Takes an injected fault out of force; the others stay. Throws ConferError `bad-input` for a node-crash, for the dead
   * stay dead, and for a fault that is not in force.
   */
  repair(fault: Fault): void {
    const index = this.#inForce.findIndex((one) => one.fault === fault);
    if (index < 0) throw new ConferError('bad-input', `The fault ${fault.id} is not in force.`);
    this.#world.lanes.clear();
    this.#inForce[index]?.undo();
    this.#inForce.splice(index, 1);
  }

  isCrashed(node: string): boolean {
    return routerOf(this.#routers, node).crashed;
  }

  /** Counting sessions that run on a router, whoever started them. */
  countings(node: string): number {
    return routerOf(this.#routers, node).countings.size;
  }

  /** Whether a management connection from one router to another gets its packets there: in-band calls stall without. */
  linkCarries(from: string, to: string): boolean {
    return carriesStream(
      routerOf(this.#routers, from),
      routerOf(this.#routers, to),
      this.topology.backgroundLossPercent,
    );
  }
}
