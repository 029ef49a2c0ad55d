/**
 * The path as a picture, from the report's measurements: loss on each link and inside each router, forward above and
 * reverse below the same line of routers; what a finding accuses carries ✖, what is only suspected ?.
 *
 *   f1 ──►  2.7 %          0 %           0 %          0 %           0 %
 *          [ PE-1 ] ✖pe1-p2 ─── p2-pe1 [ P-2 ] p2-pe3 ──── pe3-p2 [ PE-3 ]
 *   r1 ◄──   0 %           0 %           0 %          0 %           0 %
 */
import type { Path, Report } from '../core/records.ts';
import { type Paint, plain } from './paint.ts';
import { linesOf, lossText, type PathLine, type Place, type Reading } from './path-line.ts';

export interface PictureOptions {
  /** Where lines are wrapped; between two routers. */
  columns: number;
  paint: Paint;
}

const pathLabelColumns = 9;

/** One block of lines for each path; a path and the one that returns over the same routers share a block. */
export function drawPaths(report: Report, options: PictureOptions = { columns: 100, paint: plain }): string {
  return linesOf(report)
    .map((line) => drawBlock(line, report, options))
    .join('\n\n');
}

type Cell = Place & { width: number };

interface Span {
  first: number;
  last: number;
  text: string;
  isBad: boolean;
}

function drawBlock(
  { forward, reverse, places, ...readings }: PathLine,
  report: Report,
  { columns, paint }: PictureOptions,
) {
  const cells = places.map(cellOf);
  const above = readings.above.map(spanOf);
  const below = readings.below.map(spanOf);
  for (const { first, last, text } of [...above, ...below]) {
    const cell = cells[first];
    if (first === last && cell !== undefined) cell.width = Math.max(cell.width, text.length + 2);
  }
  const losses = (path: Path | undefined, row: [number, number], spans: readonly Span[]) => {
    if (path === undefined) return [];
    const line =
      spans.length > 0
        ? lossLine(row, cells, spans, paint)
        : paint('doubt', unmeasured(path, widthOf(row, cells), report));
    return [`${label(path)}${line}`];
  };
  const lines = (row: [number, number]) => [
    ...losses(forward, row, above),
    `${' '.repeat(pathLabelColumns)}${routerLine(row, cells, paint)}`,
    ...losses(reverse, row, below),
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

function cellOf(place: Place): Cell {
  const { isLink, left, right } = place;
  return { ...place, width: isLink ? left.length + right.length + 8 : nodeText(place).length };
}

function spanOf({ first, last, section, size, isLarge, isBad }: Reading): Span {
  const large = isLarge && size !== undefined ? `, ${size.bytes} B: ${lossText(size.section)}` : '';
  return { first, last, text: `${lossText(section)}${large}`, isBad };
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

function nodeText({ left, mark }: Place): string {
  return `[${mark || ' '}${left} ]`;
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
    const width = widthOf([place, end], cells);
    line += span === undefined ? ' '.repeat(width) : figure(span, width, paint);
    place = end + 1;
  }
  return line;
}

function figure({ first, last, text, isBad }: Span, width: number, paint: Paint): string {
  const role = isBad ? 'bad' : 'good';
  return paint(role, first === last ? centred(text, width) : bracket(text, width));
}

/** A row of figures of which there is none, as far as there is room for words. */
function unmeasured({ nodes: [sender] }: Path, width: number, { untrusted }: Report): string {
  const isAway = untrusted.some(({ node }) => node === sender);
  const words = [...(isAway ? [`not measured: no usable answer from ${sender}`] : []), 'not measured'];
  return bracket(words.find((text) => text.length + bracketColumns <= width) ?? '-', width);
}

/** Of a bracket without dashes. */
const bracketColumns = 4;

function bracket(text: string, width: number): string {
  const dashes = Math.max(0, width - text.length - bracketColumns);
  return `├${'─'.repeat(Math.floor(dashes / 2))} ${text} ${'─'.repeat(Math.ceil(dashes / 2))}┤`;
}

function widthOf([first, last]: [number, number], cells: readonly Cell[]): number {
  return cells.slice(first, last + 1).reduce((sum, { width }) => sum + width, 0);
}

function centred(text: string, width: number): string {
  return text.padStart(text.length + Math.floor((width - text.length) / 2)).padEnd(width);
}
