/**
 * The path as a picture, from the report's measurements: loss on each link and inside each router, forward above and
 * reverse below the same line of routers; what a finding accuses carries ✖, what is only suspected ?.
 *
 *   f1 ──►  2.7 %          0 %           0 %          0 %           0 %
 *          [ PE-1 ] ✖pe1-p2 ─── p2-pe1 [ P-2 ] p2-pe3 ──── pe3-p2 [ PE-3 ]
 *   r1 ◄──   0 %           0 %           0 %          0 %           0 %
 */
import type { Element, FindingKind, Path, Report, SectionMeasurement } from '../core/records.ts';
import { type Paint, plain } from './paint.ts';

export interface PictureOptions {
  /** Where lines are wrapped; between two routers. */
  columns: number;
  paint: Paint;
}

const pathLabelColumns = 9;

/** One block of lines for each path; a path and the one that returns over the same routers share a block. */
export function drawPaths(report: Report, options: PictureOptions = { columns: 100, paint: plain }): string {
  const forward = report.paths.filter(({ direction }) => direction === 'forward');
  const unpaired = report.paths.filter(({ direction }) => direction === 'reverse');
  const blocks: string[] = [];
  for (const path of forward) {
    const way = path.nodes.toReversed().join(' ');
    const index = unpaired.findIndex(({ nodes }) => nodes.join(' ') === way);
    const [back] = index < 0 ? [] : unpaired.splice(index, 1);
    blocks.push(drawBlock(report, path, back, options));
  }
  for (const back of unpaired) blocks.push(drawBlock(report, undefined, back, options));
  return blocks.join('\n\n');
}

/** A router (even places) or a link (odd places), and what was measured there. */
interface Cell {
  left: string;
  right: string;
  isLink: boolean;
  mark: '' | '✖' | '?';
  /** What the mark stands at. */
  marked: 'node' | 'link' | 'left' | 'right';
  width: number;
}

interface Span {
  first: number;
  last: number;
  text: string;
  isBad: boolean;
}

function drawBlock(
  report: Report,
  forward: Path | undefined,
  reverse: Path | undefined,
  { columns, paint }: PictureOptions,
): string {
  const cells = cellsOf(report, forward, reverse);
  const above = spansOf(report, forward, cells.length);
  const below = spansOf(report, reverse, cells.length);
  for (const { first, last, text } of [...above, ...below]) {
    const cell = cells[first];
    if (first === last && cell !== undefined) cell.width = Math.max(cell.width, text.length + 2);
  }
  const lines = (row: [number, number]) => [
    ...(forward === undefined ? [] : [`${label(forward)}${lossLine(row, cells, above, paint)}`]),
    `${' '.repeat(pathLabelColumns)}${routerLine(row, cells, paint)}`,
    ...(reverse === undefined ? [] : [`${label(reverse)}${lossLine(row, cells, below, paint)}`]),
  ];
  return rowsOf(cells, columns - pathLabelColumns)
    .map((row) =>
      lines(row)
        .map((line) => line.trimEnd())
        .join('\n'),
    )
    .join('\n\n');
}

function label({ id, direction }: Path): string {
  return `  ${id} ${direction === 'forward' ? '──►' : '◄──'}`.padEnd(pathLabelColumns);
}

function cellsOf(report: Report, forward: Path | undefined, reverse: Path | undefined): Cell[] {
  const nodes = forward?.nodes ?? reverse?.nodes.toReversed() ?? [];
  const back = reverse?.hops.toReversed() ?? [];
  const cells = nodes.flatMap((node, index): Cell[] => {
    const router = cell(`[ ${node} ]`, '', false);
    const [there, here] = [forward?.hops[index], back[index]];
    if (there === undefined && here === undefined) return [router];
    const near = there?.egress || here?.ingress || '?';
    const far = there?.ingress || here?.egress || '?';
    return [router, cell(near, far, true)];
  });
  for (const suspect of report.suspects) markCell(cells, nodes, suspect, '?', 'link');
  for (const { kind, element } of report.findings)
    markCell(cells, nodes, element, '✖', linkKinds.includes(kind) ? 'link' : 'end');
  return cells;
}

/** Kinds that accuse a link as a whole, not one end of it. */
const linkKinds: readonly FindingKind[] = ['unidirectional-link', 'silent-loss', 'link-down'];

function cell(left: string, right: string, isLink: boolean): Cell {
  const width = isLink ? left.length + right.length + 8 : left.length;
  return { left, right, isLink, mark: '', marked: isLink ? 'link' : 'node', width };
}

function markCell(
  cells: readonly Cell[],
  nodes: readonly string[],
  element: Element,
  mark: '✖' | '?',
  where: 'link' | 'end',
): void {
  const place = placeOf(nodes, element);
  const found = place === undefined ? undefined : cells[place];
  if (place === undefined || found === undefined) return;
  found.mark = mark;
  if (found.isLink && where === 'end')
    found.marked = nodes[(place - 1) / 2] === element.node ? 'left' : 'right';
}

/** The place of an element in the line of routers, whichever direction it was written in. */
function placeOf(nodes: readonly string[], { node, peer }: Element): number | undefined {
  const at = nodes.indexOf(node);
  if (at < 0) return undefined;
  if (peer === undefined) return 2 * at;
  if (nodes[at + 1] === peer) return 2 * at + 1;
  return nodes[at - 1] === peer ? 2 * at - 1 : undefined;
}

function spansOf(report: Report, path: Path | undefined, count: number): Span[] {
  if (path === undefined) return [];
  const nodes = path.direction === 'forward' ? path.nodes : path.nodes.toReversed();
  const mine = report.measurements.filter((one) => one.path === path.id);
  const large = report.flows.find((flow) => flow.path === path.id && flow.purpose === 'size')?.sizeBytes;
  return mine
    .filter(({ purpose }) => purpose === 'loss')
    .flatMap((section) => {
      const places = section.elements.flatMap((element) => placeOf(nodes, element) ?? []);
      if (places.length === 0) return [];
      const same = (one: SectionMeasurement) =>
        one.purpose === 'size' && one.from === section.from && one.to === section.to;
      const size = mine.find(same);
      const isLarge = size !== undefined && isLost(size) && !isLost(section);
      const text = isLarge ? `${lossText(section)}, ${large} B: ${lossText(size)}` : lossText(section);
      const isBad = isLost(section) || isLarge;
      return [{ first: Math.min(...places), last: Math.min(count - 1, Math.max(...places)), text, isBad }];
    });
}

/** Nothing entered a place behind a total loss. */
function lossText({ entered, lossPercent }: SectionMeasurement): string {
  return entered === 0 ? '-' : `${lossPercent} %`;
}

/** More than the background explains. */
function isLost({ entered, lossPercent, probability }: SectionMeasurement): boolean {
  return entered > 0 && lossPercent > 0 && probability >= 0.95;
}

/** Places of the first and last cell of each row. A row ends with a link, so that the line goes on. */
function rowsOf(cells: readonly Cell[], columns: number): [first: number, last: number][] {
  const rows: [number, number][] = [];
  let first = 0;
  let width = 0;
  for (let place = 0; place < cells.length; place += 2) {
    const pair = (cells[place]?.width ?? 0) + (cells[place + 1]?.width ?? 0);
    if (place > first && width + pair > columns) {
      rows.push([first, place - 1]);
      first = place;
      width = 0;
    }
    width += pair;
  }
  return [...rows, [first, cells.length - 1]];
}

function routerLine([first, last]: [number, number], cells: readonly Cell[], paint: Paint): string {
  return cells
    .slice(first, last + 1)
    .map((one) => {
      const text = one.isLink ? linkText(one) : centred(nodeText(one), one.width);
      if (one.mark === '✖') return paint('bad', text);
      return one.mark === '?' ? paint('doubt', text) : one.isLink ? text : paint('name', text);
    })
    .join('');
}

function nodeText({ left, mark }: Cell): string {
  return mark === '' ? left : left.replace('[ ', `[${mark}`);
}

function linkText({ left, right, mark, marked, width }: Cell): string {
  const near = ` ${marked === 'left' ? mark : ''}${left} `;
  const far = ` ${marked === 'right' ? mark : ''}${right} `;
  const line = width - near.length - far.length;
  return marked === 'link' && mark !== ''
    ? `${near}${'─'.repeat(Math.floor((line - 1) / 2))}${mark}${'─'.repeat(Math.ceil((line - 1) / 2))}${far}`
    : `${near}${'─'.repeat(line)}${far}`;
}

/** The figures of one direction, each over its place; a figure of several places has a bracket as wide as they are. */
function lossLine(
  [first, last]: [number, number],
  cells: readonly Cell[],
  spans: readonly Span[],
  paint: Paint,
): string {
  let line = '';
  for (let place = first; place <= last; ) {
    const span = spans.find((one) => one.first <= place && place <= one.last);
    const end = Math.min(last, span?.last ?? place);
    const width = cells.slice(place, end + 1).reduce((sum, one) => sum + one.width, 0);
    line += span === undefined ? ' '.repeat(width) : figure(span, width, paint);
    place = end + 1;
  }
  return line;
}

function figure({ first, last, text, isBad }: Span, width: number, paint: Paint): string {
  const role = isBad ? 'bad' : 'good';
  if (first === last) return paint(role, centred(text, width));
  const dashes = Math.max(0, width - text.length - 4);
  const bracket = `├${'─'.repeat(Math.floor(dashes / 2))} ${text} ${'─'.repeat(Math.ceil(dashes / 2))}┤`;
  return paint(role, bracket);
}

function centred(text: string, width: number): string {
  return text.padStart(text.length + Math.floor((width - text.length) / 2)).padEnd(width);
}
