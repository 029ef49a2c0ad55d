import type { Transport } from '@modelcontextprotocol/server';
import { bounds } from './bounds.ts';

/** What a JSON-RPC message may have, whatever it is. */
interface Traffic {
  method?: unknown;
  id?: unknown;
  params?: { requestId?: unknown } | null;
}

/** Which requests of the other side are not answered yet, from the messages that pass by. */
export class RunningRequests {
  readonly #ids = new Set<unknown>();

  get size(): number {
    return this.#ids.size;
  }

  /** What the other side sent: JSON that may be no message at all. */
  arrived(message: unknown): void {
    const { method, id, params } = (message ?? {}) as Traffic;
    // A request that is cancelled gets no answer.
    if (method === 'notifications/cancelled') this.#ids.delete(params?.requestId);
    else if (method !== undefined && isId(id) && this.#ids.size < bounds.callerRequestsMax) this.#ids.add(id);
  }

  /** What we send. */
  left(message: object): void {
    if (!('method' in message) && 'id' in message) this.#ids.delete(message.id);
  }

  /** Listens to a transport that is already connected to its server. */
  watch(transport: Transport, onAnswer: () => void): void {
    const { onmessage } = transport;
    const send = transport.send.bind(transport);
    transport.onmessage = (message, extra) => {
      this.arrived(message);
      onmessage?.(message, extra);
    };
    transport.send = (message, options) => {
      this.left(message);
      onAnswer();
      return send(message, options);
    };
  }
}

function isId(id: unknown): boolean {
  return typeof id === 'string' || typeof id === 'number';
}
