/**
 * A path as SVG: routers in a line, loss towards the tail above and back below.
 *
 *   f1 ->      0 %          2.7 %          0 %
 *           ┌────────┐ ──────────────► ┌───────┐
 *           │  PE-1  │ pe1-p2 ✖ p2-pe1 │  P-2  │
 *           └────────┘ ◄────────────── └───────┘
 *   r1 <-      0 %           0 %           0 %
 */
import { lossText, type PathLine, type Place, type Reading } from '../path-line.ts';
import { type Content, type Markup, markup } from './markup.ts';

/** Pixels, before a browser scales them. */
const rowWidthMax = 1_070;
const gutter = 46;
const laneInset = 15;
const box = { height: 66, above: 34, below: 30 };
const rowHeight = box.above + box.height + box.below;
const rowGap = 16;
const nameCharactersMax = 18;
const linkWideningMax = 160;

type Tone = 'bad' | 'good' | 'doubt' | 'plain';

interface Cell extends Place {
  index: number;
  width: number;
  x: number;
}

export function pathPicture(line: PathLine): Markup {
  const rows = rowsOf(cellsOf(line));
  const width =
    gutter + Math.max(...rows.map((cells) => cells.reduce((sum, cell) => sum + cell.width, 0))) + 4;
  const height = rows.length * (rowHeight + rowGap) - rowGap;
  return markup`<div class="scroll picture"><svg role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><title>${titleOf(line)}</title>${rows.map(
    (cells, index) => row(line, cells, index * (rowHeight + rowGap)),
  )}</svg></div>`;
}

function titleOf({ forward, reverse, places }: PathLine): string {
  const names = places.filter(({ isLink }) => !isLink).map(({ left }) => left);
  const ids = [forward?.id, reverse?.id].filter((id) => id !== undefined).join(' and ');
  return `Loss along ${ids}: ${names.join(', ')}`;
}

function cellsOf({ places, above, below }: PathLine): Cell[] {
  return places.map((place, index) => {
    const figures = [...above, ...below].filter(({ first, last }) => first === index && last === index);
    const figure = Math.max(0, ...figures.map((reading) => figureText(reading).length * 7 + 14));
    const own = place.isLink
      ? (short(place.left).length + short(place.right).length) * 6.4 + 44
      : short(place.left).length * 8.6 + 30;
    return { ...place, index, width: Math.ceil(Math.max(own, figure, place.isLink ? 104 : 66)), x: 0 };
  });
}

/** Rows of about the same number of routers; each but the last ends with the link to the next. */
function rowsOf(cells: readonly Cell[]): Cell[][] {
  const total = cells.reduce((sum, { width }) => sum + width, 0);
  for (let count = Math.ceil(total / (rowWidthMax - gutter)); ; count += 1) {
    const routers = Math.ceil((cells.length + 1) / 2 / count);
    const rows: Cell[][] = [];
    for (let first = 0; first < cells.length; first += 2 * routers)
      rows.push(cells.slice(first, first + 2 * routers));
    if (routers === 1 || rows.every((row) => placed(row) <= rowWidthMax)) return rows.map(widened);
  }
}

/** Links fill a row as far as that still looks like links. */
function widened(row: Cell[], _index: number, rows: readonly Cell[][]): Cell[] {
  const spare = rowWidthMax - Math.max(...rows.map(placed));
  const links = Math.max(...rows.map((cells) => cells.filter(({ isLink }) => isLink).length));
  const more = Math.min(linkWideningMax, links === 0 ? 0 : Math.floor(spare / links));
  return row.map((cell) => (cell.isLink ? { ...cell, width: cell.width + more } : cell));
}

/** Gives each cell its place; returns where the row ends. */
function placed(row: readonly Cell[]): number {
  let x = gutter;
  for (const cell of row) {
    cell.x = x;
    x += cell.width;
  }
  return x;
}

function row(line: PathLine, cells: readonly Cell[], top: number): Content {
  placed(cells);
  const y = top + box.above;
  const { forward, reverse, above, below } = line;
  return [
    forward && markup`<text class="label" x="2" y="${y + laneInset + 4}">${forward.id} →</text>`,
    reverse && markup`<text class="label" x="2" y="${y + box.height - laneInset + 4}">${reverse.id} ←</text>`,
    cells.map((cell) => (cell.isLink ? [] : router(cell, y))),
    forward && cells.map((cell) => lane(cell, above, y + laneInset, 'forward')),
    reverse && cells.map((cell) => lane(cell, below, y + box.height - laneInset, 'reverse')),
    cells.map((cell) => names(cell, y)),
    figures(cells, above, { text: y - 9, bracket: y - 4, tick: 5 }),
    figures(cells, below, { text: y + box.height + 19, bracket: y + box.height + 4, tick: -5 }),
    cells.map((cell) => sign(cell, y)),
  ];
}

function router({ mark, left, x, width }: Cell, y: number): Markup {
  const tone = mark === '✖' ? ' bad' : mark === '?' ? ' doubt' : '';
  return markup`<rect class="box${tone}" x="${x}" y="${y}" width="${width}" height="${box.height}" rx="8"><title>${left}</title></rect>`;
}

function names({ isLink, mark, marked, markDirection, left, right, x, width }: Cell, y: number): Content {
  const middle = y + box.height / 2;
  if (!isLink)
    return markup`<text class="name" x="${x + width / 2}" y="${middle + 5}" text-anchor="middle">${short(left)}</text>`;
  const isMarked = (end: 'left' | 'right') => mark === '✖' && marked === end;
  const port = (end: 'left' | 'right', name: string) => {
    // A sign for both directions stands where the name would be.
    const inset = isMarked(end) && markDirection === 'both' ? 28 : 6;
    const [at, anchor] = end === 'left' ? [x + inset, 'start'] : [x + width - inset, 'end'];
    return markup`<text class="port${isMarked(end) ? ' bad' : ''}" x="${at}" y="${middle + 4}" text-anchor="${anchor}"><title>${name}</title>${short(name)}</text>`;
  };
  return [port('left', left), port('right', right)];
}

/** The part of a direction's line that crosses one cell; in a router it is thin, so that its name stands out. */
function lane(cell: Cell, readings: readonly Reading[], y: number, direction: 'forward' | 'reverse'): Markup {
  const { x, width, isLink, mark, marked, markDirection } = cell;
  const reading = readings.find(({ first, last }) => first <= cell.index && cell.index <= last);
  const isAccused = mark === '✖' && marked === 'link' && [direction, 'both'].includes(markDirection);
  const tone = isAccused ? 'bad' : mark === '?' ? 'doubt' : toneOf(reading);
  if (!isLink) {
    const inset = tone === 'bad' ? 0 : 4;
    return markup`<line class="lane ${tone}" x1="${x + inset}" y1="${y}" x2="${x + width - inset}" y2="${y}"><title>${told(reading)}</title></line>`;
  }
  const [from, to] = direction === 'forward' ? [x + 2, x + width - 9] : [x + width - 2, x + 9];
  const tip = direction === 'forward' ? x + width - 2 : x + 2;
  return markup`<line class="lane ${tone}" x1="${from}" y1="${y}" x2="${to}" y2="${y}"><title>${told(reading)}</title></line><path class="head ${tone}" d="M${tip},${y}L${to},${y - 5}V${y + 5}Z"/>`;
}

function toneOf(reading: Reading | undefined): Tone {
  if (reading === undefined || reading.section.entered === 0) return 'plain';
  return reading.isBad ? 'bad' : 'good';
}

function told(reading: Reading | undefined): string {
  if (reading === undefined) return 'not measured';
  const { from, to, entered, left, lossPercentInterval, probability } = reading.section;
  if (entered === 0) return `${from} to ${to}: no probe came here`;
  return `${from} to ${to}: ${left} of ${entered} probes, loss ${figureText(reading)} (${lossPercentInterval.join(' to ')} %), probability ${probability}`;
}

function figureText({ section, size, isLarge }: Reading): string {
  return isLarge && size !== undefined
    ? `${size.bytes} B: ${lossText(size.section)}`
    : lossText(section).replace('-', '–');
}

/** Each over its place; a figure of several places over a bracket as wide as they are, or what of it is in this row. */
function figures(
  cells: readonly Cell[],
  readings: readonly Reading[],
  y: { text: number; bracket: number; tick: number },
): Content {
  return readings.map((reading) => {
    const covered = cells.filter(({ index }) => reading.first <= index && index <= reading.last);
    const [first, last] = [covered[0], covered.at(-1)];
    if (first === undefined || last === undefined) return [];
    const tone = toneOf(reading);
    const [from, to] = [first.x, last.x + last.width];
    const text = markup`<text class="figure ${tone}" x="${(from + to) / 2}" y="${y.text}" text-anchor="middle"><title>${told(reading)}</title>${figureText(reading)}</text>`;
    if (reading.first === reading.last) return text;
    return [
      text,
      markup`<path class="bracket ${tone}" d="M${from + 4},${y.bracket + y.tick}V${y.bracket}H${to - 4}V${y.bracket + y.tick}"/>`,
    ];
  });
}

/** ✖ or ? in a disc, on the lane that suffers. */
function sign({ mark, marked, markDirection, x, width, isLink }: Cell, top: number): Content {
  if (mark === '') return [];
  const across = { left: x + 16, right: x + width - 16, link: x + width / 2, node: x + width };
  const down = {
    forward: top + laneInset,
    reverse: top + box.height - laneInset,
    both: isLink ? top + box.height / 2 : top,
  };
  return disc(mark, across[marked], isLink ? down[markDirection] : top);
}

/** The sign that marks a place, around a point. */
export function disc(mark: '✖' | '?', x: number, y: number): Markup {
  if (mark === '?')
    return markup`<circle class="sign doubt" cx="${x}" cy="${y}" r="9"/><text class="ask" x="${x}" y="${y + 4.5}" text-anchor="middle">?</text>`;
  return markup`<circle class="sign bad" cx="${x}" cy="${y}" r="9"/><path class="stroke" d="M${x - 3.5},${y - 3.5}l7,7m0,-7l-7,7"/>`;
}

export function short(name: string): string {
  return name.length <= nameCharactersMax ? name : `${name.slice(0, nameCharactersMax - 1)}…`;
}
