/**
 * Reports stay on the box, durable before anybody hears of them, until a controller has acknowledged that it holds them
 * durably (troubleshooting draft section 5.3.1 step 5).
 *
 *   reserve -> measure -> keep -> pushed or fetched -> acknowledge -> dropped, oldest first, when room is needed
 *
 * What no controller acknowledged is never dropped: when nothing else is left, `reserve` refuses the next intent before
 * it measures. Either end is announced at `warnAtPercent`, in the log and in what `status` tells.
 */
import type { JsonObject } from '../../crypto/canonical.ts';
import { reportUriPrefix } from '../collaboration/report.ts';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Log, Store } from '../core/ports.ts';
import type { Report } from '../core/records.ts';
import { type ReportNote, type ShelfState, type ShelfStatus, shelfStates } from '../core/report-tools.ts';
import { IndexedReports } from './indexed-reports.ts';

export interface ReportBounds {
  /** Reports on the shelf, acknowledged or not. */
  keepMax: number;
  /** Share of keepMax from which on the shelf announces what will happen when it is full, percent. */
  warnAtPercent: number;
}

export const reportBoundsUsual: ReportBounds = { keepMax: limits.reportsMax, warnAtPercent: 80 };

/** Of the operator's text, in a note. */
const intentCharactersMax = 200;

/** Names of controllers that are remembered with one report. */
const acknowledgersMax = limits.controllersMax;

export class ReportShelf {
  readonly #bounds: ReportBounds;
  readonly #log: Log;
  readonly #reports: IndexedReports<ReportNote>;
  #unacknowledged = 0;
  /** Places promised to intents that run. */
  #reserved = 0;
  #announced: ShelfState = 'room';
  #opening: Promise<void> | undefined;
  /** The last change: they happen one after the other, so that no place is given away twice. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(ports: { store: Store; log: Log }, bounds: ReportBounds) {
    this.#bounds = bounds;
    this.#log = ports.log;
    this.#reports = new IndexedReports(ports.store, {
      table: 'reports',
      describe: (_id, report) => noteOf(report),
      writer: ports.store,
    });
  }

  /**
   * A place for the report of an intent that is about to run, until disposed. Throws ConferError `overloaded` when
   * every place holds, or is promised to, a report that no controller has acknowledged.
   */
  async reserve(): Promise<Disposable> {
    await this.#open();
    if (this.#unacknowledged + this.#reserved >= this.#bounds.keepMax) throw this.#full();
    this.#reserved += 1;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#reserved -= 1;
        isHeld = false;
      },
    };
  }

  /** Resolves once durable. Throws ConferError `overloaded` where nobody reserved and there is no place. */
  async keep(report: Report): Promise<void> {
    await this.#open();
    await this.#change(async () => {
      const id = report.uri.slice(reportUriPrefix.length);
      const data = report as unknown as JsonObject;
      await this.#makeRoom();
      await this.#reports.put(id, data, noteOf(data));
      this.#unacknowledged += 1;
      this.#announce();
    });
  }

  async get(id: string): Promise<JsonObject | undefined> {
    return await this.#reports.report(id);
  }

  /** Oldest first; loads no report. */
  async list(): Promise<({ id: string } & ReportNote)[]> {
    await this.#open();
    return [...this.#reports.entries()].map(([id, note]) => ({ id, ...note }));
  }

  /** Marks reports as held durably by this controller; resolves once that is durable here. Idempotent. */
  async acknowledge(
    ids: readonly string[],
    controller: string,
  ): Promise<{ acknowledged: string[]; unknown: string[] }> {
    await this.#open();
    return await this.#change(async () => {
      const acknowledged = [...new Set(ids)].filter((id) => this.#reports.note(id) !== undefined);
      await Promise.all(acknowledged.map((id) => this.#mark(id, controller)));
      this.#announce();
      return { acknowledged, unknown: ids.filter((id) => !acknowledged.includes(id)) };
    });
  }

  async status(): Promise<ShelfStatus> {
    await this.#open();
    const { keepMax, warnAtPercent } = this.#bounds;
    const state = this.#state();
    return {
      kept: this.#reports.size,
      unacknowledged: this.#unacknowledged,
      'keep-max': keepMax,
      'warn-at-percent': warnAtPercent,
      state,
      announcement: this.#sentence(state),
    };
  }

  #open(): Promise<void> {
    this.#opening ??= this.#reports.open().then(() => {
      const notes = [...this.#reports.entries()].map(([, note]) => note);
      this.#unacknowledged = notes.filter((note) => !isAcknowledged(note)).length;
      this.#announce();
    });
    return this.#opening;
  }

  async #change<T>(change: () => Promise<T>): Promise<T> {
    const mine = this.#changing.then(change);
    this.#changing = mine.catch(() => {}); // whoever asked for it hears of it
    return await mine;
  }

  async #mark(id: string, controller: string): Promise<void> {
    const note = this.#reports.note(id);
    if (note === undefined || note['acknowledged-by'].includes(controller)) return;
    const wasAcknowledged = isAcknowledged(note);
    const names = [...note['acknowledged-by'], controller].slice(-acknowledgersMax);
    await this.#reports.annotate(id, { ...note, 'acknowledged-by': names });
    if (!wasAcknowledged) this.#unacknowledged -= 1;
  }

  /** Drops acknowledged reports, oldest first, until there is a place. */
  async #makeRoom(): Promise<void> {
    while (this.#reports.size >= this.#bounds.keepMax) {
      const oldest = [...this.#reports.entries()].find(([, note]) => isAcknowledged(note));
      if (oldest === undefined) throw this.#full();
      const [id, note] = oldest;
      await this.#reports.remove(id);
      this.#log.info('report dropped', { id, created: note.created, heldBy: note['acknowledged-by'] });
    }
  }

  #state(): ShelfState {
    const { keepMax, warnAtPercent } = this.#bounds;
    const warnAt = (keepMax * warnAtPercent) / 100;
    if (this.#unacknowledged >= keepMax) return 'refusing';
    if (this.#unacknowledged >= warnAt) return 'nearly-refusing';
    if (this.#reports.size >= keepMax) return 'dropping';
    return this.#reports.size >= warnAt ? 'nearly-dropping' : 'room';
  }

  /** To the log, once each time that it becomes more serious. */
  #announce(): void {
    const state = this.#state();
    const isWorse = shelfStates.indexOf(state) > shelfStates.indexOf(this.#announced);
    this.#announced = state;
    if (!isWorse) return;
    const counts = { kept: this.#reports.size, unacknowledged: this.#unacknowledged };
    this.#log.warn('report shelf', { state, ...counts, announcement: this.#sentence(state) });
  }

  #sentence(state: ShelfState): string {
    const { keepMax } = this.#bounds;
    const counts = `${this.#reports.size} of ${keepMax} reports kept, ${this.#unacknowledged} not acknowledged by a controller`;
    switch (state) {
      case 'room':
        return `${counts}.`;
      case 'nearly-dropping':
        return `${counts}: when the shelf is full, acknowledged reports are dropped, oldest first.`;
      case 'dropping':
        return `${counts}: each new report drops the oldest acknowledged one.`;
      case 'nearly-refusing':
        return `${counts}: when ${keepMax} wait, new intents are refused; let a controller pull, or raise reports.keepMax.`;
      case 'refusing':
        return `${counts}: new intents are refused until a controller pulls, or reports.keepMax is raised.`;
    }
  }

  #full(): ConferError {
    const waiting = this.#unacknowledged;
    const promised = this.#reserved > 0 ? ` and ${this.#reserved} more are being made` : '';
    return new ConferError(
      'overloaded',
      `The report shelf is full: ${waiting} reports wait for a controller${promised}, reports.keepMax is ${this.#bounds.keepMax}; nothing was measured. Let a controller pull, or raise the bound.`,
    );
  }
}

function isAcknowledged(note: ReportNote): boolean {
  return note['acknowledged-by'].length > 0;
}

function noteOf(report: JsonObject): ReportNote {
  return {
    created: String(report.created ?? ''),
    hypothesis: String(report.hypothesis ?? ''),
    verdict: String(report.verdict ?? ''),
    ...(typeof report.intentText === 'string' && {
      intent: report.intentText.slice(0, intentCharactersMax).toWellFormed(),
    }),
    'acknowledged-by': [],
  };
}
