/** Phrases as rules: read, expanded at random, some alternatives of each large rule held out for validation. */
import { createHash } from 'node:crypto';
import { common } from './phrases/common.ts';
import { loss, wishes } from './phrases/loss.ts';
import { otherKinds } from './phrases/other-kinds.ts';
import { paths } from './phrases/paths.ts';
import { unsupported } from './phrases/unsupported.ts';
import type { Random } from './random.ts';

export interface Alternative {
  text: string;
  /** Never in training data. */
  isHeldOut: boolean;
}

/** Alternatives of smaller rules are words rather than templates; all of them are trained. */
const templatesMin = 24;
const heldOutShare = 0.1;

export type Grammar = ReadonlyMap<string, readonly Alternative[]>;

export function readGrammar(): Grammar {
  const rules = new Map<string, Alternative[]>();
  for (const text of [common, paths, loss, wishes, otherKinds, unsupported])
    for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon);
      if (!/^\w+$/.test(name) || rules.has(name)) throw new Error(`"${name}" is no name of a new rule.`);
      const texts = line
        .slice(colon + 1)
        .split(/(?<=^|\s)\|(?=\s|$)/)
        .map((one) => one.trim());
      const isLarge = new Set(texts).size >= templatesMin && templateRules.has(name);
      rules.set(
        name,
        texts.map((one) => ({ text: one, isHeldOut: isLarge && shareOf(`${name}: ${one}`) < heldOutShare })),
      );
    }
  return rules;
}

/** Whose alternatives are templates: whole sentences and whole ways to say a path. */
export const templateRules: ReadonlySet<string> = new Set(
  (
    'path0 path1 via loss reach mtu lat bgp2 bgp1 bgpHN dev dev0 count lossMax dscp dscpName size ' +
    'otherTopic change vague several manipulation evil takeOver'
  ).split(' '),
);

/** In [0, 1), the same for the same text. */
function shareOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 4_294_967_296;
}

export interface Expansion {
  text: string;
  hasHeldOut: boolean;
  /** Texts of the template alternatives that were used. */
  templates: string[];
}

/** What code decides instead of the rules, for example how a path is said when there are hops between. */
export type Override = (rule: string) => string | undefined;

/** With `isHeldOutAllowed` false, held-out alternatives are never taken. */
export function expand(
  grammar: Grammar,
  start: string,
  random: Random,
  options: { isHeldOutAllowed: boolean; override: Override },
): Expansion {
  const templates: string[] = [];
  let hasHeldOut = false;
  let steps = 0;

  function rule(name: string): string {
    if (++steps > 400) throw new Error(`Rule ${start} does not come to an end.`);
    const text = options.override(name);
    if (text !== undefined) return whole(text);
    const all = grammar.get(name);
    if (all === undefined) throw new Error(`There is no rule "${name}".`);
    const taken = random.pick(options.isHeldOutAllowed ? all : all.filter((one) => !one.isHeldOut));
    if (templateRules.has(name)) templates.push(`${name}: ${taken.text}`);
    if (taken.isHeldOut) hasHeldOut = true;
    return whole(taken.text);
  }

  function whole(text: string): string {
    return text
      .replace(/\[([^[\]{}]*\|[^[\]{}]*)\]/g, (_, choices: string) => random.pick(choices.split('|')))
      .replace(/@([A-Za-z]\w*)/g, (_, name: string) => rule(name));
  }

  return { text: rule(start), hasHeldOut, templates };
}
