import { parseTopology, type Topology } from '../../src/core/topology.ts';

/** PE-1 - P-2 - PE-3, over links that lose nothing. Locators are fc00:1::/32, fc00:2::/32, fc00:3::/32. */
export function threeRouters(): Topology {
  return parseTopology(
    `name: three
topology:
  defaults:
    labels:
      confer.management: out-of-band
      confer.background-loss-percent: "0"
  nodes:
    PE-1: {}
    P-2: {}
    PE-3: {}
  links:
    - endpoints: ["PE-1:pe1-p2", "P-2:p2-pe1"]
    - endpoints: ["P-2:p2-pe3", "PE-3:pe3-p2"]
`,
    'three.yaml',
  );
}
