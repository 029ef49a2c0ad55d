/** The plots of the arena's page, as Vega specifications: what was scored, as marks. */
import type { Axis, Mark, Scale, Spec } from 'vega';
import type { ArenaScore, CaseOutcome, MethodScore } from '../../arena/index.ts';
import { modelOf, quantile } from '../../arena/index.ts';

/** Colours that are told apart in light and dark, also by who sees few (Okabe and Ito, 2008); Confer's stands out. */
const colours: Record<string, string> = {
  confer: '#d55e00',
  'draft-rule': '#999999',
  'every-hop': '#0072b2',
  'binary-search': '#009e73',
  '007': '#cc79a7',
  netbouncer: '#b8a100',
};

const font = 'inherit';
const muted = 'var(--muted)';
const axis = (given: Axis): Axis => ({
  grid: true,
  gridColor: 'var(--line)',
  domainColor: 'var(--line)',
  tickColor: 'var(--line)',
  labelColor: muted,
  titleColor: muted,
  labelFont: font,
  titleFont: font,
  titleFontWeight: 'normal',
  titleFontSize: 12,
  labelFontSize: 12,
  ...given,
});
const colourScale = (names: readonly string[]): Scale => ({
  name: 'colour',
  type: 'ordinal',
  domain: [...names],
  range: names.map((name) => colours[name] ?? muted),
});
const legend = {
  fill: 'colour',
  labelFont: font,
  labelColor: 'var(--ink)',
  labelFontSize: 12,
  symbolType: 'circle',
  orient: 'top' as const,
  direction: 'horizontal' as const,
};

/** F1 of every method, a row each, with its interval; a group for each cell. */
export function scorePlot(
  cells: Record<string, Record<string, MethodScore>>,
  strictness: 'where' | 'full',
): Spec {
  const filled = Object.entries(cells).filter(([, methods]) =>
    Object.values(methods).some(({ cases, healthy }) => cases > healthy),
  );
  const names = Object.keys(filled[0]?.[1] ?? {});
  const values = filled.flatMap(([cell, methods]) =>
    Object.entries(methods).map(([method, score]) => {
      const { f1, intervals } = score[strictness];
      const [low, high] = intervals.f1 ?? [f1, f1];
      return { cell, row: `${cell} ${method}`, method, f1, low, high, figure: f1.toFixed(3) };
    }),
  );
  return {
    width: 640,
    height: 20 * values.length + 14 * filled.length,
    padding: 4,
    data: [{ name: 'points', values }],
    scales: [
      {
        name: 'cell',
        type: 'band',
        domain: filled.map(([cell]) => cell),
        range: 'height',
        paddingInner: 0.12,
      },
      { name: 'method', type: 'band', domain: names, range: [0, { signal: "bandwidth('cell')" }] },
      { name: 'f1', type: 'linear', domain: [0, 1], range: 'width' },
      colourScale(names),
    ],
    axes: [
      axis({
        orient: 'bottom',
        scale: 'f1',
        title: strictness === 'where' ? 'F1 of the place' : 'F1 of kind, element and direction',
      }),
      axis({
        orient: 'left',
        scale: 'cell',
        grid: false,
        labelColor: 'var(--ink)',
        labelFontSize: 13,
        labelLimit: 260,
      }),
    ],
    legends: [legend],
    marks: [
      {
        type: 'rule',
        from: { data: 'points' },
        encode: {
          enter: {
            x: { scale: 'f1', field: 'low' },
            x2: { scale: 'f1', field: 'high' },
            y: rowOfPoint,
            stroke: { scale: 'colour', field: 'method' },
            strokeWidth: { value: 2 },
          },
        },
      },
      {
        type: 'symbol',
        from: { data: 'points' },
        encode: {
          enter: {
            x: { scale: 'f1', field: 'f1' },
            y: rowOfPoint,
            size: { signal: "datum.method === 'confer' ? 130 : 70" },
            fill: { scale: 'colour', field: 'method' },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'points' },
        encode: {
          enter: {
            x: { value: 650 },
            y: rowOfPoint,
            baseline: { value: 'middle' },
            text: { field: 'figure' },
            fill: { scale: 'colour', field: 'method' },
            font: { value: font },
            fontSize: { value: 12 },
          },
        },
      },
    ],
  };
}

const rowOfPoint = {
  signal: "scale('cell', datum.cell) + scale('method', datum.method) + bandwidth('method') / 2",
};

/** Probes over the floor against the length of the way: a dot for each case, a line through the medians. */
export function floorPlot(outcomes: readonly CaseOutcome[], names: readonly string[]): Spec {
  const values = outcomes.flatMap(({ hops, floors, methods, tier, index }) =>
    floors === undefined || tier !== 'standard'
      ? []
      : Object.entries(methods).map(([method, { probes }]) => ({
          method,
          // Methods beside each other, where many ways have the same length.
          hops: hops * (1 + 0.05 * (((index * 7) % 11) / 11 - 0.5)),
          ratio: Math.max(0.01, (probes.forward + probes.reverse) / floors[modelOf(method)]),
        })),
  );
  const ratios = values.map(({ ratio }) => ratio);
  const [least, most] = [Math.min(0.5, ...ratios), Math.max(20, ...ratios)];
  const lines = names.flatMap((method) =>
    bands.flatMap(([from, to]) => {
      const within = values.filter((one) => one.method === method && one.hops >= from && one.hops < to);
      const ratio = quantile(
        within.map((one) => one.ratio),
        0.5,
      );
      return ratio === undefined ? [] : [{ method, hops: Math.sqrt(from * to), ratio }];
    }),
  );
  return {
    width: 760,
    height: 420,
    padding: 4,
    data: [
      { name: 'points', values },
      { name: 'lines', values: lines },
      { name: 'floor', values: [{ ratio: 1 }] },
    ],
    scales: [
      { name: 'hops', type: 'log', domain: [1.8, 68], range: 'width' },
      { name: 'ratio', type: 'log', domain: [least, most], range: 'height', nice: true },
      colourScale(names),
    ],
    axes: [
      axis({ orient: 'bottom', scale: 'hops', title: 'hops of the way', values: [2, 4, 8, 16, 32, 64] }),
      axis({ orient: 'left', scale: 'ratio', title: 'probes, times the floor', tickCount: 6, format: '~g' }),
    ],
    legends: [legend],
    marks: [
      {
        type: 'rule',
        from: { data: 'floor' },
        encode: {
          enter: {
            x: { value: 0 },
            x2: { signal: 'width' },
            y: { scale: 'ratio', field: 'ratio' },
            stroke: { value: 'var(--ink)' },
            strokeDash: { value: [5, 4] },
          },
        },
      },
      {
        type: 'symbol',
        from: { data: 'points' },
        encode: {
          enter: {
            x: { scale: 'hops', field: 'hops' },
            y: { scale: 'ratio', field: 'ratio' },
            size: { value: 26 },
            fill: { scale: 'colour', field: 'method' },
            fillOpacity: { value: 0.4 },
          },
        },
      },
      ...names.map((method): Mark => lineOf(method)),
    ],
  };
}

const bands = [
  [1.9, 3.9],
  [3.9, 7.9],
  [7.9, 15.9],
  [15.9, 31.9],
  [31.9, 70],
] as const;

function lineOf(method: string): Mark {
  return {
    type: 'group',
    data: [
      { name: 'own', source: 'lines', transform: [{ type: 'filter', expr: `datum.method === '${method}'` }] },
    ],
    marks: [
      {
        type: 'line',
        from: { data: 'own' },
        encode: {
          enter: {
            x: { scale: 'hops', field: 'hops' },
            y: { scale: 'ratio', field: 'ratio' },
            stroke: { scale: 'colour', field: 'method' },
            strokeWidth: { value: method === 'confer' ? 3.5 : 2 },
          },
        },
      },
    ],
  };
}

/** What was said to be so likely, and how often it was so; on the diagonal it is calibrated. */
export function reliabilityPlot({ reliability }: MethodScore): Spec {
  return {
    width: 360,
    height: 360,
    padding: 4,
    data: [
      { name: 'bins', values: reliability.map((bin) => ({ ...bin, figure: String(bin.count) })) },
      {
        name: 'diagonal',
        values: [
          { said: 0, was: 0 },
          { said: 1, was: 1 },
        ],
      },
    ],
    scales: [
      { name: 'said', type: 'linear', domain: [0, 1], range: 'width' },
      { name: 'was', type: 'linear', domain: [0, 1], range: 'height' },
    ],
    axes: [
      axis({ orient: 'bottom', scale: 'said', title: 'said to be so likely' }),
      axis({ orient: 'left', scale: 'was', title: 'share that was so' }),
    ],
    marks: [
      {
        type: 'line',
        from: { data: 'diagonal' },
        encode: {
          enter: {
            x: { scale: 'said', field: 'said' },
            y: { scale: 'was', field: 'was' },
            stroke: { value: muted },
            strokeDash: { value: [5, 4] },
          },
        },
      },
      {
        type: 'symbol',
        from: { data: 'bins' },
        encode: {
          enter: {
            x: { scale: 'said', field: 'said' },
            y: { scale: 'was', field: 'was' },
            size: { signal: '40 + 24 * sqrt(datum.count)' },
            fill: { value: colours.confer ?? muted },
            fillOpacity: { value: 0.8 },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'bins' },
        encode: {
          enter: {
            x: { scale: 'said', field: 'said', offset: -14 },
            y: { scale: 'was', field: 'was', offset: 4 },
            align: { value: 'right' },
            text: { field: 'figure' },
            fill: { value: muted },
            font: { value: font },
            fontSize: { value: 12 },
          },
        },
      },
    ],
  };
}

/** Kinds by method: the darker, the better the place is found; the last column has the whole finding of Confer. */
export function kindPlot({ kinds }: ArenaScore): Spec {
  const names = Object.keys(Object.values(kinds)[0] ?? {});
  const columns = [...names, ...(names.includes('confer') ? ['confer, full'] : [])];
  const values = Object.entries(kinds).flatMap(([kind, methods]) =>
    columns.flatMap((column) => {
      const isFull = column === 'confer, full';
      const score = methods[isFull ? 'confer' : column];
      if (score === undefined) return [];
      const f1 = (isFull ? score.full : score.where).f1;
      return [{ kind, column, f1, figure: f1.toFixed(2) }];
    }),
  );
  return {
    width: 94 * columns.length,
    height: 22 * Object.keys(kinds).length,
    padding: 4,
    data: [{ name: 'cells', values }],
    scales: [
      { name: 'kind', type: 'band', domain: Object.keys(kinds), range: 'height', padding: 0.06 },
      { name: 'column', type: 'band', domain: columns, range: 'width', padding: 0.03 },
      { name: 'shade', type: 'linear', domain: [0, 1], range: { scheme: 'tealblues' } },
    ],
    axes: [
      axis({ orient: 'top', scale: 'column', grid: false, labelColor: 'var(--ink)' }),
      axis({ orient: 'left', scale: 'kind', grid: false, labelColor: 'var(--ink)' }),
    ],
    marks: [
      {
        type: 'rect',
        from: { data: 'cells' },
        encode: {
          enter: {
            x: { scale: 'column', field: 'column' },
            y: { scale: 'kind', field: 'kind' },
            width: { scale: 'column', band: 1 },
            height: { scale: 'kind', band: 1 },
            fill: { scale: 'shade', field: 'f1' },
            cornerRadius: { value: 3 },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'cells' },
        encode: {
          enter: {
            x: { scale: 'column', field: 'column', band: 0.5 },
            y: { scale: 'kind', field: 'kind', band: 0.5 },
            align: { value: 'center' },
            baseline: { value: 'middle' },
            text: { field: 'figure' },
            fill: { signal: "datum.f1 > 0.6 ? '#ffffff' : '#17202a'" },
            font: { value: font },
            fontSize: { value: 12 },
          },
        },
      },
    ],
  };
}
