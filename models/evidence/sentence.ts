/**
 * The sentence of a conclusion, as a model may write it: what it is shown, which words are legal, and whether what it wrote may be
 * used. What is wrong was concluded by the correlation; a model words it, and code fills the slots.
 */
import { type Clause, clausesFor, orderOf, type Role, type Sayable, vocabulary } from './clauses.ts';
import { kindPhrases } from './kind-phrases.ts';
import { shownLines, tight } from './prompt.ts';
import { type Slot, slotOf, slotToken, slotWord } from './slots.ts';
import type { Amount, ShownEvidence, Way } from './words.ts';

export { type Sayable, vocabulary } from './clauses.ts';

/** Words and slots, the full stop included. */
export const sentenceWordsMax = 64;
const slotTimesMax = 2;
/** Lines of evidence that a sentence is worded from. */
const signsMax = 10;

const end = '<|end|>';
const fullStop = '.';

/** What the correlation concluded, as the prompt has it. */
export interface Concluded extends Sayable {
  /** As `Cause` has them: names, which never reach a model. */
  nodes: readonly string[];
  way?: Way | 'both';
  lost?: Amount;
}

/**
 * What is seen, and what was concluded: `<|evidence|>...<|line|>found egress acl<|e0|><|e1|>forward lost some<|line|><|x1|>...<|say|>`.
 * Evidence at the place comes first.
 */
export function sentencePrompt({ paths, signs }: ShownEvidence, concluded: Concluded): string {
  const { kind, nodes, way, lost, slots } = concluded;
  const isThere = (names: readonly string[]) => names.some((name) => nodes.includes(name));
  const sorted = [
    ...signs.filter((sign) => isThere(sign.nodes)),
    ...signs.filter((sign) => !isThere(sign.nodes)),
  ];
  const { lines, placeholders } = shownLines({ paths, signs: sorted.slice(0, signsMax) }, nodes);
  const places = nodes.map((node) => placeholders.get(node) ?? '').join('');
  const found = [
    'found',
    kind.replaceAll('-', ' '),
    places,
    way ?? '',
    lost === undefined ? '' : `lost ${lost}`,
  ];
  const shown = [...lines, found.filter((part) => part !== '').join(' '), slots.map(slotToken).join('')];
  return tight(`<|evidence|>${shown.join('<|line|>')}<|say|>`);
}

/** The words that may follow, as the model's tokens have them: the whole vocabulary, and the slots that this conclusion has. */
export function legalSentence(written: readonly string[], slots: readonly Slot[]): readonly string[] {
  if (written.at(-1) === fullStop) return [end];
  if (written.length >= sentenceWordsMax - 1) return [fullStop];
  const times = (token: string) => written.filter((word) => word === token).length;
  const tokens = slots.map(slotToken).filter((token) => times(token) < slotTimesMax);
  return [...vocabulary, ...tokens];
}

/** Why a template may not be used, in words; undefined where it may: everything in it can be read again, and is true. */
export function mistakeIn(template: readonly string[], about: Sayable): string | undefined {
  const has = new Set(about.slots);
  const strange = template.find((word) => {
    const slot = slotOf(word);
    return slot === undefined ? !vocabulary.includes(word) : !has.has(slot);
  });
  if (strange !== undefined) return 'it says a word that is none of its language';
  if (template.length > sentenceWordsMax) return 'it is too long';
  if (template.at(-1) !== fullStop) return 'it has no end';
  const times = (slot: Slot) => template.filter((word) => word === slotWord(slot)).length;
  const missing = about.required.find((slot) => times(slot) === 0);
  if (missing !== undefined) return `it leaves out ${slotWord(missing)}`;
  if (about.slots.some((slot) => times(slot) > slotTimesMax)) return 'it repeats itself';
  if (!tellsOwnKind(template, about)) return 'it does not tell what was found';
  const clauses = clausesFor(about);
  if (!readings(template, clauses).some((roles) => orderOf(about).test(roles.join(''))))
    return 'it says what does not follow';
  const isRepeated = clauses.some(({ role, words }) => role === 'S' && occurrences(words, template) > 1);
  return isRepeated ? 'it repeats itself' : undefined;
}

function occurrences(words: readonly string[], template: readonly string[]): number {
  return template.filter((_, at) => words.every((word, index) => template[at + index] === word)).length;
}

/** By the words of the kinds alone, whatever else is said. */
export function tellsOwnKind(template: readonly string[], { kind }: Pick<Sayable, 'kind'>): boolean {
  const text = ` ${template.join(' ')} `;
  const own = kind === 'healthy' || kind === 'undetermined' ? [] : kindPhrases[kind].own;
  return own.length === 0 || own.some((words) => text.includes(` ${words} `));
}

/** A template as clauses one after the other, in each way in which it can be read. */
export function readings(template: readonly string[], clauses: readonly Clause[]): Role[][] {
  /** By position: how what follows can be read. */
  const from: Role[][][] = Array.from({ length: template.length + 1 }, () => []);
  from[template.length] = [[]];
  for (let at = template.length - 1; at >= 0; at--)
    from[at] = clauses
      .filter(({ words }) => words.every((word, index) => template[at + index] === word))
      .flatMap(({ role, words }) =>
        (from[at + words.length] ?? []).map((rest): Role[] => [role, ...rest]).slice(0, readingsMax),
      )
      .slice(0, readingsMax);
  return from[0] ?? [];
}

/** Of an honest sentence there is one, or a few. */
const readingsMax = 16;
