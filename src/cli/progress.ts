/** How far a long run has got, on stderr: a line that changes for who watches, some lines for a file. */

/** How often it is told where nobody watches a line that changes. */
const toldShare = 0.1;

export class Progress {
  readonly #what: string;
  readonly #total: number;
  readonly #startedMs = performance.now();
  readonly #doneBefore: number;
  readonly #isWatched = process.stderr.isTTY === true;
  readonly #isTold: boolean;
  #told: number;
  #isOnLine = false;

  /** `what` is a plural noun. Fewer than `fewest` in all are not worth a word. */
  constructor(what: string, total: number, { done = 0, fewest = 2 } = {}) {
    this.#what = what;
    this.#total = total;
    this.#doneBefore = done;
    this.#told = done;
    this.#isTold = total >= fewest;
  }

  tell(done: number): void {
    if (!this.#isTold) return;
    if (!this.#isWatched && done < this.#total && done - this.#told < toldShare * this.#total) return;
    this.#told = done;
    const seconds = (performance.now() - this.#startedMs) / 1_000;
    const leftSeconds = (seconds / (done - this.#doneBefore)) * (this.#total - done);
    const line = `${done} of ${this.#total} ${this.#what}, ${seconds.toFixed(0)} s, about ${leftSeconds.toFixed(0)} s left`;
    process.stderr.write(this.#isWatched ? `\r${line}\u001b[K` : `${line}\n`);
    this.#isOnLine = this.#isWatched;
  }

  /** Leaves the line that changes, so that others can be written below it. */
  end(): void {
    if (this.#isOnLine) process.stderr.write('\n');
    this.#isOnLine = false;
  }
}
