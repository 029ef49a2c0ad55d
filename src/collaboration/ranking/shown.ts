/** Signs and causes as a model is shown them. */
import { type CauseText, causeText, type Prompt, promptOf } from '../../../models/evidence/prompt.ts';
import type { ShownEvidence, ShownSign } from '../../../models/evidence/words.ts';
import type { Element } from '../../core/records.ts';
import type { PossibleCause } from './causes.ts';
import type { Sign, Signs } from './signs.ts';

export function shownPrompt(signs: Signs): Prompt {
  return promptOf(shownEvidence(signs));
}

export function shownEvidence({ paths, signs }: Signs): ShownEvidence {
  return { paths, signs: signs.map(shownSign) };
}

/** Undefined where the prompt had to leave its place out. */
export function shownCause(
  { kind, element, direction }: PossibleCause,
  prompt: Prompt,
): CauseText | undefined {
  const nodes = element === undefined ? [] : nodesOf(element);
  return causeText({ kind, nodes, ...(direction !== undefined && { way: direction }) }, prompt);
}

function shownSign({ sign, elements, direction, amount, certainty }: Sign): ShownSign {
  return {
    sign,
    nodes: [...new Set(elements.flatMap(nodesOf))],
    ...(elements.length > 1 && { isWide: true }),
    ...(direction !== undefined && { way: direction }),
    ...(amount !== undefined && { amount }),
    ...(certainty !== undefined && { certainty }),
  };
}

function nodesOf({ node, peer }: Element): string[] {
  return peer === undefined ? [node] : [node, peer];
}
