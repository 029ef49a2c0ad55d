/** The modelled routers of a case, in virtual time. */
import { ConferError } from '../core/errors.ts';
import type { DeviceDriver, Random } from '../core/ports.ts';
import { worldStartMs } from '../sim/identities.ts';
import { ModelledNetwork } from '../sim/network.ts';
import { createVirtualClock, type VirtualClock } from '../sim/virtual-clock.ts';
import type { ArenaCase } from './cases.ts';
import { asItTells } from './liar.ts';
import type { ProbingWorld } from './prober.ts';

/** For one probe train; a method that asks for more has gone astray. */
const callMsMax = 200_000;

export class ModelledProbing implements ProbingWorld {
  readonly #clock: VirtualClock = createVirtualClock(worldStartMs);
  readonly #network: ModelledNetwork;
  #packets: Random;

  readonly #given: ArenaCase;

  constructor(given: ArenaCase, packets: Random) {
    const { topology, background, drawn } = given;
    this.#given = given;
    this.#packets = packets;
    this.#network = new ModelledNetwork(topology, {
      clock: this.#clock,
      random: {
        fraction: () => this.#packets.fraction(),
        bytes: (length) => this.#packets.bytes(length),
      },
    });
    for (const fault of [...background, ...drawn.map((one) => one.fault)]) this.#network.inject(fault);
  }

  get elapsedMs(): number {
    return this.#clock.elapsed();
  }

  draw(packets: Random): void {
    this.#packets = packets;
  }

  driver(node: string): DeviceDriver {
    return asItTells(node, this.#network.router(node), this.#given);
  }

  async pass<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    let outcome: { value: T } | { error: unknown } | undefined;
    work(new AbortController().signal).then(
      (value) => {
        outcome = { value };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
    await this.#clock.runUntil(() => outcome !== undefined, callMsMax);
    if (outcome === undefined) throw new ConferError('timeout', 'A probe train does not end.');
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
