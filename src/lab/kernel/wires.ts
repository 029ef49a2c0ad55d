/** What the wires do with frames: nftables in the wires namespace, one chain for each end at which frames come in. */
import type { Topology } from '../../core/topology.ts';
import { type WireEnd, wireEnds, wireName } from './names.ts';

/** numgen counts in thousandths of a percent. */
export const lossUnits = 100_000;

export function wiresRuleset(topology: Topology): string {
  const chains = wireEnds(topology).map(
    (wire) => `chain ${wireName(wire.index, wire.side)} {
    type filter hook ingress device "${wireName(wire.index, wire.side)}" priority 0
    ${wireRule(wire, topology.backgroundLossPercent)}
  }
`,
  );
  return `table netdev wires {
  ${chains.join('  ')}}
`;
}

/** Replaces, in one transaction, what becomes of the frames that come in at this end; `filtered` are not carried. */
export function wireChange(
  wire: WireEnd,
  lossPercents: readonly number[],
  filtered: readonly string[] = [],
): string {
  const chain = `netdev wires ${wireName(wire.index, wire.side)}`;
  const passing = lossPercents.reduce((share, percent) => share * (1 - percent / 100), 1);
  const rules = [...filtered.map((match) => `${match} drop`), wireRule(wire, 100 * (1 - passing))];
  return [`flush chain ${chain}`, ...rules.map((rule) => `add rule ${chain} ${rule}`), ''].join('\n');
}

function wireRule({ index, side }: WireEnd, lossPercent: number): string {
  const other = wireName(index, side === 'a' ? 'b' : 'a');
  const units = lossUnitsOf(lossPercent);
  if (units >= lossUnits) return 'counter drop';
  const forward = `fwd to "${other}"`;
  // One rule, for a verdict ends the rule: what the map drops is not forwarded.
  return units === 0 ? forward : `numgen random mod ${lossUnits} >= ${units} ${forward}`;
}

export function lossUnitsOf(lossPercent: number): number {
  return Math.round((lossPercent * lossUnits) / 100);
}
