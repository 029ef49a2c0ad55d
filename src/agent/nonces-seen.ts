/**
 * The highest nonce that this agent has seen of every signer, over sessions and restarts: a signer whose answers go
 * back below it replays, or runs on an old copy of its store (threat 14).
 *
 *   first session begins    floor = highest seen: everything up to it is spent
 *   others run beside it    they share its window: answers that overtake each other are taken, each once
 *   last session ends       highest seen is durable, and the window is forgotten
 */
import { ReplayWindow } from '../../crypto/nonce.ts';
import type { SpentNonces } from '../collaboration/open-peers.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import type { Clock, Log, Store } from '../core/ports.ts';

const table = 'nonces-seen';
/** More than any domain has routers; the signers that were not heard for longest are forgotten. */
const signersMax = 1_024;

interface Signer {
  window: ReplayWindow;
  /** The highest nonce that is durable. */
  stored: number;
}

export class NoncesSeen implements SpentNonces {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Of the sessions that run, by thumbprint. */
  readonly #signers = new Map<string, Promise<Signer>>();
  #sessions = 0;

  constructor({ store, clock, log }: { store: Store; clock: Clock; log: Log }) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /** Every collaboration runs within one. Disposing it resolves once what was seen is durable. */
  session(): AsyncDisposable {
    this.#sessions += 1;
    return { [Symbol.asyncDispose]: () => this.#end() };
  }

  async windowOf(thumbprint: string): Promise<ReplayWindow> {
    const known = this.#signers.get(thumbprint) ?? this.#load(thumbprint);
    this.#signers.set(thumbprint, known);
    return (await known).window;
  }

  alarm(node: string, detail: string): void {
    this.#log.warn('alarm: nonces of a signer go back', { node, detail });
  }

  async #load(thumbprint: string): Promise<Signer> {
    const stored = Number((await this.#store.get(table, thumbprint))?.highest ?? 0);
    if (!Number.isSafeInteger(stored) || stored < 0)
      throw new ConferError(
        'storage-failure',
        `The store holds no nonce for ${thumbprint}; remove it there.`,
      );
    return { window: new ReplayWindow(stored), stored };
  }

  async #end(): Promise<void> {
    this.#sessions -= 1;
    const seen = [...this.#signers];
    if (this.#sessions === 0) this.#signers.clear();
    try {
      await Promise.all(seen.map(([thumbprint, signer]) => this.#keep(thumbprint, signer)));
      await this.#makeRoom();
    } catch (error) {
      // The session has its report, or an error of its own; a store that failed stops the agent by itself.
      this.#log.warn('nonces seen were not stored', { detail: messageOf(error) });
    }
  }

  async #keep(thumbprint: string, loading: Promise<Signer>): Promise<void> {
    const signer = await loading;
    const { highest } = signer.window;
    if (highest <= signer.stored) return;
    signer.stored = highest;
    await this.#store.put(table, thumbprint, { highest, at: this.#clock.now() });
  }

  async #makeRoom(): Promise<void> {
    const thumbprints = await this.#store.keys(table);
    if (thumbprints.length <= signersMax) return;
    const ages = await Promise.all(
      thumbprints.map(async (one) => ({ one, at: Number((await this.#store.get(table, one))?.at ?? 0) })),
    );
    const oldest = ages.sort((a, b) => a.at - b.at).slice(0, thumbprints.length - signersMax);
    await Promise.all(oldest.map(({ one }) => this.#store.remove(table, one)));
  }
}
