/** Phrases as rules: read, expanded at random, some alternatives of each large rule held out for validation. */
import { createHash } from 'node:crypto';
import { common } from './phrases/common.ts';
import { farOrders } from './phrases/far-orders.ts';
import { farPaths } from './phrases/far-paths.ts';
import { farTopics } from './phrases/far-topics.ts';
import { farTricks } from './phrases/far-tricks.ts';
import { innocent } from './phrases/innocent.ts';
import { loss, wishes } from './phrases/loss.ts';
import { more } from './phrases/more.ts';
import { otherKinds } from './phrases/other-kinds.ts';
import { paths } from './phrases/paths.ts';
import { unsupported } from './phrases/unsupported.ts';
import { widerKinds } from './phrases/wider-kinds.ts';
import { widerLoss } from './phrases/wider-loss.ts';
import { widerPaths } from './phrases/wider-paths.ts';
import { widerRefused } from './phrases/wider-refused.ts';
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
  const texts = new Map<string, string[]>();
  const files = [
    ...[common, paths, loss, wishes, otherKinds, unsupported, innocent, more],
    ...[widerLoss, widerPaths, widerKinds, widerRefused],
    ...[farTopics, farOrders, farTricks, farPaths],
  ];
  for (const text of files)
    for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
      const colon = line.indexOf(':');
      const isContinued = line.startsWith('+');
      const name = line.slice(isContinued ? 1 : 0, colon);
      if (!/^\w+$/.test(name)) throw new Error(`"${name}" is no name of a rule.`);
      // Continued elsewhere under its name with `+`, so that nothing is replaced by accident.
      if (isContinued === !texts.has(name))
        throw new Error(`Rule "${name}" is ${isContinued ? 'continued before it begins' : 'there twice'}.`);
      const alternatives = line
        .slice(colon + 1)
        .split(/(?<=^|\s)\|(?=\s|$)/)
        .map((one) => one.trim());
      texts.set(name, [...(texts.get(name) ?? []), ...alternatives]);
    }
  const rules = new Map<string, Alternative[]>();
  for (const [name, all] of texts) {
    const isLarge = new Set(all).size >= templatesMin && templateRules.has(name);
    rules.set(
      name,
      all.map((one) => ({ text: one, isHeldOut: isLarge && shareOf(`${name}: ${one}`) < heldOutShare })),
    );
  }
  return rules;
}

/** Whose alternatives are templates: whole sentences and whole ways to say a path. */
export const templateRules: ReadonlySet<string> = new Set(
  (
    'path0 path1 via loss reach mtu lat bgp2 bgp1 bgpHN dev dev0 count lossMax dscp dscpName size ' +
    'otherTopic change vague several manipulation evil takeOver innocentBefore innocentAfter ' +
    'countSize countName countDscp sizeName sizeDscp countLoss ' +
    'act explainHow planFor harm encoded rolePlay dropRules byAuthority ' +
    'lossFact lossAsk mtuFact mtuAsk latFact latAsk bgpFact bgpAsk'
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
    const chosen = text.replace(/\[([^[\]]*\|[^[\]]*)\]/g, (_, choices: string) =>
      random.pick(choices.split('|')),
    );
    let written = '';
    for (const [index, part] of chosen.split(/@([A-Za-z]\w*)/).entries()) {
      const made = index % 2 === 0 ? part : rule(part);
      // "{T}@V2": a word does not begin in the middle of another.
      const isGlued = index % 2 === 1 && /[\w}?)]$/.test(written) && /^[\w{(-]/.test(made);
      written += isGlued ? ` ${made}` : made;
    }
    return written;
  }

  return { text: rule(start), hasHeldOut, templates };
}
