/** How well each kind is found. */
import type { Spec } from 'vega';
import type { ArenaScore } from '../../arena/index.ts';
import { lettering, nameAxis } from './theme.ts';

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
    axes: [nameAxis({ orient: 'top', scale: 'column' }), nameAxis({ orient: 'left', scale: 'kind' })],
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
            ...lettering,
          },
        },
      },
    ],
  };
}
