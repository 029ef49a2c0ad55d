/** The router as its agent has it: it answers no dead process, and takes back what that left behind. */
import type { DeviceDriver, Undo } from '../core/ports.ts';

export class GuardedDevice implements DeviceDriver {
  readonly #driver: DeviceDriver;
  readonly #undos = new Set<Undo>();
  #isAlive = true;

  constructor(driver: DeviceDriver) {
    this.#driver = driver;
  }

  facts: DeviceDriver['facts'] = () => this.whileAlive(() => this.#driver.facts());

  read: DeviceDriver['read'] = (path, signal) => this.whileAlive(() => this.#driver.read(path, signal));

  run: DeviceDriver['run'] = (probe, options) => this.whileAlive(() => this.#driver.run(probe, options));

  apply: DeviceDriver['apply'] = (change) =>
    this.whileAlive(async () => {
      const applied = await this.#driver.apply(change);
      this.#undos.add(applied);
      const undo = async () => {
        this.#undos.delete(applied);
        await applied.undo();
      };
      return { undo, [Symbol.asyncDispose]: undo };
    });

  die(): void {
    this.#isAlive = false;
  }

  async undoWhatIsLeft(): Promise<void> {
    for (const undo of this.#undos) await undo.undo();
  }

  /** What a dead process waits for never comes, and what it begins is not done. */
  async whileAlive<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#isAlive) return await new Promise(() => {});
    const result = await work();
    return this.#isAlive ? result : await new Promise(() => {});
  }
}
