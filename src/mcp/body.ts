import type { IncomingMessage } from 'node:http';
import { limits } from '../core/limits.ts';
import type { Clock } from '../core/ports.ts';
import { bounds } from './bounds.ts';

/** A whole request body, or why there is none: the HTTP status and a sentence. */
export type Body = { ok: true; bytes: Buffer } | { ok: false; status: number; message: string };

/** Reads request bodies: each bounded in length and time, all together in memory. */
export class BodyReader {
  readonly #clock: Clock;
  readonly #totalBytesMax: number;
  #totalBytes = 0;

  constructor(clock: Clock, totalBytesMax: number) {
    this.#clock = clock;
    this.#totalBytesMax = totalBytesMax;
  }

  async read(request: IncomingMessage): Promise<Body> {
    const { messageBytesMax } = limits;
    const tooLong = refused(413, `The body is too long; send at most ${messageBytesMax} bytes.`);
    if (Number(request.headers['content-length'] ?? 0) > messageBytesMax) return tooLong;
    using deadline = this.#clock.deadline(bounds.bodyTimeoutMs);
    const cut = () => request.destroy();
    deadline.signal.addEventListener('abort', cut, { once: true });
    const chunks: Buffer[] = [];
    let length = 0;
    try {
      // Not destroyed on the way out: the refusal still has to be said on the same connection.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        length += chunk.byteLength;
        this.#totalBytes += chunk.byteLength;
        if (length > messageBytesMax) return tooLong;
        if (this.#totalBytes > this.#totalBytesMax) return refused(503, 'The agent is busy; try again.');
        chunks.push(chunk);
      }
      return { ok: true, bytes: Buffer.concat(chunks) };
    } catch {
      return refused(408, `The body did not arrive within ${bounds.bodyTimeoutMs} ms.`);
    } finally {
      deadline.signal.removeEventListener('abort', cut);
      this.#totalBytes -= length;
    }
  }
}

function refused(status: number, message: string): Body {
  return { ok: false, status, message };
}
