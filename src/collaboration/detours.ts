/**
 * Which nodes of a session answer by way of another one, and the search for those that could carry.
 *
 *   lost(node) -> ask those that answer us, nearest to it first -> the first that reaches it carries
 *                 else those of the domain that nobody has asked yet
 *
 * Whoever carried in vain is not asked to carry for that node again. It stays what it is otherwise: nobody is accused of
 * what got lost on the way.
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import { orAborted } from '../core/abort.ts';
import { limits } from '../core/limits.ts';
import type { CallOptions, Clock, Peer } from '../core/ports.ts';
import { openDetour, type Requests } from './detour.ts';

export interface Detour {
  /** Who carries. */
  relay: string;
  /** The node behind it. */
  peer: Peer;
}

export interface DetourPorts {
  session: string;
  signal: AbortSignal;
  clock: Clock;
  requests: Requests;
  /** Who may carry for a node, the likeliest first: those that answer us already, and the others. */
  candidates(node: string): { known: string[]; strangers: string[] };
  /** Throws PeerError when the relay does not answer, or carries nothing for us. */
  open(relay: string): Promise<Peer>;
  /** Asks the tool `relay`. The result is verified, its content is not. */
  carry(relay: Peer, args: JsonObject, options: CallOptions): Promise<JsonObject>;
  /** Before the first question goes this way. */
  opened(node: string, peer: Peer): Promise<void>;
}

export class Detours {
  readonly #ports: DetourPorts;
  readonly #inForce = new Map<string, Detour>();
  readonly #searches = new Map<string, Promise<boolean>>();
  /** By node: who did not reach it, or brought nothing of it that holds. */
  readonly #failed = new Map<string, Set<string>>();

  constructor(ports: DetourPorts) {
    this.#ports = ports;
  }

  to(node: string): Detour | undefined {
    return this.#inForce.get(node);
  }

  /** Who carries what this very peer answers; undefined for a peer that we reach ourselves. */
  relayOf(peer: Peer): string | undefined {
    const detour = this.#inForce.get(peer.node);
    return detour?.peer === peer ? detour.relay : undefined;
  }

  /** Resolves when nobody looks for a way to the node any more. */
  async settled(node: string): Promise<void> {
    await this.#searches.get(node);
  }

  /** Whether there is a way around to the node now; looks for one, together with whoever does so already. */
  async find(node: string): Promise<boolean> {
    if (this.#inForce.has(node)) return true;
    const running = this.#searches.get(node);
    if (running !== undefined) return await running;
    const search = this.#search(node);
    this.#searches.set(node, search);
    try {
      return await search;
    } finally {
      this.#searches.delete(node);
    }
  }

  /** The detour brought nothing; false when it was left already. */
  leave(node: string, detour: Detour): boolean {
    if (this.#inForce.get(node) !== detour) return false;
    this.#inForce.delete(node);
    this.#failedFor(node).add(detour.relay);
    return true;
  }

  async #search(node: string): Promise<boolean> {
    const failed = this.#failedFor(node);
    for (const isLast of [false, true]) {
      // Again for the second time: who has failed meanwhile is asked for nothing.
      const { known, strangers } = this.#ports.candidates(node);
      const candidates = isLast ? [...known, ...strangers] : known;
      const fresh = candidates.filter((relay) => !this.#inForce.has(relay) && !failed.has(relay));
      const room = Math.max(0, Math.min(limits.relaysAskedMax, limits.relaysPerNodeMax - failed.size));
      const asked = fresh.slice(0, room).map((relay) => this.#open(node, relay, failed));
      const found = await Promise.any(asked).catch(() => undefined);
      if (found === undefined) continue;
      this.#inForce.set(node, found);
      return true;
    }
    return false;
  }

  async #open(node: string, relay: string, failed: Set<string>): Promise<Detour> {
    const { requests, session, clock, signal: parent } = this.#ports;
    try {
      using deadline = clock.deadline(2 * limits.sessionTimeoutMs, parent);
      const { signal } = deadline;
      const carrier = await this.#ports.open(relay);
      const carry = (args: JsonObject, options: CallOptions) => this.#ports.carry(carrier, args, options);
      const opening = openDetour(node, { node: relay, carry }, { requests, session, signal });
      const peer = await orAborted(opening, signal);
      await this.#ports.opened(node, peer);
      return { relay, peer };
    } catch (error) {
      failed.add(relay);
      throw error;
    }
  }

  #failedFor(node: string): Set<string> {
    const failed = this.#failed.get(node) ?? new Set();
    this.#failed.set(node, failed);
    return failed;
  }
}
