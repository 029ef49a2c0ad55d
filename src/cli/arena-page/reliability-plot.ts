/** Whether Confer is as sure as it says. */
import type { Spec } from 'vega';
import type { MethodScore } from '../../arena/index.ts';
import { at, axis, colours, lettering, muted } from './theme.ts';

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
            ...at('said', 'was'),
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
            ...at('said', 'was'),
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
            ...lettering,
          },
        },
      },
    ],
  };
}
