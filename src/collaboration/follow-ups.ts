/**
 * What is asked once it is known where packets die and not yet why: plain packets over the very links where those with a
 * segment routing header are lost. What passes without the header, and what does not, tells filters and sizes apart.
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import type { Hop, Path } from '../core/records.ts';
import { toolNames } from '../core/tools.ts';
import { contains, isLinkLocal, sameAddress } from './addresses.ts';
import { policed } from './causes/counters.ts';
import { touchedHops } from './causes/evidence.ts';
import { hostBytesMin, interfaceOf } from './plan.ts';
import type { PlainPing, Reading, Readings } from './readings.ts';
import { aimAt } from './route-tables.ts';
import type { Section } from './sections.ts';
import type { Question } from './session.ts';

/** Few: what is told apart loses all of one sort and none of the other. */
const plainCount = 10;
/** A policer lets some through. */
const controlCount = 20;
const plainIntervalMs = 20;
const plainSizeBytes = 128;
/** Of plain packets over a link that carries them; one of them may be lost to the background. */
const passingShareMin = 0.9;
/** Links that are looked at more closely. */
const hopsMax = 16;

interface Known {
  readings: Readings;
  paths: readonly Path[];
}

/** Questions about sections whose loss nothing explains yet. */
export function followUps(unexplained: readonly Section[], known: Known): Question[] {
  const { readings } = known;
  const questions = new Map<string, Question>();
  for (const section of unexplained)
    for (const hop of touchedHops(section)) {
      const asked = sizesFor(section).map((sizeBytes) => plainPing(hop, sizeBytes, readings));
      if (section.purpose === 'loss' && section.left === 0) asked.push(pingTowards(hop, section, known));
      for (const question of asked)
        if (question !== undefined) questions.set(JSON.stringify([hop.from, question.arguments]), question);
    }
  for (const node of readings.keys())
    if (policed(node, readings) !== undefined) {
      const question = controlPing(node, known);
      if (question !== undefined) questions.set(JSON.stringify([node, question.arguments]), question);
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

/** Whether plain packets pass, but for what the background may lose. */
export function mostPassed({ value }: Reading<PlainPing>): boolean {
  return value.received >= passingShareMin * value.sent;
}

/**
 * What became of the plain packets from the hop's sending end to the node whose SID the lost packets carry; `prefix` is what
 * both have in common. Undefined when none were sent.
 */
export function plainTowards(
  hop: Hop,
  section: Section,
  known: Known,
): (Reading<PlainPing> & { prefix: string }) | undefined {
  const target = targetOf(hop, section, known);
  const told = known.readings
    .get(hop.from)
    ?.pings.findLast(({ value }) => target !== undefined && sameAddress(value.destination, target.address));
  return target === undefined || told === undefined ? undefined : { ...told, prefix: target.prefix };
}

/** From an address to which everybody has a route. */
function pingTowards(hop: Hop, section: Section, known: Known): Question | undefined {
  const target = targetOf(hop, section, known);
  if (target === undefined) return undefined;
  const args: JsonObject = {
    destination: target.address,
    count: plainCount,
    interval: plainIntervalMs,
    size: plainSizeBytes,
  };
  return { node: hop.from, operation: { tool: toolNames.ping }, arguments: args };
}

/** The node whose SID packets of the path carry on this hop, where its own address is of the same prefix. */
function targetOf(
  hop: Hop,
  { path: id }: Section,
  { readings, paths }: Known,
): { address: string; prefix: string } | undefined {
  const path = paths.find((one) => one.id === id);
  const aim = path && aimAt(path.nodes.indexOf(hop.from), path, readings);
  const device = aim && readings.get(aim.node)?.device?.value;
  if (aim === undefined || device === undefined) return undefined;
  const { address, locator } = device;
  return contains(locator, address) && contains(locator, aim.sid) ? { address, prefix: locator } : undefined;
}

/** What became of the probes to a node itself, which its neighbour sent because a policer there dropped packets. */
export function controlOver(node: string, known: Known): Reading<PlainPing> | undefined {
  const asked = controlPing(node, known);
  const destination = String(asked?.arguments?.destination);
  return known.readings
    .get(asked?.node ?? '')
    ?.pings.findLast(
      ({ value }) => sameAddress(value.destination, destination) && value.sent >= controlCount,
    );
}

/** From a neighbour on a path, so that nothing lies between. */
function controlPing(node: string, { readings, paths }: Known): Question | undefined {
  const hop = paths.flatMap(({ hops }) => hops).find(({ to }) => to === node);
  const destination = readings.get(node)?.device?.value.address;
  if (hop === undefined || destination === undefined) return undefined;
  const args: JsonObject = {
    destination,
    count: controlCount,
    interval: plainIntervalMs,
    size: plainSizeBytes,
  };
  return { node: hop.from, operation: { tool: toolNames.ping }, arguments: args };
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

export function linkAddress(node: string, interfaceName: string, readings: Readings): string | undefined {
  return interfaceOf(readings, node, interfaceName)?.['ietf-ip:ipv6'].address.find(
    ({ ip }) => !isLinkLocal(ip),
  )?.ip;
}
