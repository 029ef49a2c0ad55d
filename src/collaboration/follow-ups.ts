/**
 * What is asked once it is known where packets die and not yet why: plain packets over the very links where those with a
 * segment routing header are lost. What passes without the header, and what does not, tells filters and sizes apart.
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import type { Hop } from '../core/records.ts';
import { toolNames } from '../core/tools.ts';
import { isLinkLocal, sameAddress } from './addresses.ts';
import { touchedHops } from './causes/evidence.ts';
import { hostBytesMin, interfaceOf } from './plan.ts';
import type { PlainPing, Reading, Readings } from './readings.ts';
import type { Section } from './sections.ts';
import type { Question } from './session.ts';

/** Few: what is told apart loses all of one sort and none of the other. */
const plainCount = 10;
const plainIntervalMs = 20;
const plainSizeBytes = 128;
/** Links that are looked at more closely. */
const hopsMax = 16;

/** Questions about sections whose loss nothing explains yet. */
export function followUps(unexplained: readonly Section[], readings: Readings): Question[] {
  const questions = new Map<string, Question>();
  for (const section of unexplained)
    for (const hop of touchedHops(section))
      for (const sizeBytes of sizesFor(section)) {
        const question = plainPing(hop, sizeBytes, readings);
        if (question !== undefined) questions.set(JSON.stringify([hop.from, question.arguments]), question);
      }
  return [...questions.values()].slice(0, 2 * hopsMax);
}

/** What became of the plain packets that `followUps` sent over a hop; undefined when none were sent. */
export function plainOver(
  hop: Hop,
  size: number | 'small',
  readings: Readings,
): Reading<PlainPing> | undefined {
  const wanted = size === 'small' ? plainSizeBytes : size;
  const destination = linkAddress(hop.to, hop.ingress, readings);
  if (destination === undefined) return undefined;
  return readings
    .get(hop.from)
    ?.pings.findLast(
      ({ value }) => sameAddress(value.destination, destination) && value.sizeBytes === wanted,
    );
}

/** Small ones where small probes die, and besides what hosts may always send where only large ones do. */
function sizesFor({ purpose }: Section): number[] {
  return purpose === 'loss' ? [plainSizeBytes] : [plainSizeBytes, hostBytesMin];
}

/** From one end of the link to the other's address there, so that the packets take no other way, nor their answers. */
function plainPing(hop: Hop, sizeBytes: number, readings: Readings): Question | undefined {
  const source = linkAddress(hop.from, hop.egress, readings);
  const destination = linkAddress(hop.to, hop.ingress, readings);
  if (source === undefined || destination === undefined) return undefined;
  const args: JsonObject = {
    destination,
    source,
    count: plainCount,
    interval: plainIntervalMs,
    size: sizeBytes,
  };
  return { node: hop.from, operation: { tool: toolNames.ping }, arguments: args };
}

function linkAddress(node: string, interfaceName: string, readings: Readings): string | undefined {
  return interfaceOf(readings, node, interfaceName)?.['ietf-ip:ipv6'].address.find(
    ({ ip }) => !isLinkLocal(ip),
  )?.ip;
}
