/**
 * A modelled router whose agent runs in a process of its own: the agent's end.
 *
 *   agent process                                 lab process
 *   connectDevice(process)  <--- IPC channel --->  serveDevice(child, device)  --->  ModelledNetwork
 */
import { z } from 'zod';
import type { FramePort } from '../../discovery/speaker.ts';
import { orAborted } from '../core/abort.ts';
import { ConferError, type ErrorCode } from '../core/errors.ts';
import type { CallOptions, DeviceDriver, DeviceFacts, ProbeResult, Undo } from '../core/ports.ts';
import { routingProtocols } from '../core/topology-routing.ts';
import {
  framesWaitingMax,
  type MessageChannelEnd,
  openCallsMax,
  post,
  type Request,
  responseSchema,
} from './remote-messages.ts';

export interface RemoteDevice {
  driver: DeviceDriver;
  frames: FramePort;
  /** Where to connect to reach a management address through this router: elsewhere only when management is in-band. */
  reach(host: string, port: number): Promise<{ host: string; port: number }>;
  /** Stops listening; open calls fail. The channel itself stays open. */
  close(): void;
}

interface OpenCall {
  resolve(result: unknown): void;
  reject(error: Error): void;
  onProgress?: CallOptions['onProgress'];
}

const codes: readonly ErrorCode[] = [
  'bad-input',
  'not-found',
  'overloaded',
  'device-failure',
  'timeout',
  'cancelled',
];

const factsSchema = z.object({
  node: z.string(),
  system: z.string(),
  address: z.string(),
  locator: z.string(),
  sids: z.object({ end: z.string(), decapsulate: z.string() }),
  protocols: z.array(z.enum(routingProtocols)).exactOptional(),
});

const probeResultSchema = z.object({
  sent: z.int(),
  received: z.int(),
  receivedByLabel: z.array(z.int()).exactOptional(),
  packetTooBigMtuBytes: z.int().exactOptional(),
  rttMs: z
    .object({ min: z.number(), average: z.number(), max: z.number(), median: z.number(), p99: z.number() })
    .exactOptional(),
  hops: z.array(z.string().nullable()).exactOptional(),
});

const endpointSchema = z.object({ host: z.string(), port: z.int() });

const jsonObjectSchema = z.record(z.string(), z.json());

/**
 * Connects to the router behind the IPC channel of this process. Throws ConferError `device-failure` when this process
 * was not started by a modelled lab.
 */
export async function connectDevice(channel: MessageChannelEnd = process): Promise<RemoteDevice> {
  if (channel.send === undefined || !channel.connected) {
    throw new ConferError(
      'device-failure',
      'The driver "modelled" works only in an agent that a modelled lab started: use driver linux, or `confer lab`.',
    );
  }
  const link = new DeviceLink(channel);
  const interfaces = z.array(z.string()).parse(await link.call({ method: 'interfaces' }));
  return {
    driver: driverOver(link),
    frames: framesOver(link, interfaces),
    reach: async (host, port) => endpointSchema.parse(await link.call({ method: 'reach', host, port })),
    close: () => link.close(),
  };
}

type Call = Request extends infer Each
  ? Each extends { id: number }
    ? Omit<Each, 'confer' | 'id'>
    : never
  : never;

class DeviceLink {
  readonly #channel: MessageChannelEnd;
  readonly #open = new Map<number, OpenCall>();
  #nextId = 1;
  #framesWaiting = 0;
  #receiveFrame: (interfaceName: string, frame: Uint8Array) => void = () => {};

  constructor(channel: MessageChannelEnd) {
    this.#channel = channel;
    channel.on('message', this.#onMessage);
    channel.on('disconnect', this.#onDisconnect);
  }

  /** Rejects with a ConferError, or with the signal's reason when aborted. */
  async call(request: Call, options?: CallOptions): Promise<unknown> {
    return (await this.callWithId(request, options)).result;
  }

  async callWithId(request: Call, options?: CallOptions): Promise<{ id: number; result: unknown }> {
    options?.signal.throwIfAborted();
    if (!this.#channel.connected) throw lostDevice();
    if (this.#open.size >= openCallsMax) {
      throw new ConferError(
        'overloaded',
        `The router has ${openCallsMax} open calls already: try again later.`,
      );
    }
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#open.set(id, { resolve, reject, onProgress: options?.onProgress });
    });
    post(this.#channel, { confer: 'device', id, ...request } as Request);
    if (options === undefined) return { id, result: await answer };
    const abort = () => post(this.#channel, { confer: 'device', method: 'abort', of: id });
    options.signal.addEventListener('abort', abort, { once: true });
    try {
      return { id, result: await orAborted(answer, options.signal) };
    } finally {
      options.signal.removeEventListener('abort', abort);
    }
  }

  sendFrame(interfaceName: string, frame: Uint8Array): void {
    if (this.#framesWaiting >= framesWaitingMax) return;
    this.#framesWaiting++;
    const bytes = Buffer.from(frame).toString('base64');
    post(this.#channel, { confer: 'frame', interface: interfaceName, bytes }, () => this.#framesWaiting--);
  }

  onFrame(handler: (interfaceName: string, frame: Uint8Array) => void): void {
    this.#receiveFrame = handler;
  }

  close(): void {
    this.#channel.off('message', this.#onMessage);
    this.#channel.off('disconnect', this.#onDisconnect);
    this.#onDisconnect();
  }

  /** Messages of others on the same channel are not ours to judge. */
  readonly #onMessage = (message: unknown): void => {
    const parsed = responseSchema.safeParse(message);
    if (!parsed.success) return;
    const response = parsed.data;
    if (response.confer === 'frame') {
      this.#receiveFrame(response.interface, Uint8Array.from(Buffer.from(response.bytes, 'base64')));
      return;
    }
    const call = this.#open.get(response.id);
    if (call === undefined) return;
    if ('progress' in response) {
      call.onProgress?.(response.progress);
      return;
    }
    this.#open.delete(response.id);
    if ('result' in response) call.resolve(response.result);
    else call.reject(errorOf(response.error));
  };

  readonly #onDisconnect = (): void => {
    for (const call of this.#open.values()) call.reject(lostDevice());
    this.#open.clear();
  };
}

function errorOf({ code, message }: { code: string; message: string }): ConferError {
  return new ConferError(codes.find((known) => known === code) ?? 'device-failure', message);
}

function lostDevice(): ConferError {
  return new ConferError(
    'device-failure',
    'The modelled router is gone: the lab that started this agent has ended.',
  );
}

function driverOver(link: DeviceLink): DeviceDriver {
  return {
    facts: async (): Promise<DeviceFacts> => factsSchema.parse(await link.call({ method: 'facts' })),
    read: async (path, signal) =>
      jsonObjectSchema.parse(await link.call({ method: 'read', path }, { signal })),
    run: async (probe, options): Promise<ProbeResult> => {
      const copy =
        probe.kind === 'srv6-ping'
          ? { ...probe, segments: [...probe.segments], flowLabels: [...probe.flowLabels] }
          : probe;
      return probeResultSchema.parse(await link.call({ method: 'run', probe: copy }, options));
    },
    apply: async (change): Promise<Undo> => {
      const { id } = await link.callWithId({
        method: 'apply',
        change: { ...change, flowLabels: [...change.flowLabels] },
      });
      let undone: Promise<void> | undefined;
      const undo = () => {
        undone ??= link.call({ method: 'undo', of: id }).then(
          () => {},
          (error) => {
            undone = undefined;
            throw error;
          },
        );
        return undone;
      };
      return { undo, [Symbol.asyncDispose]: undo };
    },
  };
}

function framesOver(link: DeviceLink, interfaces: readonly string[]): FramePort {
  return {
    interfaces: () => interfaces,
    send: (interfaceName, frame) => link.sendFrame(interfaceName, frame),
    onFrame: (handler) => link.onFrame(handler),
  };
}
