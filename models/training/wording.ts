/** A request in words: its phrases from the grammar, its wishes, what stands around it, and how carelessly it was typed. */
import type { Metric } from '../intent/language.ts';
import { type Expansion, expand, type Grammar, type Override } from './grammar.ts';
import { dictate, dropSmallWords, mistype, restyle, telegraph } from './noise.ts';
import type { Random } from './random.ts';
import type { SampleOptions } from './sample.ts';
import { isSupported, type Start, supported, type Wish } from './starts.ts';

/** What a rule of the grammar makes, with all that was decided for this request. */
type Rule = (name: string) => Expansion;

export function phrase(
  grammar: Grammar,
  start: Start,
  wishes: readonly Wish[],
  wantsDscpName: boolean,
  hasVia: boolean,
  random: Random,
  options: SampleOptions,
): Expansion | undefined {
  const isHeldOutAllowed = options.templates === 'held-out';
  const left = [...wishes];
  const override = overrideFor(left, wantsDscpName, hasVia, random);
  const rule: Rule = (name) => expand(grammar, name, random, { isHeldOutAllowed, override });
  // Some wishes are said before anything else: "with 500 probes, check loss from ..."
  const first = left.length > 0 && random.chance(0.15) ? left.shift() : undefined;
  const before = first === undefined ? undefined : rule(ruleOf(first, wantsDscpName));
  const body = rule(start);
  if (left.length > 0 && start === 'loss') return undefined;
  const parts = [before, body].filter((one) => one !== undefined);
  if (isHeldOutAllowed && !parts.some((one) => one.hasHeldOut)) return undefined;

  const bare = before === undefined ? body.text : `${before.text}, ${body.text}`;
  const whole = surrounded(bare, start, rule, random);
  const typed = restyle(tidied(options.isNoisy ? hurried(whole, rule, random) : whole), random);
  // Stories around the request may speak of ends that the request does not have.
  const isOther = /^(bgp|dev|otherTopic|change|several)/.test(start) && body.text.length < typed.length;
  const text = isOther
    ? typed.replace(/\{([HT])\}/g, (slot) => (body.text.includes(slot) ? slot : '{OTHER}'))
    : typed;
  return { text, hasHeldOut: body.hasHeldOut, templates: parts.flatMap((one) => one.templates) };
}

/** What does not depend on the grammar: hops or none, a request inside another one, and the wishes that are left to say. */
function overrideFor(left: Wish[], wantsDscpName: boolean, hasVia: boolean, random: Random): Override {
  return (rule) => {
    if (rule === 'P') return hasVia ? '@path1' : '@path0';
    if ((rule === 'V1' || rule === 'V2') && !hasVia) return '';
    if (rule === 'supported' || rule === 'supportedToo') return `@${random.pick(supported)}`;
    return rule === 'W' ? saidOnce(left, wantsDscpName, random) : undefined;
  };
}

/** All wishes that are left, which then are said. */
function saidOnce(left: Wish[], wantsDscpName: boolean, random: Random): string {
  const all = joined(left, wantsDscpName, random);
  left.length = 0;
  if (all.length === 0) return '';
  const opening = random.pick([', ', ' ', ', ', ' with ', '. ', '; ', ' - ', ' (', ', and ', '\u23ce']);
  const between = random.pick([', ', ', ', ' and ', '; ', ' ', '. ', ', and ', ' / ']);
  return `${opening}${all.join(between)}${opening === ' (' ? ')' : ''}`;
}

/** With what people say before and behind a request. */
function surrounded(bare: string, start: Start, rule: Rule, random: Random): string {
  let text = bare;
  const isDecorable = start !== 'vague' && start !== 'manipulation';
  // What sounds like an order or a change belongs to requests of all kinds: the request alone decides.
  const innocentShare = isSupported(start) ? 0.18 : 0.05;
  if (random.chance(innocentShare)) text = `${rule('innocentBefore').text} ${text}`;
  else if (isDecorable && random.chance(0.28)) text = `${rule('open').text} ${text}`;
  const isInnocentAfter = start !== 'manipulation' && random.chance(innocentShare * 0.75);
  if (isInnocentAfter || (isDecorable && random.chance(0.26))) {
    const close = rule(isInnocentAfter ? 'innocentAfter' : 'close').text;
    text = `${text.replace(/[.?!]+$/, (end) => (random.chance(0.4) ? '' : end))}${/^[,?!.]/.test(close) ? '' : random.pick([' ', ', ', ' ', '. '])}${close}`;
  }
  return text;
}

function hurried(whole: string, rule: Rule, random: Random): string {
  let text = whole;
  if (random.chance(0.12)) text = dropSmallWords(text, random);
  if (random.chance(0.04)) text = dictate(text, () => rule('hesitation').text, random);
  else if (random.chance(0.03)) text = telegraph(text, random);
  return random.chance(0.2) ? mistype(text, random) : text;
}

/** Rules leave spaces where nothing was said. */
function tidied(text: string): string {
  return text
    .replace(/\s+([,.;?!)])/g, '$1')
    .replace(/\( /g, '(')
    .replace(/([,;]) ?[,;]/g, '$1')
    .replace(/ {2,}/g, ' ')
    .trim();
}

export function metricsText(
  metrics: readonly Metric[],
  grammar: Grammar,
  random: Random,
  options: SampleOptions,
): string {
  const texts = metrics.map(
    (metric) =>
      expand(grammar, `${metric}Noun`, random, {
        isHeldOutAllowed: options.templates === 'held-out',
        override: () => undefined,
      }).text,
  );
  const last = random.pick([
    ' and ',
    ' and ',
    ', ',
    ' & ',
    ', ',
    '/',
    ' + ',
    ',',
    ' plus ',
    ' as well as ',
    ' and the ',
    ' ',
  ]);
  return texts.length < 2
    ? texts.join('')
    : `${texts.slice(0, -1).join(random.pick([', ', ', ', ' ', '/']))}${last}${texts.at(-1)}`;
}

/** Two wishes in one breath, where there is a way to say them so: "500 probes of 1400 bytes". */
function joined(wishes: readonly Wish[], wantsDscpName: boolean, random: Random): string[] {
  const said = (wish: Wish) => `@${ruleOf(wish, wantsDscpName)}`;
  const pairs: readonly (readonly [Wish, Wish, string])[] = [
    ['count', 'size', '@countSize'],
    ['count', 'dscp', wantsDscpName ? '@countName' : '@countDscp'],
    ['size', 'dscp', wantsDscpName ? '@sizeName' : '@sizeDscp'],
    ['count', 'lossMax', '@countLoss'],
  ];
  const pair = random
    .shuffled(pairs)
    .find(([first, second]) => wishes.includes(first) && wishes.includes(second));
  if (pair === undefined || random.chance(0.6)) return wishes.map(said);
  const [first, second, rule] = pair;
  const rest = wishes.filter((wish) => wish !== first && wish !== second).map(said);
  return random.shuffled([rule, ...rest]);
}

function ruleOf(wish: Wish, wantsDscpName: boolean): string {
  return wish === 'dscp' && wantsDscpName ? 'dscpName' : wish;
}
