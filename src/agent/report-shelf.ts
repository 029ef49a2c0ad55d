/** Reports stay on the box, durable before anybody hears of them, until a controller fetches them (draft step 5). */
import type { JsonObject } from '../../crypto/canonical.ts';
import { reportUriPrefix } from '../collaboration/report.ts';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Store } from '../core/ports.ts';
import type { Report } from '../core/records.ts';

const table = 'reports';

export class ReportShelf {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Resolves once durable. Throws ConferError `overloaded` when the shelf is full: nothing is dropped silently. */
  async keep(report: Report): Promise<void> {
    if ((await this.#store.keys(table)).length >= limits.reportsMax)
      throw new ConferError(
        'overloaded',
        `${limits.reportsMax} reports wait to be fetched; fetch them first.`,
      );
    await this.#store.put(table, report.uri.slice(reportUriPrefix.length), report as unknown as JsonObject);
  }

  async get(id: string): Promise<JsonObject | undefined> {
    return await this.#store.get(table, id);
  }

  async list(): Promise<{ id: string; created: string; hypothesis: string }[]> {
    const ids = await this.#store.keys(table);
    const reports = await Promise.all(
      ids.map(async (id) => ({ id, report: await this.#store.get(table, id) })),
    );
    return reports.map(({ id, report }) => ({
      id,
      created: String(report?.created ?? ''),
      hypothesis: String(report?.hypothesis ?? ''),
    }));
  }
}
