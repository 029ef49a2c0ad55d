/** The path as a picture: loss per hop and direction, from the report's measurements. */
import type { Path, Report, SectionMeasurement } from '../core/records.ts';

/**
 *   PE-1 ───── P-2 ───── PE-3
 *     └ 3.2 % >   0 % >
 */
export function drawPaths(report: Report): string {
  const blocks = report.paths.map((path) => drawPath(path, report.measurements));
  return blocks.join('\n');
}

function drawPath(path: Path, measurements: readonly SectionMeasurement[]): string {
  const sections = measurements.filter((one) => one.path === path.id && one.purpose === 'loss');
  const arrow = path.direction === 'forward' ? '──►' : '◄──';
  const nodes = path.direction === 'forward' ? path.nodes : path.nodes.toReversed();
  const cells = nodes.map((node, index) => {
    const inside = lossText(sections, (element) => element.node === node && element.peer === undefined, node);
    const next = nodes[index + 1];
    const box = `[ ${node}${inside === '0 %' || inside === '' ? '' : ` −${inside}`} ]`;
    if (next === undefined) return box;
    const [from, to] = path.direction === 'forward' ? [node, next] : [next, node];
    const link = lossText(sections, (element) => element.node === from && element.peer === to, from);
    return `${box} ${arrow} ${link || '?'} ${arrow} `;
  });
  return `  ${path.id.padEnd(3)} ${cells.join('')}`;
}

/** Loss of the section that lies in one element; a section over several elements is marked with ~. */
function lossText(
  sections: readonly SectionMeasurement[],
  isHere: (element: { node: string; peer?: string }) => boolean,
  _name: string,
): string {
  const here = sections.filter((section) => section.elements.some(isHere));
  const exact = here.filter((section) => section.elements.length === 1);
  const [worst] = (exact.length > 0 ? exact : here).sort((a, b) => b.lossPercent - a.lossPercent);
  if (worst === undefined) return '';
  if (worst.entered === 0) return 'no probe';
  return `${exact.length > 0 ? '' : '~'}${worst.lossPercent} %`;
}
