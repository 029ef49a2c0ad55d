/** How well each method finds what is wrong. */
import type { Spec } from 'vega';
import type { MethodScore } from '../../arena/index.ts';
import { axis, colourScale, legend, lettering, nameAxis, ofMethod } from './theme.ts';

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
      nameAxis({ orient: 'left', scale: 'cell', labelFontSize: 13, labelLimit: 260 }),
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
            stroke: ofMethod,
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
            fill: ofMethod,
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
            fill: ofMethod,
            ...lettering,
          },
        },
      },
    ],
  };
}

const rowOfPoint = {
  signal: "scale('cell', datum.cell) + scale('method', datum.method) + bandwidth('method') / 2",
};
