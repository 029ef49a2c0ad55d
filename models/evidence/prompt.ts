/** A report's evidence as text for a model, and the causes behind it that are weighed. */
import { type Cause, type ShownEvidence, type ShownPath, type ShownSign, signWords } from './words.ts';

/** Placeholders that a model knows; what is about further nodes is left out. */
const nodesMax = 32;
/** Lines that fit a model's context with the candidates behind them. */
const signsMax = 28;
const pathsMax = 4;

const marks = { evidence: '<|evidence|>', line: '<|line|>', answer: '<|answer|>', end: '<|end|>' };

const task =
  'Routers on a path were asked what they see, a line each. "forward" and "reverse" are the two directions of the path, ' +
  'two routers side by side are the link from the first to the second. Say which single cause explains what they see: ' +
  'its kind, its place and its direction; or "healthy", or "undetermined" where they do not see enough.\n';

export interface Prompt {
  /** For a model that was trained on this language. */
  own: string;
  /** For any other: the first piece is the same for every report. */
  plain: readonly string[];
  /** By node: its placeholder. A node that is not among them is not shown. */
  placeholders: ReadonlyMap<string, string>;
}

export function promptOf(evidence: ShownEvidence): Prompt {
  const { lines: shown, placeholders } = shownLines(evidence);
  return {
    own: tight(`${marks.evidence}${shown.join(marks.line)}${marks.answer}`),
    plain: [task, `${shown.map((line) => `${line}\n`).join('')}Cause: `],
    placeholders,
  };
}

/** What is seen, a line each. `named` are nodes that have a placeholder in any case, and the first. */
export function shownLines(
  { paths, signs }: ShownEvidence,
  named: readonly string[] = [],
): { lines: string[]; placeholders: ReadonlyMap<string, string> } {
  const placeholders = new Map<string, string>();
  const name = (node: string) => {
    if (!placeholders.has(node)) placeholders.set(node, `<|e${placeholders.size}|>`);
  };
  for (const node of named) name(node);
  const lines: string[] = paths.slice(0, pathsMax).map(pathLine);
  for (const sign of signs.slice(0, signsMax)) {
    const unknown = [...new Set(sign.nodes)].filter((node) => !placeholders.has(node));
    if (placeholders.size + unknown.length > nodesMax) continue;
    for (const node of unknown) name(node);
    lines.push(signLine(sign, placeholders));
  }
  return { lines, placeholders };
}

export interface CauseText {
  own: string;
  plain: string;
}

/** Undefined where a node of it is none of the prompt's. */
export function causeText({ kind, nodes, way }: Cause, { placeholders }: Prompt): CauseText | undefined {
  const places = nodes.map((node) => placeholders.get(node));
  if (places.includes(undefined)) return undefined;
  const plain = [kind.replaceAll('-', ' '), places.join(''), way].filter((part) => part).join(' ');
  return { own: tight(`${plain}${marks.end}`), plain };
}

/** A tokenizer takes a blank beside a special token for a word. */
export function tight(text: string): string {
  return text.replace(/ ?(<\|[a-z0-9-]+\|>) ?/g, '$1');
}

function pathLine({ way, lost, isOneOfSeveral }: ShownPath): string {
  return `${way} ${isOneOfSeveral ? 'one of several paths' : 'path'} ${lost === undefined ? 'unknown' : `lost ${lost}`}`;
}

function signLine(
  { sign, nodes, isWide, way, amount, certainty }: ShownSign,
  placeholders: ReadonlyMap<string, string>,
): string {
  const places = nodes.map((node) => placeholders.get(node)).join('');
  const parts = [way, places, isWide && 'together', signWords[sign], amount, certainty];
  return parts.filter((part) => typeof part === 'string' && part !== '').join(' ');
}
