/** Links and interfaces that drop or damage packets. */
import type { KindPhrases } from './phrases.ts';

const acl = ['review the entries of that acl', 'look at what that acl denies'];
const cable = ['check cable , optics and line card', 'look at cable and optics first'];

export const droppingPhrases = {
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
} as const satisfies Record<string, KindPhrases>;
