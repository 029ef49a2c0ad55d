/** The probe tools: the draft's arguments become a Probe of the device driver, its result the draft's result. */

import type { z } from 'zod';
import type { JsonObject, JsonValue } from '../../crypto/canonical.ts';
import type { Beacon } from '../../discovery/beacon.ts';
import { ConferError } from '../core/errors.ts';
import { mistakesOf } from '../core/expectation.ts';
import { limits } from '../core/limits.ts';
import type { CallOptions, DeviceDriver, ProbeResult, Random } from '../core/ports.ts';
import { pingArguments, srv6PingArguments, tracerouteArguments } from '../core/tools.ts';

export interface ProbePorts {
  node: string;
  device: DeviceDriver;
  beacon: Beacon;
  random: Random;
}

/** Parsed, or ConferError `bad-input` that lists what does not fit. */
export function checked<T>(schema: z.ZodType<T>, args: JsonValue, tool: string): T {
  const parsed = schema.safeParse(args);
  if (parsed.success) return parsed.data;
  throw new ConferError('bad-input', `${tool}: ${mistakesOf(parsed.error, args, 'arguments')}.`);
}

export async function srv6Ping(
  args: JsonValue,
  ports: ProbePorts,
  options: CallOptions,
): Promise<JsonObject> {
  const wanted = checked(srv6PingArguments, args, 'ietf-srv6-ping');
  const head = wanted.Head ?? wanted.Local ?? ports.node;
  if (head.toLowerCase() !== ports.node.toLowerCase())
    throw new ConferError('bad-input', `Head is ${head}, but this is ${ports.node}: call the head itself.`);
  const tail = lookUp(wanted.Tail, ports);
  const destination = wanted['Tail-Address'] ?? tail.address;
  const segments = (wanted['SID-List'] ?? []).map((one) =>
    one.includes(':') ? one : lookUp(one, ports).end,
  );
  const last = wanted['SID-List']?.at(-1);
  // The draft names the tail itself as the last segment: that is the SID which decapsulates there.
  if (segments.length === 0) segments.push(tail.decapsulate);
  else if (last?.toLowerCase() === wanted.Tail.toLowerCase())
    segments[segments.length - 1] = tail.decapsulate;
  if (destination === undefined || segments.some((sid) => sid === undefined))
    throw new ConferError(
      'unknown-node',
      `Nobody announced address and SIDs of ${wanted.Tail} or a node of SID-List.`,
    );
  const flowLabels = wanted['Flow-Labels'] ?? [wanted['Flow-Label'] ?? freshLabel(ports.random)];
  const sizeBytes = wanted.Size ?? Math.max(limits.probeSizeBytesMin, 112 + 16 * segments.length);
  const result = await ports.device.run(
    {
      kind: 'srv6-ping',
      destination,
      segments: segments.filter((sid) => sid !== undefined),
      count: wanted.Count,
      intervalMs: wanted.Interval,
      sizeBytes,
      flowLabels,
      dscp: wanted.DSCP,
    },
    options,
  );
  return {
    Head: ports.node,
    Tail: wanted.Tail,
    'SID-List': segments.filter((sid) => sid !== undefined),
    Count: wanted.Count,
    Size: sizeBytes,
    'Flow-Labels': flowLabels.map((label, index) => ({
      label,
      sent: Math.ceil((result.sent - index) / flowLabels.length),
      received: result.receivedByLabel?.[index] ?? 0,
    })),
    sent: result.sent,
    received: result.received,
    'loss-percent': lossPercent(result),
    ...rtt(result),
    ...tooBig(result),
  };
}

/** 20 bits, never 0: that means unlabelled (RFC 6437 section 2). */
function freshLabel(random: Random): number {
  return 1 + Math.floor(random.fraction() * 0xfffff);
}

/** Appendix A.1 of the troubleshooting draft. */
export async function ping(args: JsonValue, ports: ProbePorts, options: CallOptions): Promise<JsonObject> {
  const { destination, count, source, interval, size } = checked(pingArguments, args, 'ping');
  const result = await ports.device.run(
    {
      kind: 'ping',
      destination,
      count,
      intervalMs: interval,
      ...(source !== undefined && { source }),
      ...(size !== undefined && { sizeBytes: size }),
    },
    options,
  );
  return {
    loss: lossPercent(result),
    ...rtt(result),
    sent: result.sent,
    received: result.received,
    ...tooBig(result),
  };
}

export async function traceroute(
  args: JsonValue,
  ports: ProbePorts,
  options: CallOptions,
): Promise<JsonObject> {
  const wanted = checked(tracerouteArguments, args, 'traceroute');
  const { destination } = wanted;
  const result = await ports.device.run(
    { kind: 'traceroute', destination, hopsMax: wanted['hops-max'] },
    options,
  );
  return { hops: result.hops ?? [] };
}

function lookUp(node: string, { beacon }: ProbePorts) {
  const known = beacon.heard().nodes.find((one) => one.node.toLowerCase() === node.toLowerCase());
  const sid = (behavior: string) => known?.linkState?.sids.find((one) => one.behavior === behavior)?.sid;
  return { address: known?.linkState?.addresses[0], end: sid('End'), decapsulate: sid('End.DT6') };
}

function lossPercent({ sent, received }: ProbeResult): number {
  return sent === 0 ? 0 : Math.round((1 - Math.min(sent, received) / sent) * 10_000) / 100;
}

function tooBig({ packetTooBigMtuBytes }: ProbeResult) {
  return packetTooBigMtuBytes === undefined ? {} : { 'packet-too-big-mtu': packetTooBigMtuBytes };
}

function rtt({ rttMs }: ProbeResult) {
  if (rttMs === undefined) return {};
  const { average, ...others } = rttMs;
  return { rtt: { ...others, avg: average } };
}
