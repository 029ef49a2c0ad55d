/** The fields of every kind of intent that is about a path, and what they mean. */
import { z } from 'zod';
import { limits } from '../../core/limits.ts';
import type { PathLossIntent } from '../../core/records.ts';
import { nodeName } from './node-name.ts';

export const pathFields = {
  head: nodeName,
  tail: nodeName,
  via: z
    .array(nodeName)
    .max(limits.pathNodesMax - 2)
    .default([]),
};

export interface PathOfIntent {
  head: string;
  tail: string;
  via: string[];
}

export function namesOfPath({ head, via, tail }: PathOfIntent): string[] {
  return [head, ...via, tail];
}

export function wayOf({ head, tail, via }: PathOfIntent): string {
  return `from ${head} to ${tail} via ${via.join(', ') || 'any path'}`;
}

export function spelledPath<I extends PathOfIntent>(intent: I, spell: (name: string) => string): I {
  return { ...intent, head: spell(intent.head), via: intent.via.map(spell), tail: spell(intent.tail) };
}

/** A loss that lets as much pass is not asked for: few probes are enough to clear a place of more. */
const lossMinPercent = 50;

/** The question about losses that explains why nothing, or nothing large, passes. */
export function asLoss({ head, tail, via }: PathOfIntent): PathLossIntent {
  return { kind: 'path-loss', head, tail, via, lossMinPercent };
}
