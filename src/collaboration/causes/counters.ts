/** What an interface counted between its first and its last reading. */
import type { Interface, Readings } from '../readings.ts';

/** Of a carrier: down and up again. */
export const changesMin = 2;

type Queue = NonNullable<Interface['openconfig-qos:output']>['queues']['queue'][number];

export interface Growth {
  inErrors: number;
  carrierChanges: number;
  lateCollisions: number;
  /** Packets that the output queues dropped, and the queues as they were read last. */
  queueDrops: number;
  queues: readonly Queue[];
  /** Of a bundle. */
  members: readonly { name: string; partner: string; in: number; out: number }[];
  /** Packets for whose flows no port was left. */
  portDrops: number;
  /** The last reading. */
  now: Interface;
  supportedBy: string[];
}

/** Undefined when the interface was not read twice. */
export function growthOf(readings: Readings, node: string, name: string): Growth | undefined {
  const told = readings.get(node)?.interfaces ?? [];
  const [first, last] = [told[0], told.at(-1)];
  if (first === undefined || last === undefined || first === last) return undefined;
  const [before, now] = [first, last].map(({ value }) => value.find((one) => one.name === name));
  if (before === undefined || now === undefined) return undefined;
  const grown = (count: (one: Interface) => string | undefined) =>
    Math.max(0, Number(count(now) ?? 0) - Number(count(before) ?? 0));
  return {
    inErrors: grown(({ statistics }) => statistics['in-errors']),
    carrierChanges: grown((one) => one['confer-device:carrier-changes']),
    lateCollisions: grown((one) => one['confer-device:late-collisions']),
    queueDrops: Math.max(0, dropsOf(now) - dropsOf(before)),
    queues: queuesOf(now),
    members: memberGrowth(before, now),
    portDrops: grown((one) => one['confer-device:translation']?.['dropped-port-packets']),
    now,
    supportedBy: [first.id, last.id],
  };
}

function queuesOf(one: Interface): readonly Queue[] {
  return one['openconfig-qos:output']?.queues.queue ?? [];
}

function dropsOf(one: Interface): number {
  return queuesOf(one).reduce((sum, queue) => sum + Number(queue['dropped-pkts']), 0);
}

function memberGrowth(before: Interface, now: Interface): Growth['members'] {
  return (now['confer-device:member'] ?? []).map((member) => {
    const earlier = before['confer-device:member']?.find(({ name }) => name === member.name);
    return {
      name: member.name,
      partner: member.partner,
      in: Number(member['in-pkts']) - Number(earlier?.['in-pkts'] ?? 0),
      out: Number(member['out-pkts']) - Number(earlier?.['out-pkts'] ?? 0),
    };
  });
}

/** What a node's policer dropped meanwhile of the packets to the node itself; undefined when that is nothing, or nobody told. */
export function policed(
  node: string,
  readings: Readings,
): { dropped: number; supportedBy: string[] } | undefined {
  const told = readings.get(node)?.controlPlane ?? [];
  const [first, last] = [told[0], told.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const dropped = last.value - first.value;
  return dropped > 0 ? { dropped, supportedBy: [first.id, last.id] } : undefined;
}
