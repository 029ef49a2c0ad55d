/**
 * How a sentence may tell each kind of fault: clauses in words of the vocabulary, with slots. `@` stands for the place, as `at` says.
 * What is not here, no sentence says of that kind.
 */
import type { Slot } from './slots.ts';
import type { SignName } from './words.ts';

export interface KindPhrases {
  /** How its place is named; a place that lacks the peer or the interface is named by what it has. */
  at: 'link' | 'interface' | 'node' | 'pair';
  /** What else of it must be told. */
  object?: Slot;
  /** Words that no other kind is told by: one of them is in each of `told`. */
  own: readonly string[];
  told: readonly string[];
  /** What to look at next. */
  check: readonly string[];
  /** It may lie beside a loss without making it: nothing is lost "because" of it. */
  isBeside?: boolean;
  /** What may be said to show it, where it was seen at the same place. */
  shows?: readonly SignName[];
}

const acl = ['review the entries of that acl', 'look at what that acl denies'];
const cable = ['check cable , optics and line card', 'look at cable and optics first'];

export const kindPhrases = {
  'egress-acl': {
    at: 'interface',
    object: 'acl',
    own: ['egress acl'],
    told: [
      'the egress acl {acl} at @ drops packets',
      '@ drops packets by its egress acl {acl}',
      'packets are denied by the egress acl {acl} at @',
    ],
    check: acl,
    shows: ['acl-egress'],
  },
  'ingress-acl': {
    at: 'interface',
    object: 'acl',
    own: ['ingress acl'],
    told: [
      'the ingress acl {acl} at @ drops packets',
      '@ drops packets by its ingress acl {acl}',
      'packets are denied by the ingress acl {acl} at @',
    ],
    check: acl,
    shows: ['acl-ingress'],
  },
  'one-way-acl': {
    at: 'interface',
    object: 'acl',
    own: ['one direction only'],
    told: ['acl {acl} at @ hits one direction only', '@ drops one direction only by acl {acl}'],
    check: ['compare its entries for the two directions', ...acl],
    shows: ['acl-egress', 'acl-ingress', 'acl-idle'],
  },
  'urpf-drop': {
    at: 'interface',
    own: ['reverse-path filter'],
    told: ['the reverse-path filter at @ drops packets', '@ drops packets by its reverse-path filter'],
    check: ['make that filter loose or route the senders back', 'compare that filter with the routes back'],
    shows: ['reverse-path'],
  },
  'unidirectional-link': {
    at: 'link',
    own: ['unidirectional'],
    told: ['the link @ is unidirectional', '@ is a unidirectional link'],
    check: ['check fibre and optics there', 'shut the link until its fibre is checked'],
    shows: ['unheard'],
  },
  'silent-loss': {
    at: 'link',
    own: ['silently'],
    told: ['the link @ loses packets silently', 'packets die silently on the link @'],
    check: cable,
    shows: ['loses'],
  },
  'srh-filtered': {
    at: 'link',
    own: ['segment routing header'],
    told: [
      'packets with a segment routing header are filtered on the link @',
      'the link @ filters packets with a segment routing header',
    ],
    check: ['look for a filter of extension headers there', 'find who drops extension headers there'],
    shows: ['plain-passes'],
  },
  corruption: {
    at: 'link',
    own: ['corrupts', 'corrupted'],
    told: ['the link @ corrupts frames', 'frames are corrupted on the link @'],
    check: ['clean or replace cable and optics', ...cable],
    shows: ['damaged'],
  },
  'duplex-mismatch': {
    at: 'link',
    own: ['duplex mismatch', 'differ in duplex'],
    told: ['there is a duplex mismatch on @', 'the ends of @ differ in duplex'],
    check: ['let both ends negotiate', 'set both ends to full duplex'],
    shows: ['collisions', 'damaged'],
  },
  'rate-bottleneck': {
    at: 'link',
    own: ['more is sent than', 'bottleneck'],
    told: ['more is sent than @ takes', '@ is a bottleneck'],
    check: ['raise its rate or send less over it', 'look at what else is sent over it'],
    shows: ['queue-steady', 'queue-bursty'],
  },
  microburst: {
    at: 'link',
    own: ['bursts'],
    told: ['bursts fill the queue of @ for moments', 'the queue of @ overflows in short bursts'],
    check: ['give it deeper buffers', 'pace what comes in at once'],
    shows: ['queue-bursty', 'queue-steady'],
  },
  'link-flap': {
    at: 'link',
    own: ['flaps', 'flapping'],
    told: ['the link @ flaps', 'the link @ is flapping'],
    check: ['check cable , optics and power', 'look at cable and optics first'],
    shows: ['flaps'],
  },
  'gray-ecmp-member': {
    at: 'link',
    own: ['some flows die'],
    told: ['some flows die on the link @', 'some flows die whole on a member of @'],
    check: ['take the dead member out', 'look at each member by itself'],
    shows: ['splits-flows'],
  },
  'lag-member': {
    at: 'link',
    object: 'member',
    own: ['bundle'],
    told: ['{member} of the bundle @ is dead', 'the bundle @ has the dead member {member}'],
    check: ['take that member out of service', 'look at that member by itself'],
    shows: ['member-dead'],
  },
  'gray-prefix': {
    at: 'link',
    object: 'prefix',
    own: ['packets to'],
    told: ['packets to {prefix} are lost on the link @', 'the link @ drops packets to {prefix}'],
    check: ['find what drops packets there and passes others', 'compare that prefix with others that pass'],
    shows: ['prefix-lost'],
  },
  'mtu-mismatch': {
    at: 'link',
    own: ['mtu mismatch'],
    told: ['there is an mtu mismatch at @', '@ has an mtu mismatch'],
    check: ['set the same mtu at both ends', 'compare the mtu of both ends'],
    shows: ['mtu-smaller'],
  },
  'pmtud-blackhole': {
    at: 'link',
    own: ['path mtu blackhole'],
    told: ['there is a path mtu blackhole at @', '@ is a path mtu blackhole'],
    check: ['set the same mtu at both ends and let size errors pass', 'let size errors pass'],
    shows: ['size-untold', 'mtu-smaller'],
  },
  'srv6-encap-mtu': {
    at: 'link',
    own: ['encapsulated'],
    told: ['the link @ is too small for encapsulated packets', 'encapsulated packets do not fit the link @'],
    check: ['raise the mtu at both ends', 'compare the mtu with what hosts may send'],
    shows: ['mtu-small', 'plain-large-passes'],
  },
  'sid-missing': {
    at: 'node',
    object: 'sid',
    own: ['is missing at', 'has not installed'],
    told: ['sid {sid} is missing at @', '@ has not installed sid {sid}'],
    check: ['install that sid or take it out of the policy', 'compare the policy with what is installed'],
    shows: ['sid-absent'],
  },
  'seg6-disabled': {
    at: 'interface',
    own: ['takes no segment routing', 'segment routing is refused'],
    told: ['@ takes no segment routing', 'segment routing is refused at @'],
    check: ['enable segment routing there', 'compare the keys of both ends'],
    shows: ['sid-refused'],
  },
  'sid-wrong-behaviour': {
    at: 'node',
    object: 'sid',
    own: ['what it is for', 'wrong behaviour'],
    told: ['sid {sid} of @ does not do what it is for', '@ gives sid {sid} a wrong behaviour'],
    check: ['correct its behaviour , table or next hop', 'compare that sid with the configuration'],
    shows: ['sid-wrong'],
  },
  'wrong-segment-order': {
    at: 'node',
    isBeside: true,
    object: 'destination',
    own: ['wrong order'],
    told: [
      'the policy of @ to {destination} names its segments in the wrong order',
      'segments are in the wrong order in the policy of @ to {destination}',
    ],
    check: ['put the segments into the order of the path', 'compare that policy with the path'],
    shows: ['order-wrong'],
  },
  'locator-unreachable': {
    at: 'node',
    object: 'prefix',
    own: ['no route to'],
    told: ['@ has no route to {prefix}', 'there is no route to {prefix} at @'],
    check: ['look at its neighbours , its igp and its filters', 'find out why that route is missing'],
    shows: ['route-absent'],
  },
  'static-blackhole': {
    at: 'node',
    object: 'prefix',
    own: ['blackhole route'],
    told: ['@ discards {prefix} by a blackhole route', 'a blackhole route of @ discards {prefix}'],
    check: ['remove that route if it is not meant', 'find out who wants that route'],
    shows: ['route-discards'],
  },
  'rib-fib-mismatch': {
    at: 'node',
    object: 'prefix',
    own: ['differs from its route', 'other than its route'],
    told: [
      'forwarding of @ differs from its route to {prefix}',
      '@ forwards other than its route to {prefix}',
    ],
    check: ['compare its forwarding table with its routes', 'install that route again'],
    shows: ['route-differs'],
  },
  'forwarding-loop': {
    at: 'pair',
    object: 'prefix',
    own: ['loop'],
    told: [
      'there is a forwarding loop between {node} and {peer} for {prefix}',
      '{node} and {peer} send {prefix} to each other in a loop',
    ],
    check: ['correct the route that leads back', 'compare the routes of the two'],
    shows: ['route-leaves'],
  },
  'neighbour-discovery-failure': {
    at: 'link',
    own: ['does not resolve', 'stays unresolved'],
    told: ['the router does not resolve its neighbour on @', 'the neighbour on @ stays unresolved'],
    check: ['find out why solicitations stay unanswered', 'look for a filter of solicitations'],
    shows: ['unresolved', 'heard'],
  },
  'dscp-remark': {
    at: 'interface',
    isBeside: true,
    own: ['marks', 'another dscp'],
    told: ['@ marks what it sends', 'packets leave @ with another dscp'],
    check: ['find the policy that marks them', 'compare the policy with its classes'],
    shows: ['marked'],
  },
  'control-plane-overload': {
    at: 'node',
    isBeside: true,
    own: ['control plane'],
    told: ['the control plane of @ is overloaded', '@ has an overloaded control plane'],
    check: ['find out who sends so much to it', 'review its policer'],
    shows: ['policed', 'policed-probes'],
  },
  'nat-exhaustion': {
    at: 'interface',
    own: ['for new flows', 'new flows find'],
    told: ['@ has no port left for new flows', 'new flows find no port at @'],
    check: ['give it more addresses or shorter timeouts', 'look at who opens so many flows'],
    shows: ['ports-full'],
  },
  'link-down': {
    at: 'link',
    own: ['is down', 'gone down'],
    told: ['the link @ is down', 'the link @ has gone down'],
    check: ['restore that link', 'look at cable and optics first'],
    shows: ['down', 'unheard'],
  },
  'admin-shutdown': {
    at: 'interface',
    own: ['shut down'],
    told: ['@ is shut down', 'somebody has shut down @'],
    check: ['enable it if it is not meant', 'find out who has shut it'],
    shows: ['shut'],
  },
  'node-crash': {
    at: 'node',
    own: ['crashed'],
    told: ['@ has crashed', 'the router @ crashed'],
    check: ['check its power and console', 'look at its console'],
    shows: ['silent', 'down'],
  },
  'agent-only': {
    at: 'node',
    isBeside: true,
    own: ['agent'],
    told: [
      'the agent of @ does not answer , and the router forwards',
      '@ forwards , and its agent is silent',
    ],
    check: ['start that agent again', 'look at that agent and its certificate'],
    shows: ['passes', 'not-accepted'],
  },
  'bgp-acl-179': {
    at: 'interface',
    object: 'acl',
    own: ['drops bgp', 'bgp is dropped'],
    told: ['acl {acl} at @ drops bgp', 'bgp is dropped by acl {acl} at @'],
    check: ['let bgp pass that acl', ...acl],
  },
  'bgp-as-mismatch': {
    at: 'node',
    object: 'neighbor',
    own: ['as-number'],
    told: [
      '@ expects another as-number of {neighbor}',
      'the as-number of {neighbor} is other than @ expects',
    ],
    check: ['correct the as-number of one of the two', 'compare what the two have configured'],
  },
  'bgp-max-prefix': {
    at: 'node',
    object: 'neighbor',
    own: ['more prefixes'],
    told: ['{neighbor} sends more prefixes than @ takes', '@ gets more prefixes of {neighbor} than it takes'],
    check: ['find out why they are so many', 'raise the limit if they are meant'],
  },
  'missing-advertisement': {
    at: 'node',
    object: 'prefix',
    own: ['originate', 'originated'],
    told: ['@ does not originate {prefix}', '{prefix} is not originated by @'],
    check: ['find out why that route is missing', 'look for that route in its table'],
  },
  'route-leak': {
    at: 'node',
    object: 'prefix',
    own: ['leaks', 'leaked'],
    told: ['@ leaks {prefix}', '{prefix} is leaked by @'],
    check: ['filter what it redistributes', 'look at what it redistributes'],
  },
  'policy-drop': {
    at: 'pair',
    object: 'prefix',
    own: ['a policy of'],
    told: [
      'a policy of {node} towards {peer} drops {prefix}',
      '{prefix} is dropped by a policy of {node} towards {peer}',
    ],
    check: ['review that policy', 'find out who wants that policy'],
  },
  'single-sided-bfd': {
    at: 'link',
    own: ['bfd'],
    told: ['packets of bfd do not arrive over @', 'bfd does not pass @'],
    check: ['look for what drops bfd there', 'look for an end that does not run bfd'],
  },
  'isis-mismatch': {
    at: 'link',
    own: ['differ in is-is', 'is-is differs'],
    told: ['the ends of @ differ in is-is', 'is-is differs at the ends of @'],
    check: ['compare level , area and authentication', 'compare what the two have configured'],
  },
  'igp-hello-blocked': {
    at: 'link',
    own: ['hellos of is-is'],
    told: ['hellos of is-is do not arrive over @', 'hellos of is-is are blocked on @'],
    check: ['look for what drops hellos there', 'look for a filter of hellos'],
  },
  'stale-lsp': {
    at: 'node',
    object: 'lsp',
    own: ['link state'],
    told: ['@ holds the old link state {lsp}', 'the link state {lsp} at @ is old'],
    check: ['find out why it does not take the newer one', 'clear what it holds of it'],
  },
  'routing-daemon-dead': {
    at: 'node',
    own: ['daemons'],
    told: ['the routing daemons of @ do not answer', '@ has dead routing daemons'],
    check: ['start them again', 'look for why they died'],
  },
} as const satisfies Record<string, KindPhrases>;

export type PhrasedKind = keyof typeof kindPhrases;

/** What was seen at the place, by sign. */
export const signPhrases: Readonly<Partial<Record<SignName, readonly string[]>>> = {
  loses: ['the counters on both sides tell it'],
  'splits-flows': ['others pass whole'],
  'acl-egress': ['{denied} packets were denied there', 'its counter grew by {denied}'],
  'acl-ingress': ['{denied} packets were denied there', 'its counter grew by {denied}'],
  'acl-idle': ['the other direction was not hit', 'its counter of the other direction stands'],
  'reverse-path': ['its counter grew by {denied}', '{denied} packets were refused there'],
  'queue-steady': ['its queue dropped {dropped} packets', '{dropped} packets found a full queue'],
  'queue-bursty': ['its queue dropped {dropped} packets', '{dropped} packets found a full queue'],
  damaged: ['{damaged} frames arrived damaged', 'the far end counted {damaged} errors'],
  collisions: ['late collisions were counted'],
  flaps: ['its carrier changed meanwhile'],
  'member-dead': ['nothing of that member arrives'],
  'ports-full': ['{dropped} packets found no port', 'no port is free'],
  down: ['an end of a link there tells that it has no carrier'],
  shut: ['the configuration says so'],
  unresolved: ['the address is incomplete there'],
  unheard: ['the far end does not hear it'],
  heard: ['frames still arrive there'],
  'mtu-smaller': ['one end takes less than the other'],
  'mtu-small': ['both ends take no more'],
  'size-untold': ['size errors are not told'],
  'plain-passes': ['plain packets pass there'],
  'plain-large-passes': ['plain packets of that size pass'],
  'prefix-lost': ['probes to it died there as well'],
  'sid-absent': ['its table does not list it'],
  'sid-wrong': ['its table says so'],
  'sid-refused': ['its errors of segment routing grew'],
  'route-absent': ['its table shows none'],
  'route-discards': ['its table says so'],
  'route-differs': ['the two tables differ'],
  'route-leaves': ['the table shows the way back'],
  'order-wrong': ['the path passes them otherwise'],
  marked: ['they arrive there unmarked'],
  policed: ['its policer dropped what was for the router'],
  'policed-probes': ['probes to the router itself were lost'],
  silent: ['nothing is heard of it'],
  'not-accepted': ['its certificate is not accepted'],
  passes: ['packets were counted behind it'],
};
