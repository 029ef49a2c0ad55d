/**
 * What a controller holds: verified reports, each once, and apart from them what it refused and why. Both are durable
 * before anybody hears of them.
 */
import type { JsonObject, JsonValue } from '../../crypto/canonical.ts';
import { IndexedReports } from '../agent/indexed-reports.ts';
import type { Store } from '../core/ports.ts';
import type { Report } from '../core/records.ts';

/** What is listed of a report that is held. */
export interface HeldReport extends JsonObject {
  device: string;
  id: string;
  /** ISO 8601, the device's clock. */
  created: string;
  verdict: string;
  hypothesis: string;
  /** ISO 8601, the controller's clock. */
  received: string;
}

/** What is listed of a report that was refused. */
export interface RefusedReport extends JsonObject {
  device: string;
  id: string;
  reason: string;
  /** ISO 8601, the controller's clock. */
  received: string;
  /** ISO 8601: since then the device may drop it, by the word of a person; null before that. */
  released: string | null;
}

export class Archive {
  readonly #held: IndexedReports<HeldReport>;
  readonly #refused: IndexedReports<RefusedReport>;
  #opening: Promise<void> | undefined;

  /** writer: absent for whoever only looks at the store of another process. */
  constructor(store: Pick<Store, 'get' | 'keys'>, writer?: Pick<Store, 'put' | 'remove'>) {
    const written = writer === undefined ? {} : { writer };
    this.#held = new IndexedReports(store, { table: 'held-reports', describe: describeHeld, ...written });
    this.#refused = new IndexedReports(store, {
      table: 'refused-reports',
      describe: describeRefused,
      ...written,
    });
  }

  /** Everything below needs it to have resolved. Idempotent. */
  open(): Promise<void> {
    this.#opening ??= Promise.all([this.#held.open(), this.#refused.open()]).then(() => {});
    return this.#opening;
  }

  holds(device: string, id: string): boolean {
    return this.#held.note(keyOf(device, id)) !== undefined;
  }

  /** Resolves once durable. A report that was refused before is so no more. */
  async hold(held: HeldReport, report: Report): Promise<void> {
    const key = keyOf(held.device, held.id);
    await this.#held.put(key, report as unknown as JsonObject, held);
    if (this.#refused.note(key) !== undefined) await this.#refused.remove(key);
  }

  refusal(device: string, id: string): RefusedReport | undefined {
    return this.#refused.note(keyOf(device, id));
  }

  /** Keeps what was refused as it came. Resolves once durable. */
  async refuse(refused: RefusedReport, body: JsonValue): Promise<void> {
    await this.#refused.put(keyOf(refused.device, refused.id), { refused, body }, refused);
  }

  /** Resolves once durable: only then may the device hear that it need not keep the report. */
  async release(refused: RefusedReport, at: string): Promise<void> {
    await this.#refused.annotate(keyOf(refused.device, refused.id), { ...refused, released: at });
  }

  /** In the order in which they came. */
  held(): HeldReport[] {
    return [...this.#held.entries()].map(([, note]) => note);
  }

  refused(device?: string): RefusedReport[] {
    const all = [...this.#refused.entries()].map(([, note]) => note);
    return device === undefined ? all : all.filter((one) => one.device === device);
  }

  async report(device: string, id: string): Promise<Report | undefined> {
    return (await this.#held.report(keyOf(device, id))) as unknown as Report | undefined;
  }

  /** What was refused, as it came. */
  async refusedBody(device: string, id: string): Promise<JsonValue | undefined> {
    return (await this.#refused.report(keyOf(device, id)))?.body;
  }
}

/** A device's name may hold a slash. */
function keyOf(device: string, id: string): string {
  return `${encodeURIComponent(device)}/${id}`;
}

/** Only after a crash between the two writes: when it came is then not known better than when it was made. */
function describeHeld(key: string, report: JsonObject): HeldReport {
  return {
    device: String(report.creator),
    id: key.slice(key.indexOf('/') + 1),
    created: String(report.created),
    verdict: String(report.verdict),
    hypothesis: String(report.hypothesis),
    received: String(report.created),
  };
}

function describeRefused(_key: string, kept: JsonObject): RefusedReport {
  return kept.refused as RefusedReport;
}
