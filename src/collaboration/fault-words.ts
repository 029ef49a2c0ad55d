/** How a report words each kind: where the fault sits, and what to do about it. */
import type { Element, Finding, FindingKind, Ranking } from '../core/records.ts';

interface Words {
  /** "PE-1 egress ACL 2001"; `end` is the node with its interface, for two nodes may have several links between them. */
  place(element: Required<Element>, end: string): string;
  advice(element: Required<Element>): string;
}

const words: Record<FindingKind, Words> = {
  'egress-acl': {
    place: ({ node, object }) => `${node} egress ACL ${object}`,
    advice: (at) => `Review ACL ${at.object} in the egress direction of ${at.node} ${at.interface}.`,
  },
  'ingress-acl': {
    place: ({ node, object }) => `${node} ingress ACL ${object}`,
    advice: (at) => `Review ACL ${at.object} in the ingress direction of ${at.node} ${at.interface}.`,
  },
  'one-way-acl': {
    place: (at) => `${at.node} ACL ${at.object} on ${at.interface}, which hits one direction only`,
    advice: (at) =>
      `Review ACL ${at.object} on ${at.node} ${at.interface}: its entries match one direction only.`,
  },
  'urpf-drop': {
    place: (at) => `${at.node} drops by its reverse-path filter on ${at.interface}`,
    advice: (at) =>
      `Make the reverse-path filter of ${at.node} ${at.interface} loose, or route the senders back to ${at.peer}.`,
  },
  'unidirectional-link': {
    place: ({ peer }, end) => `unidirectional link ${end} -> ${peer}`,
    advice: (at) =>
      `Check the fibre and optics that carry ${at.node} ${at.interface} -> ${at.peer}; shut the link until then.`,
  },
  'silent-loss': {
    place: ({ peer }, end) => `silent loss on the link ${end} -> ${peer}`,
    advice: (at) =>
      `Check cable, optics and line card between ${at.node} ${at.interface} and ${at.peer}: no counter shows the drops.`,
  },
  'srh-filtered': {
    place: ({ peer }, end) => `segment routing header filtered on the link ${end} -> ${peer}`,
    advice: (at) =>
      `Look for a filter of IPv6 extension headers between ${at.node} ${at.interface} and ${at.peer}: plain packets pass.`,
  },
  corruption: {
    place: ({ peer }, end) => `corruption on the link ${end} -> ${peer}`,
    advice: (at) =>
      `Clean or replace cable and optics from ${at.node} ${at.interface} to ${at.peer}: frames arrive with wrong checksums.`,
  },
  'duplex-mismatch': {
    place: (at) => `duplex mismatch: ${at.node} ${at.interface} is half-duplex, ${at.peer} is not`,
    advice: (at) =>
      `Let ${at.node} ${at.interface} and ${at.peer} both negotiate, or set both to full duplex.`,
  },
  'rate-bottleneck': {
    place: ({ peer }, end) => `more is sent than ${end} -> ${peer} takes`,
    advice: (at) =>
      `Give ${at.node} ${at.interface} towards ${at.peer} a higher rate, or less to carry: its output queue overflows.`,
  },
  microburst: {
    place: ({ peer }, end) => `bursts fill the queue of ${end} -> ${peer} for moments`,
    advice: (at) =>
      `Give ${at.node} ${at.interface} towards ${at.peer} deeper buffers, or pace what comes in at once: the queue is short on average.`,
  },
  'link-flap': {
    place: ({ peer }, end) => `link ${end} - ${peer} flapping`,
    advice: (at) =>
      `Check cable, optics and power between ${at.node} ${at.interface} and ${at.peer}: the carrier comes and goes.`,
  },
  'gray-ecmp-member': {
    place: ({ peer }, end) => `dead member of the link ${end} -> ${peer}: some flows lose everything`,
    advice: (at) =>
      `Take the dead member out of ${at.node} ${at.interface} towards ${at.peer}: flows that hash to it lose everything.`,
  },
  'lag-member': {
    place: ({ peer, object }, end) => `${object} of the bundle ${end} -> ${peer} is dead`,
    advice: (at) =>
      `Take ${at.object} out of the bundle of ${at.node} ${at.interface} towards ${at.peer}: what it sends does not arrive.`,
  },
  'gray-prefix': {
    place: ({ peer, object }, end) => `packets to ${object} lost on the link ${end} -> ${peer}`,
    advice: (at) =>
      `Find what drops packets to ${at.object} between ${at.node} ${at.interface} and ${at.peer}: others pass there.`,
  },
  'mtu-mismatch': {
    place: (at) => `MTU mismatch at ${at.node} ${at.interface} towards ${at.peer}`,
    advice: (at) => `Set the MTU of ${at.node} ${at.interface} to that of ${at.peer}.`,
  },
  'pmtud-blackhole': {
    place: (at) => `path MTU blackhole at ${at.node} ${at.interface} towards ${at.peer}`,
    advice: (at) =>
      `Set the MTU of ${at.node} ${at.interface} to that of ${at.peer}, and let ICMPv6 "packet too big" of ${at.node} pass.`,
  },
  'srv6-encap-mtu': {
    place: ({ peer }, end) => `the link ${end} - ${peer} is too small for encapsulated packets`,
    advice: (at) =>
      `Raise the MTU of ${at.node} ${at.interface} and of ${at.peer}: what hosts may send does not fit with its segment routing header.`,
  },
  'sid-missing': {
    place: ({ node, object }) => `SID ${object} missing at ${node}`,
    advice: (at) => `Install SID ${at.object} at ${at.node}, or take it out of the policy.`,
  },
  'seg6-disabled': {
    place: (at) => `${at.node} takes no segment routing from ${at.peer} on ${at.interface}`,
    advice: (at) =>
      `Enable segment routing without HMAC on ${at.node} ${at.interface}, or configure the key at both ends.`,
  },
  'sid-wrong-behaviour': {
    place: ({ node, object }) => `SID ${object} of ${node} does not do what it is for`,
    advice: (at) =>
      `Correct the behaviour, table or next hop with which ${at.node} installs SID ${at.object}.`,
  },
  'wrong-segment-order': {
    place: ({ node, object }) => `the policy of ${node} to ${object} names its segments in the wrong order`,
    advice: (at) =>
      `Put the segment list of the policy of ${at.node} to ${at.object} into the order in which the path passes its nodes.`,
  },
  'locator-unreachable': {
    place: ({ node, object }) => `${node} has no route to ${object}`,
    advice: (at) =>
      `Find out why ${at.node} has no route to ${at.object}: its neighbours, its IGP, a route filter.`,
  },
  'static-blackhole': {
    place: ({ node, object }) => `${node} discards ${object} by a blackhole route`,
    advice: (at) =>
      `Remove the blackhole route for ${at.object} from ${at.node}, if it is not there on purpose.`,
  },
  'rib-fib-mismatch': {
    place: ({ node, object }) => `forwarding of ${node} differs from its route to ${object}`,
    advice: (at) =>
      `Compare the forwarding table and the routing policy of ${at.node} with its route to ${at.object}; install that again.`,
  },
  'forwarding-loop': {
    place: ({ node, peer, object }) => `forwarding loop between ${node} and ${peer} for ${object}`,
    advice: (at) =>
      `Correct the route of ${at.node} to ${at.object}: it leads to ${at.peer}, which sends back.`,
  },
  'neighbour-discovery-failure': {
    place: ({ peer }, end) => `${end} does not resolve the address of ${peer}`,
    advice: (at) =>
      `Find out why neighbour solicitations of ${at.node} ${at.interface} stay unanswered: a filter, or ${at.peer} itself.`,
  },
  'dscp-remark': {
    place: (at) => `${at.node} marks what it sends out of ${at.interface}`,
    advice: (at) =>
      `Find the policy that gives packets another DSCP at ${at.node} ${at.interface}: classes further on treat them otherwise.`,
  },
  'control-plane-overload': {
    place: ({ node }) => `the control plane of ${node} is overloaded`,
    advice: (at) =>
      `Find out who sends so much to ${at.node} itself, and review its control-plane policer: what passes the router is well.`,
  },
  'nat-exhaustion': {
    place: (at) => `${at.node} has no port left to translate new flows out of ${at.interface}`,
    advice: (at) =>
      `Give the address translation of ${at.node} ${at.interface} more addresses or shorter timeouts: new flows find no port.`,
  },
  'link-down': {
    place: ({ peer }, end) => `link ${end} - ${peer} down`,
    advice: (at) => `Restore the link between ${at.node} ${at.interface} and ${at.peer}.`,
  },
  'admin-shutdown': {
    place: ({ node, interface: name }) => `${node} ${name} shut down`,
    advice: (at) => `Enable ${at.node} ${at.interface}, if it was not shut on purpose.`,
  },
  'node-crash': {
    place: ({ node }) => `${node} crashed`,
    advice: (at) => `Check power and console of ${at.node}: its neighbours have lost it.`,
  },
  'agent-only': {
    place: ({ node }) => `the agent of ${node} does not answer, and ${node} forwards`,
    advice: (at) =>
      `Restart the agent of ${at.node}, or renew its certificate, and ask again: what passes the router is well.`,
  },
  'bgp-acl-179': {
    place: ({ object }, end) => `ACL ${object} on ${end} drops BGP (TCP port 179)`,
    advice: (at) => `Let TCP to and from port 179 pass ACL ${at.object} on ${at.node} ${at.interface}.`,
  },
  'bgp-as-mismatch': {
    place: ({ node, object }) => `${node} expects another AS of its BGP neighbour ${object}`,
    advice: (at) =>
      `Correct the AS that ${at.node} has configured for ${at.object}, or that of ${at.object} itself.`,
  },
  'bgp-max-prefix': {
    place: ({ node, object }) => `${object} sends more prefixes than ${node} takes`,
    advice: (at) =>
      `Find out why ${at.object} sends so many prefixes; then raise the limit on ${at.node} and clear the session.`,
  },
  'missing-advertisement': {
    place: ({ node, object }) => `${node} does not originate ${object}, which it is configured to`,
    advice: (at) =>
      `Find out why ${at.node} has no route to ${at.object}: BGP originates only what is in its routing table.`,
  },
  'route-leak': {
    place: ({ node, object }) => `${node} leaks ${object}, which another router originates`,
    advice: (at) => `Filter what ${at.node} redistributes into BGP: ${at.object} is not its own.`,
  },
  'policy-drop': {
    place: ({ node, peer, object }) => `a policy of ${node} towards ${peer} drops ${object}`,
    advice: (at) =>
      `Review the routing policies of ${at.node} for its neighbour ${at.peer}, if ${at.object} is not dropped on purpose.`,
  },
  'single-sided-bfd': {
    place: ({ peer }, end) => `BFD packets ${end} -> ${peer} do not arrive`,
    advice: (at) =>
      `Look for what drops UDP port 3784 from ${at.node} ${at.interface} to ${at.peer}, or for BFD that one end does not run.`,
  },
  'isis-mismatch': {
    place: ({ peer }, end) => `IS-IS of ${end} and ${peer} differ`,
    advice: (at) =>
      `Compare level, area and authentication of IS-IS on ${at.node} ${at.interface} and ${at.peer}.`,
  },
  'igp-hello-blocked': {
    place: ({ peer }, end) => `IS-IS hellos ${end} -> ${peer} do not arrive`,
    advice: (at) =>
      `Look for what drops IS-IS hellos from ${at.node} ${at.interface} to ${at.peer}: data passes.`,
  },
  'stale-lsp': {
    place: ({ node, object }) => `${node} holds old link state ${object}`,
    advice: (at) =>
      `Find out why ${at.node} does not take the newer link state ${at.object}; clear its database of it.`,
  },
  'routing-daemon-dead': {
    place: ({ node }) => `the routing daemons of ${node} do not answer`,
    advice: (at) =>
      `Start the routing daemons of ${at.node} again, and look for why they died: forwarding goes on with old routes.`,
  },
};

/** "PE-1 egress ACL 2001" */
export function placeOf({ kind, element }: Pick<Finding, 'kind' | 'element'>): string {
  const at = { interface: '', peer: '', object: '', ...element };
  return words[kind].place(at, at.interface === '' ? at.node : `${at.node} ${at.interface}`);
}

/** "PE-1 egress ACL 2001, forward"; what a ranking lists beside faults has no place. */
export function wordsOfCause({ kind, element, direction }: Ranking['causes'][number]): string {
  if (kind === 'healthy') return 'healthy: nothing is lost';
  if (kind === 'undetermined' || element === undefined) return 'undetermined: the measurements do not tell';
  return `${placeOf({ kind, element })}, ${direction}`;
}

/** "Review ACL 2001 in the egress direction of PE-1 pe1-p2." */
export function adviceFor({ kind, element }: Finding): string {
  return words[kind].advice({ interface: '', peer: '', object: '', ...element });
}
