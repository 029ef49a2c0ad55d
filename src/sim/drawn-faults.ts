/** Faults drawn at random on the path of a topology's intent, and what a diagnosis has to say of them. */
import type { Element, Finding, FindingKind } from '../core/records.ts';
import type { Topology } from '../core/topology.ts';
import { egressAccessList, ingressAccessList, oneWayAccessList } from './draws/access-lists.ts';
import { type Draw, type DrawnFault, drawingOf, type Truth } from './draws/drawing.ts';
import {
  adminShutdown,
  duplexMismatch,
  grayEcmpMember,
  lagMember,
  linkDown,
  linkFlap,
  lossyWay,
  microburst,
  mtuMismatch,
  oneWay,
  pmtudBlackhole,
  rateBottleneck,
  srv6EncapMtu,
} from './draws/links.ts';
import {
  controlPlaneOverload,
  deadNode,
  dscpRemark,
  segmentRoutingDisabled,
  sidMissing,
  sidWrongBehaviour,
} from './draws/routers.ts';
import {
  forwardingLoop,
  grayPrefix,
  locatorUnreachable,
  ribFibMismatch,
  staticBlackhole,
  urpfDrop,
  wrongSegmentOrder,
} from './draws/routes.ts';

import {
  bgpAccessList,
  bgpAsMismatch,
  bgpMaxPrefix,
  igpHelloBlocked,
  isisMismatch,
  missingAdvertisement,
  policyDrop,
  routeLeak,
  routingDaemonDead,
  singleSidedBfd,
  staleLsp,
} from './draws/routing.ts';

export type { DrawnFault, Truth } from './draws/drawing.ts';
export { NoPlaceError } from './draws/drawing.ts';
export { type PathLink, pathLinks, type Route, routeOf } from './draws/path-links.ts';

const draws: Record<FindingKind, Draw> = {
  'egress-acl': egressAccessList,
  'ingress-acl': ingressAccessList,
  'one-way-acl': oneWayAccessList,
  'urpf-drop': urpfDrop,
  'unidirectional-link': oneWay,
  'silent-loss': lossyWay,
  'srh-filtered': oneWay,
  corruption: lossyWay,
  'duplex-mismatch': duplexMismatch,
  'rate-bottleneck': rateBottleneck,
  microburst: microburst,
  'link-flap': linkFlap,
  'gray-ecmp-member': grayEcmpMember,
  'lag-member': lagMember,
  'gray-prefix': grayPrefix,
  'mtu-mismatch': mtuMismatch,
  'pmtud-blackhole': pmtudBlackhole,
  'srv6-encap-mtu': srv6EncapMtu,
  'sid-missing': sidMissing,
  'seg6-disabled': segmentRoutingDisabled,
  'sid-wrong-behaviour': sidWrongBehaviour,
  'wrong-segment-order': wrongSegmentOrder,
  'locator-unreachable': locatorUnreachable,
  'static-blackhole': staticBlackhole,
  'rib-fib-mismatch': ribFibMismatch,
  'forwarding-loop': forwardingLoop,
  'neighbour-discovery-failure': oneWay,
  'dscp-remark': dscpRemark,
  'control-plane-overload': controlPlaneOverload,
  'nat-exhaustion': oneWay,
  'link-down': linkDown,
  'admin-shutdown': adminShutdown,
  'node-crash': deadNode,
  'agent-only': deadNode,
  'bgp-acl-179': bgpAccessList,
  'bgp-as-mismatch': bgpAsMismatch,
  'bgp-max-prefix': bgpMaxPrefix,
  'missing-advertisement': missingAdvertisement,
  'route-leak': routeLeak,
  'policy-drop': policyDrop,
  'single-sided-bfd': singleSidedBfd,
  'isis-mismatch': isisMismatch,
  'igp-hello-blocked': igpHelloBlocked,
  'stale-lsp': staleLsp,
  'routing-daemon-dead': routingDaemonDead,
};

/** A fault of this kind at a random place that the intent's packets use. `fraction` is uniform in [0, 1). Throws NoPlaceError. */
export function drawFault(topology: Topology, kind: FindingKind, fraction: () => number): DrawnFault {
  return draws[kind](drawingOf(topology, kind, fraction));
}

export function isRight(finding: Finding, truth: Truth): boolean {
  return (
    finding.kind === truth.kind &&
    finding.direction === truth.direction &&
    truth.elements.some((element) => sameElement(finding.element, element))
  );
}

function sameElement(one: Element, other: Element): boolean {
  const fields = ['node', 'interface', 'peer', 'object'] as const;
  return fields.every((field) => one[field] === other[field]);
}
