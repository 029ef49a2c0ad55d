/** What the ends of each link on the paths counted meanwhile, and how they are. */
import type { Element, Hop } from '../../core/records.ts';
import { isLinkLocal, sameAddress } from '../addresses.ts';
import { growthOf } from '../causes/counters.ts';
import { hears } from '../causes/hearing.ts';
import { refusalAt } from '../causes/too-big.ts';
import { interfaceOf } from '../plan.ts';
import type { AttachmentPoint, Reading, Readings } from '../readings.ts';
import { amountBeside } from './amounts.ts';
import type { Seen, Sign } from './signs.ts';

export function interfaceSigns(seen: Seen): Sign[] {
  return seen.paths.flatMap((path) => path.hops.flatMap((hop) => hopSigns(hop, path.direction, seen)));
}

function hopSigns(hop: Hop, direction: 'forward' | 'reverse', seen: Seen): Sign[] {
  const { readings } = seen;
  const out: [Element] = [{ node: hop.from, interface: hop.egress, peer: hop.to }];
  const into: [Element] = [{ node: hop.to, interface: hop.ingress, peer: hop.from }];
  const [here, there] = [growthOf(readings, hop.from, hop.egress), growthOf(readings, hop.to, hop.ingress)];
  const missing = lostAround(hop, direction, seen);
  const signs: Sign[] = [];
  const counted = (sign: Sign['sign'], elements: [Element], grown: number) => {
    if (grown > 0) signs.push({ sign, elements, direction, amount: amountBeside(grown, missing), grown });
  };

  for (const list of listsAt(readings, hop.from, hop.egress, 'egress')) {
    const elements: [Element] = [{ ...out[0], object: list.name }];
    counted('acl-egress', elements, list.hits);
    if (list.hits > 0 && list.isIdleBeside) signs.push({ sign: 'acl-idle', elements });
  }
  for (const list of listsAt(readings, hop.to, hop.ingress, 'ingress')) {
    const elements: [Element] = [{ ...into[0], object: list.name }];
    counted('acl-ingress', elements, list.hits);
    if (list.hits > 0 && list.isIdleBeside) signs.push({ sign: 'acl-idle', elements });
  }
  counted('reverse-path', into, reversePathDrops(readings, hop));
  if (here !== undefined) {
    const isBursty = here.queues.length > 0 && here.queues.every(isFullAtTimes);
    counted(isBursty ? 'queue-bursty' : 'queue-steady', out, here.queueDrops);
    counted('collisions', out, here.lateCollisions);
    const pool = here.now['confer-device:translation'];
    if (pool !== undefined && Number(pool['ports-free']) === 0) counted('ports-full', out, here.portDrops);
    for (const member of here.members) {
      const isDeaf = there?.members.some((one) => one.name === member.partner && one.in === 0);
      if (member.out > 0 && isDeaf)
        signs.push({ sign: 'member-dead', elements: [{ ...out[0], object: member.name }], direction });
    }
  }
  counted('damaged', out, there?.inErrors ?? 0);
  const changes = Math.max(here?.carrierChanges ?? 0, there?.carrierChanges ?? 0);
  if (changes > 0) signs.push({ sign: 'flaps', elements: out, amount: changes < 2 ? 'few' : 'many' });

  const ends = [
    interfaceOf(readings, hop.from, hop.egress),
    interfaceOf(readings, hop.to, hop.ingress),
  ] as const;
  for (const [state, elements] of [
    [ends[0], out],
    [ends[1], into],
  ] as const) {
    if (state?.['admin-status'] === 'down') signs.push({ sign: 'shut', elements });
    else if (state?.['oper-status'] === 'down') signs.push({ sign: 'down', elements });
  }
  const theirs = ends[1]?.['ietf-ip:ipv6'].address.filter(({ ip }) => !isLinkLocal(ip)) ?? [];
  const sought = ends[0]?.['ietf-ip:ipv6'].neighbor ?? [];
  if (sought.some((one) => one.state === 'incomplete' && theirs.some(({ ip }) => sameAddress(ip, one.ip))))
    signs.push({ sign: 'unresolved', elements: out, direction });
  return [...signs, ...hearingSigns(hop, direction, seen), ...sizeSigns(hop, seen)];
}

/** Small probes of this direction that went missing on the link or at either end of it. */
function lostAround(hop: Hop, direction: string, { sections }: Seen): number {
  return sections
    .filter(
      (one) =>
        one.direction === direction &&
        one.elements.some(({ node, peer }) =>
          peer === undefined ? node === hop.from || node === hop.to : node === hop.from && peer === hop.to,
        ),
    )
    .reduce((sum, { entered, left }) => sum + entered - left, 0);
}

/** Discovery's frames: the link from the one that is not heard. Being heard is worth a word only where packets die. */
function hearingSigns(hop: Hop, direction: 'forward' | 'reverse', { readings, sections }: Seen): Sign[] {
  const there = hears(readings, hop.to, hop.ingress, hop.from);
  if (there === undefined) return [];
  const elements: [Element] = [{ node: hop.from, interface: hop.egress, peer: hop.to }];
  if (!there.fresh) return [{ sign: 'unheard', elements, direction }];
  const isDead = sections.some(
    ({ purpose, entered, left, elements: places }) =>
      purpose === 'loss' &&
      entered > 0 &&
      left === 0 &&
      places.some(({ node, peer = node }) => [node, peer].some((end) => end === hop.from || end === hop.to)),
  );
  return isDead ? [{ sign: 'heard', elements, direction }] : [];
}

function sizeSigns({ from, egress, to, ingress }: Hop, seen: Seen): Sign[] {
  const { readings, sections } = seen;
  const [here, there] = [
    interfaceOf(readings, from, egress)?.['ietf-ip:ipv6'].mtu,
    interfaceOf(readings, to, ingress)?.['ietf-ip:ipv6'].mtu,
  ];
  if (here === undefined || there === undefined) return [];
  const element: Element =
    here <= there
      ? { node: from, interface: egress, peer: to }
      : { node: to, interface: ingress, peer: from };
  const largest = Math.max(
    0,
    ...sections.map(({ purpose, sizeBytes }) => (purpose === 'size' ? sizeBytes : 0)),
  );
  if (Math.min(here, there) >= largest) return [];
  const isUntold = refusalAt(element, seen)?.isSilent === true;
  return [
    { sign: here === there ? 'mtu-small' : 'mtu-smaller', elements: [element] },
    ...(isUntold ? [{ sign: 'size-untold', elements: [element] } as const] : []),
  ];
}

interface ListAt {
  name: string;
  hits: number;
  /** Bound to the other side as well, and nothing hit there. */
  isIdleBeside: boolean;
}

/** New hits between the first reading and the last. */
function listsAt(readings: Readings, node: string, name: string, side: 'egress' | 'ingress'): ListAt[] {
  const told = readings.get(node)?.accessLists ?? [];
  const [first, last] = [told[0], told.at(-1)];
  if (first === undefined || last === undefined) return [];
  const other = side === 'egress' ? 'ingress' : 'egress';
  return [...hitsAt(last, name, side)].map(([list, hits]) => {
    const beside = hitsAt(last, name, other).get(list);
    return {
      name: list,
      hits: hits - (hitsAt(first, name, side).get(list) ?? 0),
      isIdleBeside: beside !== undefined && beside === (hitsAt(first, name, other).get(list) ?? 0),
    };
  });
}

function hitsAt(
  { value }: Reading<AttachmentPoint[]>,
  name: string,
  side: 'egress' | 'ingress',
): Map<string, number> {
  const point = value.find((one) => one['interface-id'] === name);
  return new Map(
    (point?.[side]?.['acl-sets']['acl-set'] ?? []).map((set) => [
      set.name,
      set['ace-statistics'].reduce((sum, entry) => sum + Number(entry['matched-packets']), 0),
    ]),
  );
}

function reversePathDrops(readings: Readings, { to, ingress }: Hop): number {
  const told = readings.get(to)?.accessLists ?? [];
  const dropped = (reading: (typeof told)[number] | undefined) =>
    Number(
      reading?.value.find((one) => one['interface-id'] === ingress)?.['confer-device:reverse-path-filter']?.[
        'dropped-packets'
      ] ?? 0,
    );
  return dropped(told.at(-1)) - dropped(told[0]);
}

/** Empty on average, and full at times. */
function isFullAtTimes({
  'max-queue-len': peak,
  'avg-queue-len': average,
}: {
  'max-queue-len'?: string | undefined;
  'avg-queue-len'?: string | undefined;
}): boolean {
  return peak !== undefined && average !== undefined && Number(average) < 0.3 * Number(peak);
}
