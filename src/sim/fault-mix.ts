/** The seeded faults by name, and how likely each is. */
import { ConferError } from '../core/errors.ts';

/**
 *   drop, duplicate, reorder, delay   of each management message and each discovery frame
 *   partition                         of a run: management between two groups of nodes falls silent for a while
 *   crash                             of each agent of a run: it dies at a bad moment, and comes back
 *   skew                              of each agent of a run: its wall clock is off, and may be set meanwhile
 *   liar                              of a run: one peer invents counters and other people's advertisements
 *   replayer                          of a run: one peer gives old, swapped and altered answers, and repeats old frames
 */
export const faultNames = [
  'drop',
  'duplicate',
  'reorder',
  'delay',
  'partition',
  'crash',
  'skew',
  'liar',
  'replayer',
] as const;

export type FaultName = (typeof faultNames)[number];

/** Probabilities, 0..1. */
export type FaultMix = Readonly<Record<FaultName, number>>;

/** In force where nobody names faults. Delays alone make more than the 20 fault events that a run has at least. */
export const defaultMix: FaultMix = {
  drop: 0.01,
  duplicate: 0.03,
  reorder: 0.05,
  delay: 0.3,
  partition: 0.15,
  crash: 0.15,
  skew: 0.3,
  liar: 0.15,
  replayer: 0.2,
};

/** "drop=0.1,delay=0.2": faults that are not named are not in force. Throws ConferError `usage` with every mistake. */
export function parseFaultMix(text: string): FaultMix {
  const mix: Record<FaultName, number> = { ...noFaults };
  const mistakes: string[] = [];
  const named = new Set<string>();
  for (const part of text.split(',')) {
    const [, name = '', value = ''] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    if (!isFaultName(name))
      mistakes.push(`"${part.trim()}" is not NAME=PROBABILITY with one of ${faultNames.join(', ')}`);
    else if (named.has(name)) mistakes.push(`${name} is there twice`);
    else if (!/^(0|1|0?\.\d+|0\.\d*|1\.0*)$/.test(value))
      mistakes.push(`${name}=${value} is not from 0 to 1`);
    else mix[name] = Number(value);
    named.add(name);
  }
  if (mistakes.length > 0)
    throw new ConferError(
      'usage',
      `--faults: ${mistakes.join('; ')}. Write for example drop=0.1,delay=0.2, and drop=0 to run without any.`,
    );
  return mix;
}

/**
 * The default mix of one run: some runs are without some of the faults, so that one fault does not hide what another
 * would show (Groce and others, "Swarm testing", ISSTA 2012). Delays stay. `fraction` is uniform in [0, 1).
 */
export function swarm(mix: FaultMix, fraction: () => number): FaultMix {
  const weaker = (probability: number) => probability * ([0, 0, 0.25, 1][Math.floor(fraction() * 4)] ?? 0);
  return {
    ...mix,
    drop: weaker(mix.drop),
    duplicate: weaker(mix.duplicate),
    reorder: weaker(mix.reorder),
  };
}

export const noFaults: FaultMix = {
  drop: 0,
  duplicate: 0,
  reorder: 0,
  delay: 0,
  partition: 0,
  crash: 0,
  skew: 0,
  liar: 0,
  replayer: 0,
};

function isFaultName(name: string): name is FaultName {
  return (faultNames as readonly string[]).includes(name);
}
