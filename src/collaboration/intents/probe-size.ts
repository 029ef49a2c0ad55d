/** Probes of a size that somebody asked for may be larger than the links are: then it is the size that is to be asked about. */
import type { PathLossIntent } from '../../core/records.ts';
import { nameOf } from '../hypothesis.ts';
import { interfaceOf } from '../plan.ts';
import { linkElement } from '../sections.ts';
import type { Measured } from './kind.ts';

/** What to do about it; undefined where no router says that a link is smaller than the probes. */
export function tooLargeFor({ intent, paths, readings }: Measured<PathLossIntent>): string | undefined {
  const { sizeBytes = 0 } = intent;
  const smaller = paths
    .flatMap(({ hops }) => hops)
    .flatMap((hop) =>
      [interfaceOf(readings, hop.from, hop.egress), interfaceOf(readings, hop.to, hop.ingress)].flatMap(
        (one) => {
          const mtu = one?.['ietf-ip:ipv6'].mtu;
          return mtu === undefined || mtu >= sizeBytes ? [] : [{ hop, mtu }];
        },
      ),
    );
  const [least] = smaller.toSorted((a, b) => a.mtu - b.mtu);
  if (least === undefined) return undefined;
  return `Probes of ${sizeBytes} octets are larger than ${nameOf(linkElement(least.hop))}, which is told to carry ${least.mtu}: ask for the path MTU, or measure with smaller probes.`;
}
