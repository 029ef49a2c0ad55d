/**
 * Every cause that explains a section which loses, the most specific first. Kinds that stop everything and show in a
 * router's own state are in stops.ts.
 */
import { accessList } from './access-list.ts';
import { overloadedEnd } from './control-plane-overload.ts';
import { damagedFrames } from './damaged-frames.ts';
import type { Cause } from './evidence.ts';
import { fullQueue } from './full-queue.ts';
import { grayEcmpMember } from './gray-ecmp-member.ts';
import { grayPrefix } from './gray-prefix.ts';
import { lagMember } from './lag-member.ts';
import { linkFlap } from './link-flap.ts';
import { mtuMismatch } from './mtu-mismatch.ts';
import { natExhaustion } from './nat-exhaustion.ts';
import { neighbourDiscoveryFailure } from './neighbour-discovery-failure.ts';
import { pmtudBlackhole } from './pmtud-blackhole.ts';
import { silentLoss } from './silent-loss.ts';
import { srhFiltered } from './srh-filtered.ts';
import { srv6EncapMtu } from './srv6-encap-mtu.ts';
import { unidirectionalLink } from './unidirectional-link.ts';
import { urpfDrop } from './urpf-drop.ts';

/** Of small probes that are lost. */
export const lossCauses: readonly Cause[] = [
  overloadedEnd,
  accessList,
  urpfDrop,
  linkFlap,
  unidirectionalLink,
  neighbourDiscoveryFailure,
  grayPrefix,
  srhFiltered,
  natExhaustion,
  fullQueue,
  lagMember,
  grayEcmpMember,
  damagedFrames,
  silentLoss,
];

/** Of large probes that are lost where small ones are not. */
export const sizeCauses: readonly Cause[] = [pmtudBlackhole, mtuMismatch, srv6EncapMtu];
