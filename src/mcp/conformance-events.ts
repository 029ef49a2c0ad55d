import type { EventId, EventStore, JSONRPCMessage, StreamId } from '@modelcontextprotocol/server';

/** Events that one session keeps; the oldest go first, and what is gone is not replayed. */
const eventsMax = 256;

interface Event {
  id: EventId;
  stream: StreamId;
  message: JSONRPCMessage;
}

/** The last events of one session, for a client that lost its stream (2025-11-25, Resumability and Redelivery). */
export class ReplayStore implements EventStore {
  readonly #events: Event[] = [];
  #stored = 0;

  async storeEvent(stream: StreamId, message: JSONRPCMessage): Promise<EventId> {
    this.#stored += 1;
    const id = String(this.#stored);
    this.#events.push({ id, stream, message });
    if (this.#events.length > eventsMax) this.#events.shift();
    return id;
  }

  async getStreamIdForEventId(id: EventId): Promise<StreamId | undefined> {
    return this.#events.find((event) => event.id === id)?.stream;
  }

  async replayEventsAfter(
    lastId: EventId,
    { send }: { send(id: EventId, message: JSONRPCMessage): Promise<void> },
  ): Promise<StreamId> {
    const start = this.#events.findIndex(({ id }) => id === lastId);
    const last = this.#events[start];
    if (!last) throw new Error(`Event ${lastId} is not kept any more; ask again.`);
    for (const { id, stream, message } of this.#events.slice(start + 1)) {
      // The event that only told the client where it stands holds no message.
      if (stream === last.stream && 'jsonrpc' in message) await send(id, message);
    }
    return last.stream;
  }
}
