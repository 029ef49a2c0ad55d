/**
 * The controller's side of reports (troubleshooting draft section 5.3.1 step 5): it opens a link to each device, takes
 * what the device keeps or pushes, and acknowledges what it holds durably.
 *
 *   pull    every device once, and an account of it
 *   watch   a link to each that stays: pushed reports at once, a catch-up after each reconnect and now and then
 */
import pLimit, { type LimitFunction } from 'p-limit';
import type { JsonValue } from '../../crypto/canonical.ts';
import { ConferError, messageOf, PeerError, type UntrustedReason } from '../core/errors.ts';
import type { Clock, Random, Store } from '../core/ports.ts';
import type { ShelfStatus } from '../core/report-tools.ts';
import { Archive, type HeldReport, type RefusedReport } from './archive.ts';
import type { ControllerBounds } from './bounds.ts';
import { type CatchUpOptions, catchUp, emptyTally, type Tally } from './catch-up.ts';
import type { DeviceLink, Devices, Receipt } from './devices.ts';
import { Intake, type Taken } from './intake.ts';

export interface ControllerSettings {
  /** What this controller's certificate calls it. */
  name: string;
  /** The authority whose reports are believed, PEM. */
  trustAnchorPem: string;
  devices: readonly string[];
  bounds: ControllerBounds;
}

export interface ControllerPorts {
  clock: Clock;
  random: Random;
  store: Store;
  devices: Devices;
}

/** Why a device gave nothing, or not everything. */
export interface Away {
  reason: UntrustedReason;
  detail: string;
}

/** A device's part of a pull. */
export interface DeviceAccount extends Tally {
  device: string;
  away?: Away;
}

export type WatchEvent =
  | { kind: 'connected'; device: string; tally: Tally }
  | { kind: 'arrived'; held: HeldReport }
  | { kind: 'refused'; refused: RefusedReport }
  | { kind: 'away'; device: string; away: Away; retryMs: number }
  /** The device announces what it will do when its shelf is full. */
  | { kind: 'shelf'; device: string; shelf: ShelfStatus };

export interface Controller {
  /** Never rejects for a device. Throws ConferError `storage-failure`, and the signal's reason. */
  pull(options: CatchUpOptions): Promise<DeviceAccount[]>;
  /** Until the signal aborts; then it resolves. Throws ConferError `storage-failure`. */
  watch(observe: (event: WatchEvent) => void, signal: AbortSignal): Promise<void>;
  /** Resolves when nothing is being stored any more: only then may the store be closed. */
  close(): Promise<void>;
}

export function createController(settings: ControllerSettings, ports: ControllerPorts): Controller {
  return new ReportController(settings, ports);
}

/** A device that was away this often in a row waits the longest time; a larger exponent would say nothing more. */
const doublingsMax = 30;

class ReportController implements Controller {
  readonly #settings: ControllerSettings;
  readonly #ports: ControllerPorts;
  readonly #archive: Archive;
  readonly #intake: Intake;
  readonly #limit: LimitFunction;
  /** Aborts when the store failed: from then on nothing may be acknowledged. */
  readonly #broken = new AbortController();
  #observe: (event: WatchEvent) => void = () => {};

  constructor(settings: ControllerSettings, ports: ControllerPorts) {
    const { bounds, trustAnchorPem } = settings;
    this.#settings = settings;
    this.#ports = ports;
    this.#archive = new Archive(ports.store, ports.store);
    this.#intake = new Intake({
      archive: this.#archive,
      clock: ports.clock,
      trustAnchorPem,
      refusedKeepMax: bounds.refusedKeepMax,
      observe: (taken) => this.#tellTaken(taken),
    });
    this.#limit = pLimit(bounds.devicesAtOnce);
  }

  async pull(options: CatchUpOptions): Promise<DeviceAccount[]> {
    await this.#archive.open();
    const signal = AbortSignal.any([options.signal, this.#broken.signal]);
    return await allOf(
      this.#settings.devices.map((device) =>
        this.#limit(() => this.#pullDevice(device, { ...options, signal })),
      ),
    );
  }

  async watch(observe: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
    await this.#archive.open();
    this.#observe = observe;
    const either = AbortSignal.any([signal, this.#broken.signal]);
    await allOf(this.#settings.devices.map((device) => this.#follow(device, either)));
    this.#broken.signal.throwIfAborted();
  }

  async close(): Promise<void> {
    await this.#intake.idle();
  }

  async #pullDevice(device: string, { signal, refusedBefore }: CatchUpOptions): Promise<DeviceAccount> {
    signal.throwIfAborted();
    const tally = emptyTally();
    try {
      using deadline = this.#ports.clock.deadline(this.#settings.bounds.deviceTimeoutMs, signal);
      const link = await this.#open(device, deadline.signal, tally);
      try {
        await catchUp(device, link, tally, this.#catchUpPorts(), { signal: deadline.signal, refusedBefore });
      } finally {
        link.close();
      }
      return { device, ...tally };
    } catch (error) {
      signal.throwIfAborted();
      return { device, ...tally, away: this.#awayOf(error) };
    }
  }

  /** One device of a watch, over all its links. Resolves when the signal aborts. */
  async #follow(device: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    let failures = 0;
    let told = '';
    while (!signal.aborted) {
      const startedAt = clock.elapsed();
      const away = await this.#stay(device, signal, () => {
        told = '';
      });
      if (signal.aborted) return;
      // A link that held for long was a good one; one that ends at once again and again was not.
      if (clock.elapsed() - startedAt > this.#settings.bounds.retryMaxMs) failures = 0;
      const retryMs = this.#backOff(failures);
      failures += 1;
      if (`${away.reason} ${away.detail}` !== told) this.#observe({ kind: 'away', device, away, retryMs });
      told = `${away.reason} ${away.detail}`;
      await clock.sleep(retryMs, signal).catch(() => {}); // aborted: the loop ends
    }
  }

  /** One link, until it ends: why it did. */
  async #stay(device: string, signal: AbortSignal, onConnected: () => void): Promise<Away> {
    const { bounds } = this.#settings;
    const { clock } = this.#ports;
    let link: DeviceLink | undefined;
    let announced = '';
    try {
      // Opening and catching up are bounded in number; links that only wait are not.
      const connected = await this.#limit(async () => {
        signal.throwIfAborted();
        using deadline = clock.deadline(bounds.deviceTimeoutMs, signal);
        link = await this.#open(device, deadline.signal, undefined);
        announced = await this.#sync(device, link, announced, deadline.signal, 'first');
        return link;
      });
      onConnected();
      const either = AbortSignal.any([signal, connected.ended]);
      for (;;) {
        await clock.sleep(bounds.syncIntervalMs, either);
        using deadline = clock.deadline(bounds.deviceTimeoutMs, signal);
        announced = await this.#sync(device, connected, announced, deadline.signal, 'again');
      }
    } catch (error) {
      if (link?.ended.aborted && !(error instanceof PeerError))
        return { reason: 'unreachable', detail: `The link to ${device} ended.` };
      return signal.aborted ? { reason: 'unreachable', detail: messageOf(error) } : this.#awayOf(error);
    } finally {
      link?.close();
    }
  }

  /** Returns the announcement of the device's shelf; tells it where it is another than before. */
  async #sync(
    device: string,
    link: DeviceLink,
    announced: string,
    signal: AbortSignal,
    which: 'first' | 'again',
  ): Promise<string> {
    const tally = emptyTally();
    await catchUp(device, link, tally, this.#catchUpPorts(), { signal, refusedBefore: 'tell' });
    if (which === 'first') this.#observe({ kind: 'connected', device, tally });
    const { shelf } = tally;
    if (shelf !== undefined && shelf.state !== 'room' && shelf.state !== announced)
      this.#observe({ kind: 'shelf', device, shelf });
    return shelf?.state ?? announced;
  }

  /** What the device pushes meanwhile counts in the tally, where there is one. */
  #open(device: string, signal: AbortSignal, tally: Tally | undefined): Promise<DeviceLink> {
    const onPushed = (report: JsonValue) => this.#take(device, report, tally);
    return this.#ports.devices.open(device, { signal, onPushed });
  }

  async #take(device: string, report: JsonValue, tally: Tally | undefined): Promise<Receipt> {
    this.#broken.signal.throwIfAborted();
    try {
      const taken = await this.#intake.take(device, undefined, report);
      if (tally !== undefined && taken.kind !== 'known') tally.new += 1;
      if (tally !== undefined && taken.kind === 'new') tally.verified += 1;
      if (taken.kind !== 'refused') return { stored: true };
      const { id, reason } = taken.refused;
      tally?.refused.push({ id, reason, keptApart: taken.keptApart });
      return { stored: false, reason };
    } catch (error) {
      this.#broken.abort(error);
      throw error;
    }
  }

  #tellTaken(taken: Taken): void {
    if (taken.kind === 'new') this.#observe({ kind: 'arrived', held: taken.held });
    if (taken.kind === 'refused') this.#observe({ kind: 'refused', refused: taken.refused });
  }

  #catchUpPorts() {
    const { name: controller, bounds } = this.#settings;
    return { archive: this.#archive, intake: this.#intake, clock: this.#ports.clock, controller, bounds };
  }

  /** Doubles from retryMinMs to retryMaxMs; the half of it is drawn, so that devices do not come back all at once. */
  #backOff(failures: number): number {
    const { retryMinMs, retryMaxMs } = this.#settings.bounds;
    const wholeMs = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(failures, doublingsMax));
    return Math.round(wholeMs * (0.5 + this.#ports.random.fraction() / 2));
  }

  /** Throws what is not the device's doing: it ends the whole pull or watch. */
  #awayOf(error: unknown): Away {
    if (error instanceof PeerError) return { reason: error.reason, detail: error.message };
    if (error instanceof ConferError && error.code === 'timeout')
      return { reason: 'timeout', detail: error.message };
    this.#broken.abort(error);
    throw error;
  }
}

/** Like Promise.all, but nothing goes on behind the back of whoever hears of a failure. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}
