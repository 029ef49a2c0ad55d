/** What is down, and sessions that are not as they should be. */
import type { KindPhrases } from './phrases.ts';

const acl = ['review the entries of that acl', 'look at what that acl denies'];

export const outagePhrases = {
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
