/** What the methods send, counted where it is sent: at the drivers of the routers. */
import type { DeviceDriver } from '../core/ports.ts';
import type { ArenaCase } from './cases.ts';

export interface ProbesSent {
  forward: number;
  reverse: number;
}

/** Counts every probe that any router is asked to send, by the direction in which it travels. */
export class ProbeMeter {
  readonly sent: ProbesSent = { forward: 0, reverse: 0 };
  readonly #positions = new Map<string, number>();
  readonly #owners: ReadonlyMap<string, string>;

  constructor({ topology, ways }: ArenaCase) {
    for (const { direction, nodes } of ways)
      if (direction === 'forward')
        for (const [index, node] of nodes.entries()) this.#positions.set(node, index);
    this.#owners = new Map([
      ...topology.nodes.map(({ name, address }) => [address, name] as const),
      ...topology.links.flatMap(({ a, b }) => [a, b].map((end) => [end.address, end.node] as const)),
    ]);
  }

  /** The same router; what it sends is counted, also where it fails meanwhile. */
  metered(node: string, router: DeviceDriver): DeviceDriver {
    return {
      facts: () => router.facts(),
      read: (path, signal) => router.read(path, signal),
      apply: (change) => router.apply(change),
      run: async (probe, options) => {
        const result = await router.run(probe, options);
        this.sent[this.#directionOf(node, probe.destination)] += result.sent;
        return result;
      },
    };
  }

  #directionOf(from: string, address: string): keyof ProbesSent {
    const position = (node: string | undefined) => this.#positions.get(node ?? '') ?? 0;
    return position(this.#owners.get(address)) < position(from) ? 'reverse' : 'forward';
  }
}
