/**
 * One device, over an open link: everything that it keeps and we do not hold.
 *
 *   list -> for each: known? -> read -> intake (verify, durable) -> acknowledge
 *
 * What happened is in the tally at any time, so that a link that breaks in the middle loses no count.
 */
import type { JsonValue } from '../../crypto/canonical.ts';
import { orAborted } from '../core/abort.ts';
import { PeerError, type UntrustedReason } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { ShelfStatus } from '../core/report-tools.ts';
import type { Archive } from './archive.ts';
import { acknowledgeAtOnce, type ControllerBounds, reportsListedMax } from './bounds.ts';
import type { DeviceLink, ListedReport } from './devices.ts';
import type { Intake } from './intake.ts';

/** What one device had for us. */
export interface Tally {
  /** Reports that came and were not held before: verified + refused now. */
  new: number;
  verified: number;
  acknowledged: number;
  refused: RefusedNow[];
  shelf?: ShelfStatus;
}

export interface RefusedNow {
  id: string;
  reason: string;
  /** ISO 8601: refused in an earlier pull, and not fetched again. */
  since?: string;
  /** False: it was not kept apart, because too many of this device are already, or because it never came whole. */
  keptApart: boolean;
}

export interface CatchUpPorts {
  archive: Archive;
  intake: Intake;
  clock: Clock;
  /** What this controller is called in acknowledgements. */
  controller: string;
  bounds: ControllerBounds;
}

export interface CatchUpOptions {
  signal: AbortSignal;
  /** What to do with what was refused before: tell it again, fetch it again, or let the device drop it. */
  refusedBefore: 'tell' | 'retry' | 'release';
}

export function emptyTally(): Tally {
  return { new: 0, verified: 0, acknowledged: 0, refused: [] };
}

/** Throws PeerError where the device stops answering, and what the store throws. */
export async function catchUp(
  device: string,
  link: DeviceLink,
  tally: Tally,
  ports: CatchUpPorts,
  options: CatchUpOptions,
): Promise<void> {
  await new CatchUp(device, link, tally, ports, options).run();
}

/** These say something of one answer, not of the link: the next report may be good. */
const reasonsOfOneAnswer: readonly UntrustedReason[] = ['refused', 'malformed', 'bad-signature', 'replay'];

class CatchUp {
  readonly #device: string;
  readonly #link: DeviceLink;
  readonly #tally: Tally;
  readonly #ports: CatchUpPorts;
  readonly #options: CatchUpOptions;
  #held: string[] = [];

  constructor(device: string, link: DeviceLink, tally: Tally, ports: CatchUpPorts, options: CatchUpOptions) {
    this.#device = device;
    this.#link = link;
    this.#tally = tally;
    this.#ports = ports;
    this.#options = options;
  }

  async run(): Promise<void> {
    for (const listed of await this.#list()) {
      if (await this.#isHeld(listed)) this.#held.push(listed.id);
      if (this.#held.length >= acknowledgeAtOnce) await this.#acknowledge();
    }
    await this.#acknowledge();
  }

  /** The whole list first: fetching and acknowledging may move it. */
  async #list(): Promise<ListedReport[]> {
    const listed = new Map<string, ListedReport>();
    for (let cursor: string | undefined; ; ) {
      const page = await this.#call((signal) => this.#link.list(cursor, signal));
      for (const one of page.reports) listed.set(one.id, one);
      if (page.shelf !== undefined) this.#tally.shelf = page.shelf;
      if (listed.size > reportsListedMax)
        throw new PeerError('malformed', `${this.#device} lists more than ${reportsListedMax} reports.`);
      if (page.nextCursor === undefined) return [...listed.values()];
      if (page.reports.length === 0 && page.nextCursor === cursor)
        throw new PeerError('malformed', `The list of ${this.#device} does not end.`);
      cursor = page.nextCursor;
    }
  }

  /** Fetches it where we do not hold it. True when the device still has to hear that we do. */
  async #isHeld({ id, acknowledgedBy }: ListedReport): Promise<boolean> {
    const { archive, intake, controller } = this.#ports;
    if (archive.holds(this.#device, id)) return !acknowledgedBy.includes(controller);
    const before = archive.refusal(this.#device, id);
    if (before !== undefined && this.#options.refusedBefore !== 'retry') {
      if (before.released === null && this.#options.refusedBefore === 'release')
        await archive.release(before, new Date(this.#ports.clock.now()).toISOString());
      if (archive.refusal(this.#device, id)?.released != null) return !acknowledgedBy.includes(controller);
      this.#refuse({ id, reason: before.reason, since: before.received, keptApart: true });
      return false;
    }
    const body = await this.#read(id);
    if (body === undefined) return false;
    const taken = await intake.take(this.#device, id, body);
    if (taken.kind === 'known') return true;
    this.#tally.new += 1;
    if (taken.kind === 'new') this.#tally.verified += 1;
    else this.#refuse({ id, reason: taken.refused.reason, keptApart: taken.keptApart });
    return taken.kind === 'new';
  }

  async #read(id: string): Promise<JsonValue | undefined> {
    try {
      return await this.#call((signal) => this.#link.read(id, signal));
    } catch (error) {
      const isOne = error instanceof PeerError && reasonsOfOneAnswer.includes(error.reason);
      if (!isOne || this.#link.ended.aborted) throw error;
      this.#tally.new += 1;
      this.#refuse({ id, reason: `${error.reason}: ${error.message}`, keptApart: false });
      return undefined;
    }
  }

  #refuse(refused: RefusedNow): void {
    this.#tally.refused.push(refused);
    const now = this.#tally.refused.filter(({ since }) => since === undefined).length;
    if (now > this.#ports.bounds.refusedKeepMax)
      throw new PeerError(
        'refused',
        `${now} reports of ${this.#device} were refused; the rest was left there.`,
      );
  }

  async #acknowledge(): Promise<void> {
    const ids = this.#held;
    if (ids.length === 0) return;
    this.#held = [];
    await this.#call((signal) => this.#link.acknowledge(ids, signal));
    this.#tally.acknowledged += ids.length;
  }

  async #call<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    using deadline = this.#ports.clock.deadline(this.#ports.bounds.callTimeoutMs, this.#options.signal);
    return await orAborted(call(deadline.signal), deadline.signal);
  }
}
