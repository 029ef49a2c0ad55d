/**
 * Of what clauses a sentence about one conclusion may be made, and in which order: a small formal language. A model chooses among
 * them; what it writes is read again, clause by clause, and what cannot be read is not used.
 */
import { type KindPhrases, kindPhrases, type PhrasedKind } from './kind-phrases.ts';
import { signPhrases } from './sign-phrases.ts';
import { type Slot, slotOf, slotWord } from './slots.ts';
import type { SignName } from './words.ts';

/** What a sentence is about; everything in it is code's. */
export interface Sayable {
  kind: PhrasedKind | 'healthy' | 'undetermined';
  /** What this conclusion has. Those of `required` must occur. */
  slots: readonly Slot[];
  required: readonly Slot[];
  /** What was seen at the place. */
  signs: readonly SignName[];
}

/**
 * T what is wrong, L how much is lost, W which way, S what shows it, C what to check, N how many probes, Q who is suspected; and
 * what joins them.
 */
export type Role = 'T' | 'L' | 'W' | 'S' | 'C' | 'N' | 'Q' | ':' | ';' | ',' | 'a' | 's' | 'b' | '.';

export interface Clause {
  role: Role;
  words: readonly string[];
}

const joins: readonly (readonly [Role, string])[] = [
  [':', ':'],
  [';', ';'],
  [',', ','],
  ['a', ', and'],
  ['s', ', so'],
  ['b', 'because'],
  ['.', '.'],
];

const lossPhrases = [
  '{loss} of the packets are lost {direction} ( {interval} )',
  '{loss} of the packets do not arrive {direction} ( {interval} )',
  '{direction} , {loss} of the packets are lost ( {interval} )',
];
const largeLossPhrases = [
  '{loss} of the packets of {mtu} octets are lost {direction} ( {interval} )',
  '{direction} , {loss} of the packets of {mtu} octets do not arrive ( {interval} )',
];
const wayPhrases = ['( {direction} )'];
const healthyPhrases = [
  'no loss above the background on the path from {head} to {tail} in either direction',
  'nothing is lost above the background between {head} and {tail} in either direction',
  'the path from {head} to {tail} loses nothing above the background in either direction',
];
const countPhrases = ['{count} probes counted', '{count} probes were counted'];
const undeterminedPhrases = [
  'the measurements from {head} to {tail} do not decide',
  'what was measured from {head} to {tail} leaves the cause open',
];
const lostPhrases = ['{lost} were lost', 'lost were {lost}'];
const suspectPhrases = ['suspected : {suspects}', 'the fault is among {suspects}'];

/** Which orders of roles are a sentence. `evidence` and `check` may follow a finding. */
const ends = '(;S(aS)?)?(;C)?\\.';
const orders = {
  lossy: new RegExp(`^(L:T|LbT|T:L|TaL|TsL)${ends}$`),
  /** Nothing that reads as a cause: a colon gives one as well. */
  beside: new RegExp(`^TaL${ends}$`),
  /** Nothing is lost: the direction alone. */
  lossless: new RegExp(`^TW${ends}$`),
  /** Of another question than for loss: where and what. */
  bare: new RegExp(`^T${ends}$`),
  healthy: /^T[,;]N\.$/,
  undetermined: /^T(:L)?(;Q)?\.$/,
};

export function orderOf({ kind, required }: Sayable): RegExp {
  if (kind === 'healthy' || kind === 'undetermined') return orders[kind];
  const { isBeside = false }: KindPhrases = kindPhrases[kind];
  if (required.includes('loss')) return orders[isBeside ? 'beside' : 'lossy'];
  return orders[required.includes('direction') ? 'lossless' : 'bare'];
}

/** Every clause that is true of this conclusion, and what joins them. Those whose slots it lacks are left out. */
export function clausesFor(about: Sayable): Clause[] {
  const has = new Set(about.slots);
  return [...ofConclusion(about), ...joins.map(([role, text]) => clause(role, text))].filter(({ words }) =>
    words.every((word) => {
      const slot = slotOf(word);
      return slot === undefined || has.has(slot);
    }),
  );
}

function ofConclusion({ kind, slots, signs }: Sayable): Clause[] {
  if (kind === 'healthy') return [...all('T', healthyPhrases), ...all('N', countPhrases)];
  if (kind === 'undetermined')
    return [...all('T', undeterminedPhrases), ...all('L', lostPhrases), ...all('Q', suspectPhrases)];
  const { told, check, shows = [] }: KindPhrases = kindPhrases[kind];
  const place = placeIn(slots);
  const shown = shows.filter((sign) => signs.includes(sign)).flatMap((sign) => signPhrases[sign] ?? []);
  return [
    ...all(
      'T',
      told.map((text) => text.replaceAll('@', place)),
    ),
    ...all('L', slots.includes('mtu') ? largeLossPhrases : lossPhrases),
    ...all('W', wayPhrases),
    ...all('S', [...new Set(shown)]),
    ...all('C', check),
  ];
}

/** One of them names the place; a pair is named in its clauses. */
function placeIn(slots: readonly Slot[]): string {
  const place = (['link', 'interface', 'node'] as const).find((slot) => slots.includes(slot));
  return slotWord(place ?? 'node');
}

function all(role: Role, texts: readonly string[]): Clause[] {
  return texts.map((text) => clause(role, text));
}

function clause(role: Role, text: string): Clause {
  return { role, words: text.split(' ') };
}

/** Every word that a sentence of any conclusion may have, without slots. */
export const vocabulary: readonly string[] = [
  ...new Set(
    [
      ...Object.values(kindPhrases).flatMap(({ told, check }) => [...told, ...check]),
      ...Object.values(signPhrases).flat(),
      ...[lossPhrases, largeLossPhrases, wayPhrases, healthyPhrases, countPhrases].flat(),
      ...[undeterminedPhrases, lostPhrases, suspectPhrases].flat(),
      ...joins.map(([, text]) => text),
    ]
      .flatMap((text) => text.split(' '))
      .filter((word) => word !== '@' && slotOf(word) === undefined),
  ),
].sort();
