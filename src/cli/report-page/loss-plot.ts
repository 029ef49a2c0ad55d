/**
 * Loss per hop with its 95 % interval, drawn by Vega: one row for each router and link of a path, one column for each
 * direction. Vega is an optional dependency (about 4 MB): a report needs it only to be looked at.
 */
import type { Spec, View } from 'vega';
import type { PathLine, Place, Reading } from '../path-line.ts';
import { visibleLine } from '../visible-text.ts';
import { Markup } from './markup.ts';

export type Vega = Pick<typeof import('vega'), 'parse' | 'View' | 'Error'>;

/** Draws one plot for each line; undefined for a line that nobody measured. */
export type LossPlotter = (lines: readonly PathLine[]) => Promise<(Markup | undefined)[]>;

/** Undefined when Vega is not installed. */
export async function findLossPlotter(
  load: () => Promise<Vega> = () => import('vega'),
): Promise<LossPlotter | undefined> {
  let vega: Vega;
  try {
    vega = await load();
  } catch {
    return undefined;
  }
  return async (lines) => {
    const percentMax = percentMaxOf(lines);
    return await Promise.all(lines.map((line) => draw(vega, line, percentMax)));
  };
}

/** What to tell a person when Vega is not there. */
export const vegaMissing =
  'The plot of loss per hop needs Vega, an optional dependency that is not installed here: run "npm install vega" where confer is installed, then show the report again.';

interface Point {
  place: string;
  row: number;
  direction: 'forward' | 'reverse';
  purpose: 'loss' | 'size';
  percent: number;
  lower: number;
  upper: number;
  color: string;
  /** Beside the interval, where it says something. */
  figure: string;
}

const plotWidth = { column: 386, gap: 34 };
const rowHeight = 21;
/** Above this, the axis is no more linear: a total loss would hide all others. */
const linearPercentMax = 12;

function percentMaxOf(lines: readonly PathLine[]): number {
  const uppers = lines.flatMap(({ above, below }) =>
    [...above, ...below].flatMap(({ section, size, isLarge }) => [
      section.entered > 0 ? section.lossPercentInterval[1] : 0,
      isLarge && size !== undefined ? size.section.lossPercentInterval[1] : 0,
    ]),
  );
  return Math.min(100, Math.max(1, ...uppers));
}

async function draw(vega: Vega, line: PathLine, percentMax: number): Promise<Markup | undefined> {
  const rows = rowsOf(line);
  if (rows.length === 0) return undefined;
  const points = [...pointsOf(line.above, 'forward', rows), ...pointsOf(line.below, 'reverse', rows)];
  const spec = specOf(
    points,
    rows.map(({ label }) => label),
    percentMax,
  );
  const view: View = new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Error });
  try {
    return new Markup(inlined(await view.toSVG()));
  } finally {
    view.finalize();
  }
}

/** An SVG element within HTML needs no namespace. */
function inlined(svg: string): string {
  return svg.replace(' xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"', '');
}

interface Row {
  first: number;
  last: number;
  label: string;
}

/** What either direction has measured, from head to tail; what is measured as a whole is a row of its own. */
function rowsOf({ places, above, below }: PathLine): Row[] {
  const spans = new Map<string, Row>();
  for (const { first, last } of [...above, ...below])
    spans.set(`${first} ${last}`, { first, last, label: labelOf(places, first, last) });
  return [...spans.values()].sort((a, b) => a.first - b.first || a.last - b.last);
}

function labelOf(places: readonly Place[], first: number, last: number): string {
  const name = (index: number) => visibleLine(places[index]?.left ?? '?');
  const isLink = (index: number) => places[index]?.isLink === true;
  if (first === last && !isLink(first)) return name(first);
  if (first === last) return `${name(first - 1)} – ${name(first + 1)}`;
  if (isLink(first) && isLink(last)) return `between ${name(first - 1)} and ${name(last + 1)}`;
  return `${name(isLink(first) ? first - 1 : first)} … ${name(isLink(last) ? last + 1 : last)}`;
}

function pointsOf(
  readings: readonly Reading[],
  direction: Point['direction'],
  rows: readonly Row[],
): Point[] {
  return readings.flatMap(({ first, last, section, size, isLarge, isBad }) => {
    const row = rows.findIndex((one) => one.first === first && one.last === last);
    const place = rows[row]?.label ?? '';
    const shared = { place, row, direction };
    const small = pointOf({ ...shared, purpose: 'loss' }, section, isBad && !isLarge);
    if (!isLarge || size === undefined) return [small];
    const large = pointOf({ ...shared, purpose: 'size' }, size.section, true);
    return [small, { ...large, figure: `${large.figure} of ${size.bytes} B` }];
  });
}

function pointOf(
  at: Pick<Point, 'place' | 'row' | 'direction' | 'purpose'>,
  { entered, lossPercent, lossPercentInterval: [lower, upper] }: Reading['section'],
  isBad: boolean,
): Point {
  if (entered === 0)
    return { ...at, percent: -1, lower: -1, upper: -1, color: 'var(--muted)', figure: 'no probe came here' };
  const color = isBad ? 'var(--bad)' : 'var(--good)';
  const figure = isBad || lossPercent > 0 ? `${lossPercent} %` : '';
  return { ...at, percent: lossPercent, lower, upper, color, figure };
}

function specOf(points: readonly Point[], labels: readonly string[], percentMax: number): Spec {
  const isLinear = percentMax <= linearPercentMax;
  const ticks = isLinear ? {} : { values: [0, 1, 3, 10, 30, 100].filter((tick) => tick <= percentMax) };
  const font = {
    labelFont: 'inherit',
    titleFont: 'inherit',
    labelColor: 'var(--muted)',
    titleColor: 'var(--muted)',
  };
  const column = (
    direction: Point['direction'],
    title: string,
    x: number,
  ): NonNullable<Spec['marks']>[number] => ({
    type: 'group',
    name: direction,
    encode: {
      enter: { x: { value: x }, width: { value: plotWidth.column }, height: { signal: 'height' } },
    },
    title: { text: title, anchor: 'start', font: 'inherit', fontSize: 13, color: 'var(--ink)', offset: 8 },
    data: [
      {
        name: `${direction}Points`,
        source: 'points',
        transform: [{ type: 'filter', expr: `datum.direction === '${direction}'` }],
      },
      {
        name: `${direction}Counted`,
        source: `${direction}Points`,
        transform: [{ type: 'filter', expr: 'datum.percent >= 0' }],
      },
    ],
    axes: [
      {
        orient: 'bottom',
        scale: 'loss',
        grid: true,
        gridColor: 'var(--line)',
        domainColor: 'var(--line)',
        tickColor: 'var(--line)',
        title: 'loss, percent of the probes that came here',
        titleFontWeight: 'normal',
        titleFontSize: 11.5,
        labelFontSize: 11.5,
        tickCount: 6,
        ...ticks,
        ...font,
      },
    ],
    marks: [
      {
        type: 'rule',
        name: `${direction}Interval`,
        from: { data: `${direction}Counted` },
        encode: {
          enter: {
            x: { scale: 'loss', field: 'lower' },
            x2: { scale: 'loss', field: 'upper' },
            y: { scale: 'place', field: 'row', band: 0.5 },
            stroke: { field: 'color' },
            strokeWidth: { value: 2 },
          },
        },
      },
      {
        type: 'symbol',
        name: `${direction}Loss`,
        from: { data: `${direction}Counted` },
        encode: {
          enter: {
            x: { scale: 'loss', field: 'percent' },
            y: { scale: 'place', field: 'row', band: 0.5 },
            shape: { signal: "datum.purpose === 'size' ? 'diamond' : 'circle'" },
            size: { signal: "datum.purpose === 'size' ? 90 : 55" },
            fill: { field: 'color' },
            stroke: { value: 'var(--card)' },
            strokeWidth: { value: 1 },
          },
        },
      },
      {
        type: 'text',
        name: `${direction}Figure`,
        from: { data: `${direction}Points` },
        encode: {
          enter: {
            // Where there is no room behind the interval, before it.
            x: {
              signal:
                "datum.percent < 0 ? 4 : scale('loss', datum.upper) > 290 ? scale('loss', datum.lower) - 7 : scale('loss', datum.upper) + 7",
            },
            align: { signal: "datum.percent >= 0 && scale('loss', datum.upper) > 290 ? 'right' : 'left'" },
            y: { scale: 'place', field: 'row', band: 0.5 },
            baseline: { value: 'middle' },
            text: { field: 'figure' },
            fill: { field: 'color' },
            font: { value: 'inherit' },
            fontSize: { value: 11.5 },
          },
        },
      },
    ],
  });
  return {
    width: 2 * plotWidth.column + plotWidth.gap,
    height: labels.length * rowHeight,
    padding: 2,
    data: [
      { name: 'points', values: [...points] },
      { name: 'labels', values: labels.map((label, row) => ({ label, row })) },
    ],
    scales: [
      { name: 'place', type: 'band', domain: labels.map((_, row) => row), range: 'height' },
      {
        name: 'loss',
        ...(isLinear ? { type: 'linear', nice: true } : { type: 'symlog' }),
        domain: [0, percentMax],
        range: [0, plotWidth.column],
      },
    ],
    marks: [
      {
        type: 'text',
        name: 'places',
        from: { data: 'labels' },
        encode: {
          enter: {
            x: { value: -12 },
            y: { scale: 'place', field: 'row', band: 0.5 },
            align: { value: 'right' },
            baseline: { value: 'middle' },
            text: { field: 'label' },
            limit: { value: 250 },
            fill: { value: 'var(--ink)' },
            font: { value: 'inherit' },
            fontSize: { value: 12.5 },
          },
        },
      },
      {
        type: 'rule',
        name: 'rows',
        from: { data: 'labels' },
        encode: {
          enter: {
            x: { value: 0 },
            x2: { signal: 'width' },
            y: { scale: 'place', field: 'row', band: 0.5 },
            stroke: { value: 'var(--line)' },
            strokeWidth: { value: 0.6 },
          },
        },
      },
      column('forward', 'forward →', 0),
      column('reverse', 'reverse ←', plotWidth.column + plotWidth.gap),
    ],
  };
}
