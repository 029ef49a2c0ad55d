/**
 * The places of a sentence that code fills: every name and every number in it. Words around them are those of a fixed vocabulary
 * without a digit, so that no model can write either.
 */

/** In the order of their tokens. The first of `<|x0|>`, `<|x1|>` ... are ours; no other text has them. */
const names = [
  // Where.
  'link',
  'interface',
  'node',
  'peer',
  // Which way, and how much.
  'direction',
  'loss',
  'interval',
  'mtu',
  // What the place has: an access list, a member of a bundle ...
  'acl',
  'member',
  'prefix',
  'destination',
  'sid',
  'neighbor',
  'lsp',
  // What was counted there.
  'denied',
  'damaged',
  'dropped',
  // Of a conclusion without a finding.
  'head',
  'tail',
  'count',
  'lost',
  'suspects',
] as const;

export type Slot = (typeof names)[number];
export const slots = names;

/** By slot, what code writes in its place. */
export type SlotValues = Readonly<Partial<Record<Slot, string>>>;

/** As a template says it: "{loss}". */
export function slotWord(slot: Slot): string {
  return `{${slot}}`;
}

/** As our own models know it. */
export function slotToken(slot: Slot): string {
  return `<|x${slots.indexOf(slot)}|>`;
}

const byWord: ReadonlyMap<string, Slot> = new Map(slots.map((slot) => [slotWord(slot), slot]));
const byToken: ReadonlyMap<string, Slot> = new Map(slots.map((slot) => [slotToken(slot), slot]));

/** Undefined for a word of the vocabulary. */
export function slotOf(word: string): Slot | undefined {
  return byWord.get(word);
}

/** What a model wrote, as a template has it. */
export function templateWord(token: string): string {
  const slot = byToken.get(token);
  return slot === undefined ? token : slotWord(slot);
}

/** What people write with capital letters. */
const capitals: Readonly<Record<string, string>> = {
  acl: 'ACL',
  'as-number': 'AS number',
  bfd: 'BFD',
  bgp: 'BGP',
  dscp: 'DSCP',
  igp: 'IGP',
  'is-is': 'IS-IS',
  mtu: 'MTU',
  sid: 'SID',
};

/** No blank before these, and none behind the other. */
const closing = new Set([',', ';', ':', '.', ')']);
const opening = '(';

/**
 * The sentence of a template, without its full stop, that others may follow; with a capital letter where it is the beginning. Each slot is filled once, word by word: what a
 * value holds is text and nothing else. Throws RangeError for a slot without a value.
 */
export function filled(template: readonly string[], values: SlotValues, { isBeginning = true } = {}): string {
  const words = template.at(-1) === '.' ? template.slice(0, -1) : template;
  let text = '';
  for (const [at, word] of words.entries()) {
    const slot = slotOf(word);
    const value = slot === undefined ? (capitals[word] ?? word) : values[slot];
    if (value === undefined) throw new RangeError(`${word} has no value`);
    const isTight = at === 0 || closing.has(word) || words[at - 1] === opening;
    const isFirst = at === 0 && isBeginning && slot === undefined;
    const said = isFirst ? `${value.charAt(0).toUpperCase()}${value.slice(1)}` : value;
    text += isTight ? said : ` ${said}`;
  }
  return text;
}
