/** One line of a benchmark: a figure, and what it is relative to the first of its group (or to its target). */
export interface Row {
  what: string;
  figure: string;
  ratio?: number;
  target?: string;
}

export function tableOf(rows: readonly Row[]): string {
  return [
    '| what | figure | ratio | target |',
    '|-|-|-|-|',
    ...rows.map(
      ({ what, figure, ratio, target = '' }) =>
        `| ${what} | ${figure} | ${ratio === undefined ? '' : ratio.toFixed(2)} | ${target} |`,
    ),
  ].join('\n');
}
