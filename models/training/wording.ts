/** A request in words: its phrases from the grammar, its wishes, what stands around it, and how carelessly it was typed. */
import type { Metric } from '../intent/language.ts';
import { type Expansion, expand, type Grammar, type Override } from './grammar.ts';
import { dictate, dropSmallWords, mistype, restyle, telegraph } from './noise.ts';
import type { Random } from './random.ts';
import type { SampleOptions } from './sample.ts';
import { isSupported, type Start, supported, type Wish } from './starts.ts';

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
  let left = [...wishes];
  const override: Override = (rule) => {
    if (rule === 'P') return hasVia ? '@path1' : '@path0';
    if ((rule === 'V1' || rule === 'V2') && !hasVia) return '';
    if (rule === 'supported' || rule === 'supportedToo') return `@${random.pick(supported)}`;
    if (rule === 'W') {
      const all = joined(left, wantsDscpName, random);
      left = [];
      if (all.length === 0) return '';
      const opening = random.pick([', ', ' ', ', ', ' with ', '. ', '; ', ' - ', ' (', ', and ', '\u23ce']);
      const between = random.pick([', ', ', ', ' and ', '; ', ' ', '. ', ', and ', ' / ']);
      return `${opening}${all.join(between)}${opening === ' (' ? ')' : ''}`;
    }
    return undefined;
  };
  // Some wishes are said before anything else: "with 500 probes, check loss from ..."
  const first = left.length > 0 && random.chance(0.15) ? left.shift() : undefined;
  const rule = (name: string) => expand(grammar, name, random, { isHeldOutAllowed, override });
  const before =
    first === undefined
      ? undefined
      : expand(grammar, first === 'dscp' && wantsDscpName ? 'dscpName' : first, random, {
          isHeldOutAllowed,
          override,
        });
  const body = rule(start);
  if (left.length > 0 && start === 'loss') return undefined;
  const parts = [before, body].filter((one) => one !== undefined);
  if (isHeldOutAllowed && !parts.some((one) => one.hasHeldOut)) return undefined;

  let text = before === undefined ? body.text : `${before.text}, ${body.text}`;
  const isDecorable = start !== 'vague' && start !== 'manipulation';
  // What sounds like an order or a change belongs to requests of all kinds: the request alone decides.
  const innocentShare = isSupported(start) ? 0.15 : 0.05;
  if (random.chance(innocentShare)) text = `${rule('innocentBefore').text} ${text}`;
  else if (isDecorable && random.chance(0.28)) text = `${rule('open').text} ${text}`;
  const isInnocentAfter = start !== 'manipulation' && random.chance(innocentShare * 0.75);
  if (isInnocentAfter || (isDecorable && random.chance(0.26))) {
    const close = rule(isInnocentAfter ? 'innocentAfter' : 'close').text;
    text = `${text.replace(/[.?!]+$/, (end) => (random.chance(0.4) ? '' : end))}${/^[,?!.]/.test(close) ? '' : random.pick([' ', ', ', ' ', '. '])}${close}`;
  }
  if (options.isNoisy && random.chance(0.12)) text = dropSmallWords(text, random);
  if (options.isNoisy && random.chance(0.04)) text = dictate(text, () => rule('hesitation').text, random);
  else if (options.isNoisy && random.chance(0.03)) text = telegraph(text, random);
  if (options.isNoisy && random.chance(0.2)) text = mistype(text, random);
  text = restyle(
    text
      .replace(/\s+([,.;?!)])/g, '$1')
      .replace(/\( /g, '(')
      .replace(/([,;]) ?[,;]/g, '$1')
      .replace(/ {2,}/g, ' ')
      .trim(),
    random,
  );
  // Stories around the request may speak of ends that the request does not have.
  if (/^(bgp|dev|otherTopic|change|several)/.test(start) && body.text.length < text.length)
    text = text.replace(/\{([HT])\}/g, (slot, _, at: number) =>
      body.text.includes(slot) || at < 0 ? slot : '{OTHER}',
    );
  return { text, hasHeldOut: body.hasHeldOut, templates: parts.flatMap((one) => one.templates) };
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
  const ruleOf = (wish: Wish) => (wish === 'dscp' && wantsDscpName ? '@dscpName' : `@${wish}`);
  const pairs: readonly (readonly [Wish, Wish, string])[] = [
    ['count', 'size', '@countSize'],
    ['count', 'dscp', wantsDscpName ? '@countName' : '@countDscp'],
    ['size', 'dscp', wantsDscpName ? '@sizeName' : '@sizeDscp'],
    ['count', 'lossMax', '@countLoss'],
  ];
  const pair = random
    .shuffled(pairs)
    .find(([first, second]) => wishes.includes(first) && wishes.includes(second));
  if (pair === undefined || random.chance(0.6)) return wishes.map(ruleOf);
  const [first, second, rule] = pair;
  const rest = wishes.filter((wish) => wish !== first && wish !== second).map(ruleOf);
  return random.shuffled([rule, ...rest]);
}
