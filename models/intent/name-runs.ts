/**
 * Names that were typed as one list: "PE-1 -> P-2, P-4 then PE-3". Whoever names the first and the third hop of a list means
 * the second as well, so that an answer which leaves one out is none that may be given.
 */
import { promptMarks } from './prompt-writer.ts';

interface Member {
  /** Its placeholder. */
  name: string;
  /** How it hangs on the member before: an arrow or its like, nothing, or something that stands between clauses as well. */
  joint: 'arrow' | 'strong' | 'adjacent' | 'weak';
  /** What stands between. */
  separators: string;
  /** False for what may be a word of the sentence, or is a plain word. */
  isSure: boolean;
}
type Run = readonly Member[];

export interface NameRuns {
  /** Whether `name` may be the next hop; `used` are the names that have a part already. */
  mayFollow(name: string, used: ReadonlySet<string>): boolean;
  /** Whether the list of hops may end behind `last`; undefined where there is none. */
  mayEnd(last: string | undefined, used: ReadonlySet<string>): boolean;
  /** Whether a path may begin there: one along arrows begins where they do. */
  mayBeHead(name: string): boolean;
  /** Whether `name` may be the tail of a path from `head`: a path along arrows, or in one list, ends where they end. */
  mayBeTail(head: string, name: string): boolean;
}

const names = /^<\|[ewp]\d+\|>$/;
const arrows = new Set(['->', '>']);
const strong = new Set(['then', '+', '&', '/', 'next', 'followed', 'finally', 'afterwards']);
const weak = new Set([',', ';', 'and', 'to', 'by', 'after', 'that', 'last']);
/** Around a name, and part of it. */
const around = new Set([
  '"',
  "'",
  '*',
  promptMarks.sign,
  promptMarks.address,
  'router',
  'node',
  'device',
  'host',
  'our',
  'the',
  'box',
]);
const separatorsMax = 5;

export function nameRuns(tokens: readonly string[]): NameRuns {
  const runs = runsOf(tokens);
  const between = (run: Run, from: number, to: number) => run.slice(from + 1, to).map(({ name }) => name);
  const at = (run: Run, name: string | undefined) => run.findIndex((member) => member.name === name);

  return {
    mayFollow(name, used) {
      return runs.every((run) => {
        const here = at(run, name);
        const before = run[here - 1];
        if (before === undefined || used.has(before.name)) return true;
        const isBehindOne = run.slice(0, here).some((member) => used.has(member.name));
        return !isBehindOne && run[here]?.joint === 'weak';
      });
    },
    mayEnd(last, used) {
      return runs.every((run) => {
        const places = run.flatMap(({ name }, index) => (used.has(name) ? [index] : []));
        const [first, end] = [places[0], places.at(-1)];
        if (
          first !== undefined &&
          end !== undefined &&
          between(run, first, end).some((one) => !used.has(one))
        )
          return false;
        const behind = last === undefined ? undefined : run[at(run, last) + 1];
        return at(run, last) < 0 || behind === undefined || used.has(behind.name) || behind.joint === 'weak';
      });
    },
    mayBeHead(name) {
      const isOnce = tokens.indexOf(name) === tokens.lastIndexOf(name);
      return !isOnce || runs.every((run) => at(run, name) <= 0 || run[at(run, name)]?.joint !== 'arrow');
    },
    mayBeTail(head, name) {
      return runs.every((run) => {
        const [from, to] = [at(run, head), at(run, name)];
        const [here, behind] = [run[to], run[to + 1]];
        if (from < 0 || to < from || here === undefined || behind === undefined) return true;
        return behind.joint !== 'arrow' && !isOneList(here.separators, behind.separators);
      });
    },
  };
}

function runsOf(tokens: readonly string[]): Run[] {
  const runs: Member[][] = [];
  let run: Member[] = [];
  let separators: string[] = [];
  // In XML it is no arrow.
  const isArrow = (token: string) => token === '->' || (token === '>' && !tokens.includes('<'));
  const end = () => {
    runs.push(run);
    run = [];
    separators = [];
  };
  tokens.forEach((token, index) => {
    if (names.test(token)) {
      const isSure = tokens[index - 1] !== promptMarks.or && !token.startsWith('<|p');
      const before = run.at(-1)?.name;
      // Two of different looks side by side: one may be a typing error.
      const isOther = separators.length === 0 && before !== undefined && before[2] !== token[2];
      if (isOther || run.some(({ name }) => name === token)) end();
      run.push({ name: token, joint: jointOf(separators), separators: separators.join(' '), isSure });
      separators = [];
    } else if (around.has(token) || tokens[index + 1] === promptMarks.or || token === promptMarks.or) return;
    else if (isArrow(token) || strong.has(token) || weak.has(token)) {
      separators.push(token);
      if (separators.length > separatorsMax) end();
    } else end();
  });
  end();
  return runs.map(withChains).flatMap(withoutWords);
}

/** "A to B to C" goes along arrows; a single "to" may begin another clause. */
function withChains(run: Run): Run {
  const isTo = (index: number) => index > 0 && run[index]?.separators === 'to';
  return run.map((member, index) =>
    isTo(index) && (isTo(index - 1) || isTo(index + 1)) ? { ...member, joint: 'arrow' } : member,
  );
}

/** Cut where a member is hardly a name: it hangs on no other by more than a comma, and does not stand between two. */
function withoutWords(run: readonly Member[]): Run[] {
  const parts: Member[][] = [[]];
  for (const [index, member] of run.entries()) {
    const [before, behind] = [run[index - 1], run[index + 1]];
    const joints = [...(before === undefined ? [] : [member.joint]), behind?.joint];
    const isHung = joints.some((joint) => joint === 'arrow' || joint === 'strong');
    const isBetween =
      before?.isSure === true && behind?.isSure === true && joints.every((joint) => joint === 'weak');
    if (member.isSure || isHung || isBetween) parts.at(-1)?.push(member);
    else parts.push([]);
  }
  return parts.filter((part) => part.length > 1);
}

/** "A, B, C" and "A, B and C" go on; "A and B, C" may not. */
function isOneList(before: string, behind: string): boolean {
  return (
    before !== 'and' &&
    before !== 'to' &&
    (before === behind || (before === ',' && /^(?:, )?and$/.test(behind)))
  );
}

function jointOf(separators: readonly string[]): Member['joint'] {
  if (separators.some((one) => arrows.has(one))) return 'arrow';
  const isAfterThat = separators.includes('after') && separators.includes('that');
  if (isAfterThat || separators.some((one) => strong.has(one))) return 'strong';
  return separators.length === 0 ? 'adjacent' : 'weak';
}
