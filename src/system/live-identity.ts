/**
 * The identity of an agent that runs: its revocation list is the newest that the identity directory has held since the
 * start, so that whoever is revoked is turned away without a restart.
 *
 *   revocations.pem --looked at every 5 s--> changed? --signed, higher number, good now--> in force: listener, open links
 *                                               |
 *                                               +- broken: the list before stays in force, and the log says why
 *
 * A restart begins with the list that is there, whatever its number, and with none where there is none: whoever may
 * write in this directory could as well put another authority there.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { revocationListHead } from '../../crypto/certificate.ts';
import { messageOf } from '../core/errors.ts';
import type { Clock, Log } from '../core/ports.ts';
import { loadRevocationList, revocationsFile } from './identity.ts';
import { type Identity, judgeAgain, peerOf } from './mtls-peer.ts';

/**
 * A look is one stat(2); the file is read when it is another one than at the look before, and at every look while it is
 * refused: it may be half written, or begin only later.
 */
export const lookEveryMs = 5_000;

export class LiveIdentity {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Connections that this agent opened; those that it accepted are the listener's. As many as there are peers. */
  readonly #dialled = new Set<Duplex>();
  #current: Identity;

  constructor(directory: string, identity: Identity, { clock, log }: { clock: Clock; log: Log }) {
    this.#directory = directory;
    this.#current = identity;
    this.#clock = clock;
    this.#log = log;
  }

  /** With the revocation list in force. */
  get current(): Identity {
    return this.#current;
  }

  /** Ends a connection that was dialled as soon as its peer is revoked. */
  guard(socket: Duplex): void {
    this.#dialled.add(socket);
    socket.once('close', () => this.#dialled.delete(socket));
    this.#cutUnlessAdmitted(socket); // it may have been dialled under the list before
  }

  /** Looks for new lists until the returned function is called; tells of each that comes into force. */
  follow(onTaken: (identity: Identity) => void): () => void {
    const ending = new AbortController();
    void this.#follow(onTaken, ending.signal);
    return () => ending.abort();
  }

  async #follow(onTaken: (identity: Identity) => void, signal: AbortSignal): Promise<void> {
    let seen = this.#current.revocationListPem === undefined ? nothing : undefined;
    let isRefused = false;
    let told: string | undefined;
    while (!signal.aborted) {
      const stamp = this.#stamp();
      const isNew = stamp !== seen;
      seen = stamp;
      if (isNew || isRefused) {
        const reason = this.#take(onTaken);
        isRefused = reason !== undefined;
        // At first sight it may be half written: it is read once more before anybody is told, and told once.
        if (reason !== undefined && !isNew && reason !== told)
          this.#log.warn('revocation list not taken: the one before stays in force', { reason });
        if (!isNew) told = reason;
      }
      await this.#clock.sleep(lookEveryMs, signal).catch(() => {});
    }
  }

  /** Why the list was not taken; undefined where it was, or is in force already. */
  #take(onTaken: (identity: Identity) => void): string | undefined {
    try {
      const { authorityPem, revocationListPem: before } = this.#current;
      const list = loadRevocationList(this.#directory, authorityPem);
      if (list === before) return undefined;
      const head = revocationListHead(list, authorityPem);
      const fault = this.#faultOf(head);
      if (fault !== undefined) return `${this.#file} ${fault}`;
      this.#current = { ...this.#current, revocationListPem: list };
      this.#log.info('revocation list taken', {
        number: String(head.number),
        from: head.thisUpdate.toISOString(),
        until: head.nextUpdate.toISOString(),
      });
      for (const socket of this.#dialled) this.#cutUnlessAdmitted(socket);
      onTaken(this.#current);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  #faultOf({ number, thisUpdate, nextUpdate }: ReturnType<typeof revocationListHead>): string | undefined {
    const { authorityPem, revocationListPem } = this.#current;
    const now = this.#clock.now();
    if (nextUpdate.getTime() <= now) return `ended at ${nextUpdate.toISOString()}`;
    if (thisUpdate.getTime() > now) return `begins only at ${thisUpdate.toISOString()}`;
    if (revocationListPem === undefined) return undefined;
    const { number: before } = revocationListHead(revocationListPem, authorityPem);
    if (number > before) return undefined;
    return number === before
      ? `has the number ${number} of the list in force, and other contents: its authority issued the number twice, from an old revocations.json`
      : `is older than the list in force (number ${number} after ${before}): it would make revoked certificates good again`;
  }

  #cutUnlessAdmitted(socket: Duplex): void {
    const verdict = judgeAgain(socket, this.#current);
    if (verdict.ok) return;
    this.#log.warn('connection cut', {
      peer: peerOf(socket)?.node ?? '',
      reason: verdict.reason,
      detail: verdict.detail,
    });
    socket.destroy();
  }

  get #file(): string {
    return join(this.#directory, revocationsFile);
  }

  /** Another one for another file, and for one that was written anew. */
  #stamp(): string {
    try {
      const { ino, size, mtimeNs, ctimeNs } = statSync(this.#file, { bigint: true });
      return [ino, size, mtimeNs, ctimeNs].join(' ');
    } catch {
      return nothing;
    }
  }
}

const nothing = 'no file';
