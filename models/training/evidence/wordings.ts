/** Sentences as data: honest ones of a conclusion, composed of the clauses that are true of it. */
import { type Clause, clausesFor, orderOf, type Role, type Sayable } from '../../evidence/clauses.ts';
import { slotOf, slotToken } from '../../evidence/slots.ts';
import type { Random } from '../random.ts';

/** Of every ten wordings of a kind, one is in no training: whether a model makes sentences of its own, these tell. */
const heldOutOf = 10;

export interface Wording {
  /** As a template. */
  words: readonly string[];
  isHeldOut: boolean;
}

/** Undefined where nothing can be said of it. */
export function wordingOf(about: Sayable, random: Random): Wording | undefined {
  const clauses = clausesFor(about);
  const of = (role: Role) => clauses.filter((clause) => clause.role === role);
  if (of('T').length === 0) return undefined;
  const roles = rolesOf(about, { hasShown: of('S').length, hasCheck: of('C').length > 0 }, random);
  if (!orderOf(about).test(roles.join(''))) throw new Error(`${roles.join('')} is no order of ${about.kind}`);
  const order = new Map<Role, readonly Clause[]>();
  const chosen = roles.map((role, at): Clause => {
    const all = order.get(role) ?? random.shuffled(of(role));
    order.set(role, all);
    const clause = all[roles.slice(0, at).filter((before) => before === role).length % all.length];
    if (clause === undefined) throw new Error(`${about.kind} has no clause for ${role}`);
    return clause;
  });
  const words = chosen.flatMap((clause) => clause.words);
  return { words, isHeldOut: isHeldOut(about, chosen) };
}

/** Its kind, order, first words of what is wrong and what to check. */
function isHeldOut({ kind }: Pick<Sayable, 'kind'>, clauses: readonly Clause[]): boolean {
  const key = [kind, ...clauses.flatMap(({ role, words }) => (role === 'S' ? role : [role, ...words]))].join(
    ' ',
  );
  let hash = 2_166_136_261;
  for (const letter of key) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  return hash % heldOutOf === 0;
}

const lossy: readonly (readonly Role[])[] = [
  ['L', ':', 'T'],
  ['L', 'b', 'T'],
  ['T', ':', 'L'],
  ['T', 'a', 'L'],
  ['T', 's', 'L'],
];

function rolesOf(
  about: Sayable,
  { hasShown, hasCheck }: { hasShown: number; hasCheck: boolean },
  random: Random,
): Role[] {
  const { kind, slots, required } = about;
  if (kind === 'healthy') return ['T', random.pick([',', ';'] as const), 'N', '.'];
  if (kind === 'undetermined')
    return [
      'T',
      ...(slots.includes('lost') ? ([':', 'L'] as const) : []),
      ...(slots.includes('suspects') ? ([';', 'Q'] as const) : []),
      '.',
    ];
  const first: readonly Role[] = required.includes('loss')
    ? random.pick(lossy.filter((roles) => orderOf(about).test(`${roles.join('')}.`)))
    : required.includes('direction')
      ? ['T', 'W']
      : ['T'];
  const shown: readonly Role[] =
    hasShown > 1 && random.chance(0.3) ? [';', 'S', 'a', 'S'] : hasShown > 0 ? [';', 'S'] : [];
  const check: readonly Role[] = hasCheck && random.chance(0.8) ? [';', 'C'] : [];
  return [...first, ...shown, ...check, '.'];
}

/** As our models write it. */
export function answerOf({ words }: Wording): string {
  const tokens = words.map((word) => {
    const slot = slotOf(word);
    return slot === undefined ? word : slotToken(slot);
  });
  return `${tokens.join(' ')}<|end|>`.replace(/ ?(<\|[a-z0-9-]+\|>) ?/g, '$1');
}
