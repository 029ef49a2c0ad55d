import { EventEmitter } from 'node:events';
import type { MessageChannelEnd } from '../../src/sim/remote-messages.ts';

/** Both ends of an IPC channel, in one process: what is sent is copied as JSON and arrives later. */
export function ipcChannel(): [MessageChannelEnd, MessageChannelEnd] {
  const end = (own: EventEmitter, other: EventEmitter): MessageChannelEnd =>
    Object.assign(own, {
      connected: true,
      send(message: object, sent: (error: Error | null) => void) {
        const text = JSON.stringify(message);
        setImmediate(() => other.emit('message', JSON.parse(text)));
        sent(null);
        return true;
      },
    });
  const [one, other] = [new EventEmitter(), new EventEmitter()];
  return [end(one, other), end(other, one)];
}
