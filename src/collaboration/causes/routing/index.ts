/** What is wrong with a session and with what it rests on. A dead daemon explains all that its neighbours see of it. */
import { bgpAccessList } from './bgp-access-list.ts';
import { bgpAsMismatch } from './bgp-as-mismatch.ts';
import { bgpMaxPrefix } from './bgp-max-prefix.ts';
import type { RoutingCause } from './evidence.ts';
import { igpHelloBlocked } from './igp-hello-blocked.ts';
import { isisMismatch } from './isis-mismatch.ts';
import { missingAdvertisement } from './missing-advertisement.ts';
import { policyDrop } from './policy-drop.ts';
import { routeLeak } from './route-leak.ts';
import { routingDaemonDead } from './routing-daemon-dead.ts';
import { singleSidedBfd } from './single-sided-bfd.ts';
import { staleLsp } from './stale-lsp.ts';

/** Of these the first that shows is why a session is down. */
export const sessionCauses: readonly RoutingCause[] = [
  routingDaemonDead,
  bgpAsMismatch,
  bgpMaxPrefix,
  bgpAccessList,
];

/** These stand beside it. */
export const otherRoutingCauses: readonly RoutingCause[] = [
  missingAdvertisement,
  policyDrop,
  routeLeak,
  singleSidedBfd,
  isisMismatch,
  igpHelloBlocked,
  staleLsp,
];
