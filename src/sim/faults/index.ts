/** Puts faults in force on modelled routers and links. */
import { ConferError } from '../../core/errors.ts';
import type { FaultKind } from '../../core/fault-kinds.ts';
import type { Clock } from '../../core/ports.ts';
import { type Fault, misplacements, routingMisplacements, type Topology } from '../../core/topology.ts';
import { type Router, routerOf } from '../router.ts';
import { egressAccessList, ingressAccessList, oneWayAccessList } from './access-lists.ts';
import {
  adminShutdown,
  corruption,
  duplexMismatch,
  grayEcmpMember,
  grayPrefix,
  lagMember,
  linkDown,
  linkFlap,
  microburst,
  mtuMismatch,
  natExhaustion,
  neighbourDiscoveryFailure,
  pmtudBlackhole,
  rateBottleneck,
  silentLoss,
  srhFiltered,
  srv6EncapMtu,
  unidirectionalLink,
} from './links.ts';
import type { Injection } from './place.ts';
import {
  agentOnly,
  controlPlaneOverload,
  dscpRemark,
  nodeCrash,
  segmentRoutingDisabled,
  sidMissing,
  sidWrongBehaviour,
} from './routers.ts';
import {
  forwardingLoop,
  locatorUnreachable,
  ribFibMismatch,
  staticBlackhole,
  urpfDrop,
  wrongSegmentOrder,
} from './routes.ts';
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
} from './routing.ts';

const injections: Record<FaultKind, Injection> = {
  healthy: () => () => {},
  'egress-acl': egressAccessList,
  'ingress-acl': ingressAccessList,
  'one-way-acl': oneWayAccessList,
  'urpf-drop': urpfDrop,
  'unidirectional-link': unidirectionalLink,
  'silent-loss': silentLoss,
  'srh-filtered': srhFiltered,
  corruption,
  'link-flap': linkFlap,
  'duplex-mismatch': duplexMismatch,
  'rate-bottleneck': rateBottleneck,
  microburst: microburst,
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
  'neighbour-discovery-failure': neighbourDiscoveryFailure,
  'dscp-remark': dscpRemark,
  'control-plane-overload': controlPlaneOverload,
  'nat-exhaustion': natExhaustion,
  'link-down': linkDown,
  'admin-shutdown': adminShutdown,
  'node-crash': nodeCrash,
  'agent-only': agentOnly,
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

/**
 * Returns what takes the fault out of force again; for a node-crash and agent-only that throws ConferError `bad-input`, for the dead
 * stay dead. Throws ConferError `bad-input` when the place does not exist or the fault does not say enough.
 */
export function injectFault(
  topology: Topology,
  routers: ReadonlyMap<string, Router>,
  fault: Fault,
  clock: Clock,
): () => void {
  if (!routers.has(fault.node)) {
    throw new ConferError(
      'bad-input',
      `The fault ${fault.id} is at ${fault.node}, which is no node of ${topology.name}.`,
    );
  }
  const wrong = [...misplacements(fault, topology.links), ...routingMisplacements(fault, topology)];
  if (wrong.length > 0)
    throw new ConferError('bad-input', `The fault ${fault.id} at ${fault.node}: ${wrong.join('; ')}.`);
  return injections[fault.kind]({ fault, router: routerOf(routers, fault.node), topology, clock });
}
