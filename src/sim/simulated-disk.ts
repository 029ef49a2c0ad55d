/**
 * A disk that takes its time and may lose power. The store above it keeps the promise of the Store port: what it
 * acknowledged survives. What was written and not yet acknowledged is the fault's to decide.
 *
 *   put -> pending -> (commit, all that is pending together) durable -> acknowledged, readable
 *             \-> crash: lost, kept, or torn
 *
 * Torn: the journal ends at any byte. Its records carry length and checksum, and recovery ends at the first that is not
 * whole, as a write-ahead log's does.
 */
import { crc32 } from 'node:zlib';
import type { JsonObject } from '../../crypto/canonical.ts';
import type { Store } from '../core/ports.ts';
import { StoreContents, type Write } from './store-contents.ts';

export const survivals = ['lose', 'keep', 'tear'] as const;
export type Survival = (typeof survivals)[number];

export interface DiskOptions {
  /** Calls back after `ms`, on the clock of the process that opens the store: a dead one hears of no commit. */
  after(ms: number, fire: () => void): unknown;
  /** How long the next commit takes, milliseconds. */
  commitMs(): number;
  /** Told of every write when it is issued. */
  onWrite?(write: Write): void;
  /** Told of every write when it is durable. */
  onCommit?(write: Write): void;
}

interface Pending {
  write: Write;
  acknowledge(): void;
}

export class SimulatedDisk {
  readonly #durable = new StoreContents();
  #pending: Pending[] = [];
  /** Counts openings: the store of a process that died neither writes nor answers any more. */
  #opened = 0;

  /** Writes that are not durable yet. */
  get pending(): number {
    return this.#pending.length;
  }

  /** What a log durably has. */
  records(log: string): JsonObject[] {
    const { from, end } = this.#durable.log(log);
    return Array.from(
      { length: end - from },
      (_, index) => this.#durable.record(log, from + index)?.record ?? {},
    );
  }

  /** The store of a process that starts now; whoever had it open before is cut off. */
  open(options: DiskOptions): Store {
    this.#pending = [];
    this.#opened += 1;
    return new OpenStore(this.#durable, this.#access(options, this.#opened));
  }

  /**
   * The process dies, and with it what the fault takes: `lose` all that was not durable, `keep` it all, or `tear` the
   * journal after a share `fraction` of its bytes. Returns how many writes were pending and how many survived.
   */
  crash(survival: Survival, fraction: number): { pending: number; survived: number } {
    const pending = this.#pending.map(({ write }) => write);
    const survivors =
      survival === 'keep' ? pending : survival === 'lose' ? [] : readJournal(torn(pending, fraction));
    for (const write of survivors) this.#durable.apply(write);
    this.#pending = [];
    this.#opened += 1;
    return { pending: pending.length, survived: survivors.length };
  }

  #access(options: DiskOptions, opened: number): Access {
    const isOpen = () => opened === this.#opened;
    return {
      isOpen,
      pending: () => this.#pending.map(({ write }) => write),
      /** Resolves once everything that is pending is durable; never, when the process dies before. */
      settled: () => {
        const last = this.#pending.at(-1);
        if (last === undefined) return Promise.resolve();
        const { acknowledge } = last;
        return new Promise((resolve) => {
          last.acknowledge = () => {
            acknowledge();
            resolve();
          };
        });
      },
      write: (write) => {
        if (!isOpen()) return never();
        if (this.#pending.length === 0)
          options.after(options.commitMs(), () => {
            if (isOpen()) this.#commit(options);
          });
        return new Promise((acknowledge) => {
          this.#pending.push({ write, acknowledge });
          options.onWrite?.(write);
        });
      },
      close: () => {
        this.#commit(options);
        this.#opened += 1;
      },
    };
  }

  #commit(options: DiskOptions): void {
    for (const { write, acknowledge } of this.#pending.splice(0)) {
      this.#durable.apply(write);
      options.onCommit?.(write);
      acknowledge();
    }
  }
}

interface Access {
  isOpen(): boolean;
  pending(): Write[];
  settled(): Promise<void>;
  write(write: Write): Promise<void>;
  close(): void;
}

/** A read ends the transaction, so that what it returns is durable, as the port promises. */
class OpenStore implements Store {
  readonly #contents: StoreContents;
  readonly #access: Access;

  constructor(contents: StoreContents, access: Access) {
    this.#contents = contents;
    this.#access = access;
  }

  async append(log: string, record: JsonObject): Promise<number> {
    const before = this.#access.pending().filter((write) => write.do === 'append' && write.log === log);
    const index = this.#contents.log(log).end + before.length;
    await this.#access.write({ do: 'append', log, text: JSON.stringify(record) });
    return index;
  }

  async *scan(log: string, from = 0): AsyncGenerator<{ index: number; record: JsonObject }> {
    const end = await this.#read(() => this.#contents.log(log).end);
    for (let index = Math.max(from, this.#contents.log(log).from); index < end; index += 1) {
      const record = await this.#read(() => this.#contents.record(log, index));
      if (record !== undefined) yield record;
    }
  }

  async last(log: string): Promise<{ index: number; record: JsonObject } | undefined> {
    return await this.#read(() => this.#contents.record(log, this.#contents.log(log).end - 1));
  }

  async trim(log: string, before: number): Promise<void> {
    await this.#access.write({ do: 'trim', log, before });
  }

  async get(table: string, key: string): Promise<JsonObject | undefined> {
    const text = await this.#read(() => this.#contents.table(table).get(key));
    return text === undefined ? undefined : (JSON.parse(text) as JsonObject);
  }

  async put(table: string, key: string, value: JsonObject): Promise<void> {
    await this.#access.write({ do: 'put', table, key, text: JSON.stringify(value) });
  }

  async keys(table: string): Promise<string[]> {
    return await this.#read(() => [...this.#contents.table(table).keys()].sort());
  }

  async remove(table: string, key: string): Promise<void> {
    await this.#access.write({ do: 'remove', table, key });
  }

  async close(): Promise<void> {
    if (this.#access.isOpen()) this.#access.close();
  }

  async #read<T>(read: () => T): Promise<T> {
    await this.#access.settled();
    return this.#access.isOpen() ? read() : await never();
  }
}

/** What a dead process waits for. */
function never(): Promise<never> {
  return new Promise(() => {});
}

const headerBytes = 8;

/** The journal of these writes, cut off after a share of its bytes. */
export function torn(writes: readonly Write[], fraction: number): Buffer {
  const journal = Buffer.concat(
    writes.map((write) => {
      const body = Buffer.from(JSON.stringify(write));
      const header = Buffer.alloc(headerBytes);
      header.writeUInt32BE(body.length, 0);
      header.writeUInt32BE(crc32(body), 4);
      return Buffer.concat([header, body]);
    }),
  );
  return journal.subarray(0, Math.floor(journal.length * fraction));
}

/** The whole records at the start of a journal. */
export function readJournal(journal: Buffer): Write[] {
  const writes: Write[] = [];
  for (let at = 0; at + headerBytes <= journal.length; ) {
    const length = journal.readUInt32BE(at);
    const body = journal.subarray(at + headerBytes, at + headerBytes + length);
    if (body.length < length || crc32(body) !== journal.readUInt32BE(at + 4)) break;
    writes.push(JSON.parse(body.toString('utf8')) as Write);
    at += headerBytes + length;
  }
  return writes;
}
