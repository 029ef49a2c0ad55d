/** Turns a fault into what it is on Linux. Pure. */
import { ConferError } from '../../../core/errors.ts';
import type { FaultKind } from '../../../core/fault-kinds.ts';
import type { Fault, Topology } from '../../../core/topology.ts';
import { egressAccessList, ingressAccessList, oneWayAccessList } from './access-lists.ts';
import type { FaultAction, KernelFault } from './actions.ts';
import {
  adminShutdown,
  grayEcmpMember,
  grayPrefix,
  linkDown,
  linkFlap,
  mtuMismatch,
  neighbourDiscoveryFailure,
  pmtudBlackhole,
  rateBottleneck,
  silentLoss,
  srhFiltered,
  srv6EncapMtu,
  unidirectionalLink,
} from './links.ts';
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
} from './routing.ts';

export type { FaultAction } from './actions.ts';

const nothing: KernelFault = { inject: () => [], repair: () => [] };

/** `undefined` where Linux namespaces cannot show it. */
const kernelFaults: Record<FaultKind, KernelFault | undefined> = {
  healthy: nothing,
  'egress-acl': egressAccessList,
  'ingress-acl': ingressAccessList,
  'one-way-acl': oneWayAccessList,
  'urpf-drop': urpfDrop,
  'unidirectional-link': unidirectionalLink,
  'silent-loss': silentLoss,
  'srh-filtered': srhFiltered,
  corruption: undefined,
  'duplex-mismatch': undefined,
  'rate-bottleneck': rateBottleneck,
  microburst: undefined,
  'link-flap': linkFlap,
  'gray-ecmp-member': grayEcmpMember,
  'lag-member': undefined,
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
  'nat-exhaustion': undefined,
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
  'stale-lsp': undefined,
  'routing-daemon-dead': routingDaemonDead,
};

/** The place of the fault has been checked already. Throws ConferError `bad-input` for what Linux cannot show. */
export function actionsOf(fault: Fault, topology: Topology): FaultAction[] {
  return kernelFault(fault).inject({ fault, topology });
}

/** What takes the fault out of force while `others` stay. Throws ConferError `bad-input` where nothing does. */
export function repairsOf(fault: Fault, others: readonly Fault[], topology: Topology): FaultAction[] {
  return kernelFault(fault).repair({ fault, topology }, others);
}

function kernelFault(fault: Fault): KernelFault {
  const known = kernelFaults[fault.kind];
  if (known === undefined)
    throw new ConferError(
      'bad-input',
      `The fault ${fault.id} (${fault.kind}) is only modelled: start the lab with --world modelled.`,
    );
  return known;
}
