/** A modelled router whose agent runs in a process of its own: the lab's end (remote-device.ts is the other). */
import type { JsonValue } from '../../crypto/canonical.ts';
import type { FramePort } from '../../discovery/speaker.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import type { DeviceDriver, Undo } from '../core/ports.ts';
import {
  framesWaitingMax,
  type MessageChannelEnd,
  openCallsMax,
  post,
  type Request,
  type Response,
  requestSchema,
} from './remote-messages.ts';

export interface ServedDevice {
  driver: DeviceDriver;
  frames: FramePort;
  /** Where a management address is reached from this router. */
  reach(host: string, port: number): Promise<{ host: string; port: number }>;
}

/**
 * Answers the agent at the other end of the channel until that closes; then undoes what the agent left behind.
 * Returns what stops it before.
 */
export function serveDevice(channel: MessageChannelEnd, device: ServedDevice): () => Promise<void> {
  const running = new Map<number, AbortController>();
  const undos = new Map<number, Undo>();
  let framesWaiting = 0;
  let open = true;

  const onMessage = (message: unknown): void => {
    const parsed = requestSchema.safeParse(message);
    if (!parsed.success) {
      refuse(message);
      return;
    }
    const request = parsed.data;
    if (request.confer === 'frame') {
      device.frames.send(request.interface, Uint8Array.from(Buffer.from(request.bytes, 'base64')));
    } else if (request.method === 'abort') {
      running.get(request.of)?.abort(new ConferError('cancelled', 'The caller cancelled it.'));
    } else {
      void answer(request);
    }
  };

  /** A call of ours with wrong arguments is answered; whatever else travels on the channel is left alone. */
  const refuse = (message: unknown): void => {
    if (typeof message !== 'object' || message === null) return;
    const { confer, id } = message as { confer?: unknown; id?: unknown };
    if (confer !== 'device' || typeof id !== 'number') return;
    post(channel, {
      confer: 'device',
      id,
      error: { code: 'bad-input', message: 'The router refuses these arguments.' },
    });
  };

  const answer = async (request: Extract<Request, { id: number }>): Promise<void> => {
    const { id } = request;
    const controller = new AbortController();
    const respond = (response: Outcome) => post(channel, { confer: 'device', id, ...response } as Response);
    if (running.size >= openCallsMax) {
      respond({
        error: { code: 'overloaded', message: 'The router has too many open calls: try again later.' },
      });
      return;
    }
    running.set(id, controller);
    try {
      respond({ result: await perform(request, controller.signal) });
    } catch (error) {
      const code = error instanceof ConferError ? error.code : 'device-failure';
      respond({ error: { code, message: messageOf(error) } });
    } finally {
      running.delete(id);
    }
  };

  const perform = async (
    request: Extract<Request, { id: number }>,
    signal: AbortSignal,
  ): Promise<JsonValue> => {
    switch (request.method) {
      case 'facts':
        return { ...(await device.driver.facts()) };
      case 'interfaces':
        return [...device.frames.interfaces()];
      case 'reach':
        return { ...(await device.reach(request.host, request.port)) };
      case 'read':
        return device.driver.read(request.path, signal);
      case 'run': {
        const onProgress = (progress: { fraction: number; message?: string }) =>
          post(channel, { confer: 'device', id: request.id, progress });
        return { ...(await device.driver.run(request.probe, { signal, onProgress })) };
      }
      case 'apply': {
        const undo = await device.driver.apply(request.change);
        if (open) undos.set(request.id, undo);
        else await undo.undo();
        return null;
      }
      case 'undo': {
        await undos.get(request.of)?.undo();
        undos.delete(request.of);
        return null;
      }
    }
  };

  const stop = async (): Promise<void> => {
    open = false;
    channel.off('message', onMessage);
    channel.off('disconnect', onDisconnect);
    for (const controller of running.values())
      controller.abort(new ConferError('cancelled', 'The agent is gone.'));
    const left = [...undos.values()];
    undos.clear();
    await Promise.allSettled(left.map((undo) => undo.undo()));
  };
  const onDisconnect = (): void => void stop();

  device.frames.onFrame((interfaceName, frame) => {
    // The next agent of the router may listen already.
    if (!open || framesWaiting >= framesWaitingMax) return;
    framesWaiting++;
    const bytes = Buffer.from(frame).toString('base64');
    post(channel, { confer: 'frame', interface: interfaceName, bytes }, () => framesWaiting--);
  });
  channel.on('message', onMessage);
  channel.on('disconnect', onDisconnect);
  return stop;
}

type Outcome = { result: JsonValue } | { error: { code: string; message: string } };
