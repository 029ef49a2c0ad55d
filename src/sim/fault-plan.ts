/** Everything of one run that is drawn from its seed before it starts: who fails, when and how. */
import { dataKinds, killsAgent } from '../core/fault-kinds.ts';
import type { Fault, FaultKind, Topology } from '../core/topology.ts';
import { type DrawnFault, drawFault, routeOf } from './drawn-faults.ts';
import type { FaultMix } from './fault-mix.ts';
import { type Survival, survivals } from './simulated-disk.ts';

/** An agent's process dies at a moment that hurts, and starts again. */
export interface PlannedCrash {
  node: string;
  /** After so many milliseconds, at its nth write, or when it has acknowledged a report. */
  when: { kind: 'time'; atMs: number } | { kind: 'write'; nth: number } | { kind: 'acknowledged' };
  /** From that moment to its death: the write may or may not have become durable. */
  delayMs: number;
  survival: Survival;
  /** Share of the journal's bytes that a torn one keeps. */
  tornShare: number;
  downMs: number;
  /** Whether the others hear at once that it is gone. */
  isHeard: boolean;
}

/** Management between some nodes and all others falls silent. */
export interface PlannedPartition {
  nodes: ReadonlySet<string>;
  fromMs: number;
  toMs: number;
}

/** A wall clock that is off, and that somebody may set while the agent runs. */
export interface PlannedSkew {
  skewMs: number;
  stepAtMs: number;
  stepMs: number;
}

export interface PlannedIntent {
  node: string;
  text: string;
  /** After discovery has had its time. */
  afterMs: number;
}

export interface FaultPlan {
  /** The fault of the data plane; undefined: all is well there. */
  drawn: DrawnFault | undefined;
  /** Before discovery, or after it. */
  injectedAtMs: number;
  intents: readonly PlannedIntent[];
  crashes: readonly PlannedCrash[];
  partitions: readonly PlannedPartition[];
  skews: ReadonlyMap<string, PlannedSkew>;
  liar: string | undefined;
  replayer: { node: string; probability: number } | undefined;
  /** When each agent starts, milliseconds. */
  startMs: ReadonlyMap<string, number>;
  announceIntervalMs: number;
  isis: boolean;
  /** How long a commit takes, milliseconds: from and to. */
  commitMs: ReadonlyMap<string, readonly [number, number]>;
}

/** How long agents have to hear each other before the first intent. */
export const discoveryMs = 1_000;
const storyMs = 8_000;
/** From here on agents announce less often, as in a network of that size. */
const manyNodes = 8;

export function drawPlan(topology: Topology, mix: FaultMix, fraction: () => number): FaultPlan {
  const names = topology.nodes.map(({ name }) => name);
  const pick = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(fraction() * items.length)];
    if (item === undefined) throw new Error(`nothing to draw from on ${topology.name}`);
    return item;
  };
  const happens = (probability: number) => fraction() < probability;
  const between = (from: number, to: number) => from + (to - from) * fraction();

  const kind: FaultKind = happens(0.4) ? 'healthy' : pick(dataKinds);
  const drawn = kind === 'healthy' ? undefined : drawFault(topology, kind, fraction);
  const dead = drawn !== undefined && killsAgent(drawn.fault.kind) ? drawn.fault.node : undefined;
  const { head } = routeOf(topology);
  const askable = names.filter((name) => name !== dead);
  const asker = happens(0.7) ? head : pick(askable);
  const others = names.filter((name) => name !== asker && name !== dead);
  const liar = happens(mix.liar) && others.length > 0 ? pick(others) : undefined;
  const replayer =
    happens(mix.replayer) && others.length > 0
      ? { node: pick(others), probability: pick([0.03, 0.1, 0.4]) }
      : undefined;

  const text = topology.intent ?? '';
  const first: PlannedIntent = { node: asker, text, afterMs: 0 };
  const second: PlannedIntent = { node: pick([asker, ...others]), text, afterMs: between(0, 4_000) };
  const honest = (intent: PlannedIntent) => intent.node !== liar && intent.node !== replayer?.node;
  const intents = [
    first,
    ...(happens(replayer === undefined ? 0.15 : 0.6) && honest(second) ? [second] : []),
  ];

  const crashing = askable.filter(() => happens(mix.crash));
  const crashes = crashing.map((node): PlannedCrash => {
    const isAsker = intents.some((intent) => intent.node === node);
    const moment = fraction();
    return {
      node,
      when:
        isAsker && moment < 0.4
          ? { kind: 'acknowledged' }
          : moment < 0.7
            ? { kind: 'write', nth: Math.ceil(60 * fraction() ** 3) }
            : { kind: 'time', atMs: between(0, discoveryMs + storyMs) },
      delayMs: happens(0.5) ? 0 : between(0, 5),
      survival: pick(survivals),
      tornShare: fraction(),
      downMs: between(50, 2_000),
      isHeard: happens(0.7),
    };
  });

  const partitions: PlannedPartition[] = [];
  if (happens(mix.partition)) {
    const side = new Set(names.filter(() => happens(0.5)));
    if (side.size === 0 || side.size === names.length) side[side.size === 0 ? 'add' : 'delete'](pick(names));
    const fromMs = between(0, discoveryMs + storyMs);
    partitions.push({ nodes: side, fromMs, toMs: fromMs + between(100, 12_000) });
  }

  const skews = new Map<string, PlannedSkew>();
  for (const name of names.filter(() => happens(mix.skew))) {
    const sign = happens(0.5) ? 1 : -1;
    // Most are within the grace of 10 s; some are minutes off, or so far that no certificate is valid.
    const skewMs =
      sign *
      pick([
        between(0, 5_000),
        between(0, 5_000),
        between(0, 9_000),
        between(9_000, 600_000),
        between(20, 60) * 3_600_000,
      ]);
    const stepMs = happens(0.3) ? pick([-1, 1]) * between(1_000, 900_000) : 0;
    skews.set(name, { skewMs, stepAtMs: between(0, discoveryMs + storyMs), stepMs });
  }

  return {
    drawn,
    injectedAtMs: happens(0.2) ? 0 : discoveryMs,
    intents,
    crashes,
    partitions,
    skews,
    liar,
    replayer,
    startMs: new Map(names.map((name) => [name, between(0, 300)])),
    announceIntervalMs: pick(names.length > manyNodes ? [2_000, 5_000] : [500, 1_000, 2_000]),
    isis: !happens(mix.drop > 0 ? 0.1 : 0),
    commitMs: new Map(
      names.map((name) => [name, crashing.includes(name) && happens(0.5) ? [5, 120] : [0.1, 3]] as const),
    ),
  };
}

/** For the trace: what was drawn, in one line. */
export function describePlan(plan: FaultPlan): string {
  const fault: Fault | undefined = plan.drawn?.fault;
  return JSON.stringify({
    ...plan,
    drawn: fault ?? 'healthy',
    skews: [...plan.skews],
    partitions: plan.partitions.map(({ nodes, ...times }) => ({ nodes: [...nodes], ...times })),
    startMs: [...plan.startMs],
    commitMs: [...plan.commitMs],
  });
}
