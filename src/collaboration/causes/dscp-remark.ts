/**
 * dscp-remark: probes come to a router, or are sent by it, without a DSCP (RFC 2474), and leave it with one.
 */
import type { Path } from '../../core/records.ts';
import { latestCounting } from '../points.ts';
import type { Counting, Reading } from '../readings.ts';
import { linkElement } from '../sections.ts';
import type { Evidence, Explanation } from './evidence.ts';

/** Of the probes that leave by the interface. */
const markedShareMin = 0.5;
/** Fewer probes may be anything. */
const packetsMin = 10;

export function dscpRemark(path: Path, { readings, sections, isMarked = false }: Evidence): Explanation[] {
  // Routers count what has a DSCP, not which.
  if (isMarked) return [];
  const own = sections.filter((section) => section.path === path.id);
  const flowLabels = own.flatMap(({ strands }) => strands.map(({ flowLabel }) => flowLabel));
  return path.hops.flatMap((hop): Explanation[] => {
    const told = latestCounting(readings, hop.from, flowLabels);
    const marked = told?.value.marked;
    if (told === undefined || marked === undefined) return [];
    const leaving = Number(marked.find(({ name }) => name === hop.egress)?.out ?? 0);
    const arriving = marked.reduce((sum, one) => sum + Number(one.in), 0);
    const all = packetsOut(told, hop.egress);
    if (arriving > 0 || all < packetsMin || leaving < markedShareMin * all) return [];
    const element = linkElement(hop);
    return [
      {
        kind: 'dscp-remark',
        element,
        direction: path.direction,
        supportedBy: [told.id, ...nextTo(hop, latestCounting(readings, hop.to, flowLabels))],
      },
    ];
  });
}

function packetsOut({ value }: Reading<Counting>, name: string): number {
  const own = value.flow.flatMap((flow) => flow.interface.filter((one) => one.name === name));
  return own.reduce((sum, one) => sum + Number(one.out), 0);
}

/** The next router sees the same. */
function nextTo({ ingress }: Path['hops'][number], told: Reading<Counting> | undefined): string[] {
  const sees = told?.value.marked?.some((one) => one.name === ingress && Number(one.in) > 0) === true;
  return told !== undefined && sees ? [told.id] : [];
}
