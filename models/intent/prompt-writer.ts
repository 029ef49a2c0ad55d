/** What the model sees, written piece by piece, with what the placeholders stand for. */
import type { NumberUnit } from './number-roles.ts';

/** The classes of placeholders, each with indices from 0: `<|e0|>`. */
export const placeholderClasses = {
  /** A name by its looks, or one of the domain. */
  e: 32,
  /** A word that nobody knows: a name, a typing error, or anything. */
  w: 32,
  /** An English word that the model does not know: rarely a name. */
  p: 32,
  /** A number. */
  n: 16,
} as const;
export type PlaceholderClass = keyof typeof placeholderClasses;

/** What stands in prompts beside words and placeholders. */
export const promptMarks = {
  begin: '<|intent|>',
  answer: '<|answer|>',
  /** Between a known word and the placeholder of the same piece of text: it may be either. */
  or: '<|or|>',
  address: '<|address|>',
  port: '<|port|>',
  other: '<|other|>',
  dscp: '<|dscp-name|>',
  time: '<|time|>',
  line: '<|line|>',
  /** A sign that says nothing to the model. */
  sign: '<|sign|>',
  /** A name or number beyond the placeholders that there are. */
  more: '<|more|>',
} as const;

export interface NumberSaid {
  text: string;
  value: number;
  /** What it counts; a number of which nothing is said may be anything. */
  unit?: NumberUnit;
}

export interface Tagged {
  /** Words of the vocabulary, signs, placeholders and marks, in order. */
  tokens: readonly string[];
  /** Placeholder -> the name as typed; the same name has the same placeholder. */
  names: ReadonlyMap<string, string>;
  numbers: ReadonlyMap<string, NumberSaid>;
  /** More was said than there is room for: the end of the text is missing. */
  isCut: boolean;
}

export type Writer = ReturnType<typeof createWriter>;

export function createWriter(indices: (count: number) => readonly number[]) {
  const tokens: string[] = [];
  const names = new Map<string, string>();
  const numbers = new Map<string, NumberSaid>();
  const byText = new Map<string, string>();
  const used: Record<PlaceholderClass, number> = { e: 0, w: 0, p: 0, n: 0 };
  const order: Partial<Record<PlaceholderClass, readonly number[]>> = {};
  let isFull = false;

  function next(of: PlaceholderClass): string | undefined {
    const ordered = order[of] ?? indices(placeholderClasses[of]);
    order[of] = ordered;
    const index = ordered[used[of]];
    if (index === undefined) isFull = true;
    else used[of]++;
    return index === undefined ? undefined : `<|${of}${index}|>`;
  }

  function name(of: PlaceholderClass, text: string, mark?: 'address' | 'port' | 'other'): void {
    if (mark !== undefined) tokens.push(promptMarks[mark]);
    const before = byText.get(text.toLowerCase());
    const placeholder = before ?? next(of);
    tokens.push(placeholder ?? promptMarks.more);
    if (placeholder === undefined || before !== undefined) return;
    byText.set(text.toLowerCase(), placeholder);
    names.set(placeholder, text);
  }

  return {
    name,
    /** A known word, a placeholder, or the one with the other: it may be either. */
    word(known: string | undefined, of?: PlaceholderClass, text?: string): void {
      if (known !== undefined) tokens.push(known);
      if (of === undefined || text === undefined) return;
      if (known !== undefined) tokens.push(promptMarks.or);
      name(of, text);
    },
    number(said: NumberSaid): void {
      const placeholder = next('n');
      tokens.push(placeholder ?? promptMarks.more);
      if (placeholder !== undefined) numbers.set(placeholder, said);
    },
    sign(text: string): void {
      tokens.push(text);
    },
    mark(kind: 'dscp' | 'time' | 'line' | 'sign'): void {
      tokens.push(promptMarks[kind]);
    },
    tagged: (isCut: boolean): Tagged => ({ tokens, names, numbers, isCut: isCut || isFull }),
  };
}
