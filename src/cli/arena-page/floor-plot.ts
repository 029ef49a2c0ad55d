/** How many probes each method takes. */
import type { Mark, Spec } from 'vega';
import { type CaseOutcome, modelOf, quantile } from '../../arena/index.ts';
import { at, axis, colourScale, ink, legend, ofMethod } from './theme.ts';

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
            stroke: { value: ink },
            strokeDash: { value: [5, 4] },
          },
        },
      },
      {
        type: 'symbol',
        from: { data: 'points' },
        encode: {
          enter: {
            ...at('hops', 'ratio'),
            size: { value: 26 },
            fill: ofMethod,
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
            ...at('hops', 'ratio'),
            stroke: ofMethod,
            strokeWidth: { value: method === 'confer' ? 3.5 : 2 },
          },
        },
      },
    ],
  };
}
