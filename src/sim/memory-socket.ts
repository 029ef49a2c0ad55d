/** A WebSocket between two simulated agents: both ends in memory, the way in between is the network's. */
import { EventEmitter } from 'node:events';
import type { LinkSocket } from '../mcp/peer-link.ts';

/** What carries an end's frames to the other end. */
export interface Way {
  frame(text: string): void;
  ping(): void;
  /** This end has closed. */
  end(): void;
}

export class MemorySocket extends EventEmitter implements LinkSocket {
  readonly OPEN = 1;
  readonly bufferedAmount = 0;
  readyState = 1;
  #way: Way | undefined;

  /** To be called once, before anything is sent. */
  connect(way: Way): void {
    this.#way = way;
  }

  send(data: string, sent: (error?: Error | null) => void): void {
    if (this.readyState !== this.OPEN) {
      sent(new Error('The connection is closed.'));
      return;
    }
    this.#way?.frame(data);
    sent();
  }

  ping(): void {
    if (this.readyState === this.OPEN) this.#way?.ping();
  }

  close(): void {
    if (this.readyState !== this.OPEN) return;
    this.readyState = 3;
    this.#way?.end();
    this.emit('close');
  }

  terminate(): void {
    this.close();
  }

  /** A frame of the other end arrives. */
  receive(text: string): void {
    if (this.readyState !== this.OPEN) return;
    this.emit('data');
    this.emit('message', Buffer.from(text), false);
  }

  /** A ping or pong of the other end arrives. */
  hear(): void {
    if (this.readyState === this.OPEN) this.emit('data');
  }

  /** The other end has closed, or the connection broke. */
  lose(): void {
    if (this.readyState !== this.OPEN) return;
    this.readyState = 3;
    this.emit('close');
  }
}
