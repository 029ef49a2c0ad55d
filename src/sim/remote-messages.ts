/** What the two ends of a remote device say to each other over a process's IPC channel. Parsed at both ends. */
import { z } from 'zod';
import { limits } from '../core/limits.ts';

/** Calls that one agent has open at once. */
export const openCallsMax = 256;
/** Frames that wait for a slow pipe; more are lost, as a full queue loses them. */
export const framesWaitingMax = 256;
const frameCharactersMax = Math.ceil((limits.probeSizeBytesMax + 64) / 3) * 4;

const id = z.int().nonnegative();
const segment = z.string().max(64);

const srv6Ping = z.strictObject({
  kind: z.literal('srv6-ping'),
  destination: segment,
  segments: z.array(segment).max(limits.pathNodesMax),
  count: z.int().positive().max(limits.probeCountMax),
  intervalMs: z.number().min(limits.probeIntervalMsMin).max(limits.probeIntervalMsMax),
  sizeBytes: z.int(),
  flowLabels: z.array(z.int().min(0).max(0xfffff)).max(limits.probeFlowLabelsMax),
  dscp: z.int().min(0).max(63),
});

const ping = z.strictObject({
  kind: z.literal('ping'),
  destination: segment,
  count: z.int().positive().max(limits.probeCountMax),
  intervalMs: z.number().min(limits.probeIntervalMsMin).max(limits.probeIntervalMsMax),
  source: segment.exactOptional(),
  sizeBytes: z.int().exactOptional(),
  flowLabel: z.int().min(0).max(0xfffff).exactOptional(),
});

const traceroute = z.strictObject({
  kind: z.literal('traceroute'),
  destination: segment,
  hopsMax: z.int().min(1).max(64),
});

const change = z.strictObject({
  kind: z.literal('count'),
  id: z.string(),
  flowLabels: z.array(z.int().min(0).max(0xfffff)).max(limits.countingFlowsMax),
  capturePacketsMax: z.int().min(0),
  stampsMax: z.int().min(0).exactOptional(),
});

const frame = z.object({
  confer: z.literal('frame'),
  interface: z.string().max(15),
  bytes: z.base64().max(frameCharactersMax),
});

/** From the agent to the device. */
export const requestSchema = z.union([
  z.object({ confer: z.literal('device'), id, method: z.enum(['facts', 'interfaces']) }),
  z.object({
    confer: z.literal('device'),
    id,
    method: z.literal('reach'),
    host: z.string().max(255),
    port: z.int(),
  }),
  z.object({ confer: z.literal('device'), id, method: z.literal('read'), path: z.string().max(256) }),
  z.object({
    confer: z.literal('device'),
    id,
    method: z.literal('run'),
    probe: z.discriminatedUnion('kind', [srv6Ping, ping, traceroute]),
  }),
  z.object({ confer: z.literal('device'), id, method: z.literal('apply'), change }),
  /** `of` is the id of the apply. */
  z.object({ confer: z.literal('device'), id, method: z.literal('undo'), of: id }),
  z.object({ confer: z.literal('device'), method: z.literal('abort'), of: id }),
  frame,
]);

/** From the device to the agent. */
export const responseSchema = z.union([
  z.object({ confer: z.literal('device'), id, result: z.json() }),
  z.object({ confer: z.literal('device'), id, error: z.object({ code: z.string(), message: z.string() }) }),
  z.object({
    confer: z.literal('device'),
    id,
    progress: z.object({ fraction: z.number(), message: z.string().exactOptional() }),
  }),
  frame,
]);

export type Request = z.infer<typeof requestSchema>;
export type Response = z.infer<typeof responseSchema>;

/** One end of an IPC channel: `process` in the agent, the ChildProcess in the lab. */
export interface MessageChannelEnd {
  readonly connected: boolean;
  send?(message: object, callback: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'disconnect', listener: () => void): unknown;
}

/** Sends while somebody listens; a message to the dead is dropped. */
export function post(
  channel: MessageChannelEnd,
  message: Request | Response,
  sent: () => void = () => {},
): void {
  if (channel.connected) channel.send?.(message, sent);
  else sent();
}
