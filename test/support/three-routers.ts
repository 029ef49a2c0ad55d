import { parseTopology, type Topology } from '../../src/core/topology.ts';

/** PE-1 - P-2 - PE-3. Locators are fc00:1::/32, fc00:2::/32, fc00:3::/32. */
export function threeRouters(
  options: { management?: string; mtuBytes?: number; backgroundLossPercent?: number } = {},
): Topology {
  const { management = 'out-of-band', mtuBytes = 1500, backgroundLossPercent = 0 } = options;
  return parseTopology(
    `name: three
topology:
  defaults:
    labels:
      confer.management: ${management}
      confer.background-loss-percent: "${backgroundLossPercent}"
  nodes:
    PE-1: {}
    P-2: {}
    PE-3: {}
  links:
    - endpoints: ["PE-1:pe1-p2", "P-2:p2-pe1"]
      mtu: ${mtuBytes}
    - endpoints: ["P-2:p2-pe3", "PE-3:pe3-p2"]
      mtu: ${mtuBytes}
`,
    'three.yaml',
  );
}
