/** The port through which a controller reaches its devices: links on real sockets, or the simulation's. */
import type { JsonValue } from '../../crypto/canonical.ts';
import type { ShelfStatus } from '../core/report-tools.ts';

/** What a device says that it keeps: a hint, nothing of it is believed. */
export interface ListedReport {
  id: string;
  /** Names of controllers. */
  acknowledgedBy: readonly string[];
}

export interface ReportPage {
  reports: ListedReport[];
  /** How full the shelf is; absent where the device does not say. */
  shelf?: ShelfStatus;
  /** Where the next page begins; absent on the last one. */
  nextCursor?: string;
}

/** What the device hears of a report that it pushed. */
export type Receipt = { stored: true } | { stored: false; reason: string };

/** An authenticated link to one device. Every method throws PeerError. */
export interface DeviceLink {
  list(cursor: string | undefined, signal: AbortSignal): Promise<ReportPage>;
  /** As it came: nothing of it is verified. */
  read(id: string, signal: AbortSignal): Promise<JsonValue>;
  /** Resolves once the device has it durably that these need not be kept for us. Idempotent. */
  acknowledge(ids: readonly string[], signal: AbortSignal): Promise<void>;
  /** Aborts when the link has ended, for whatever reason. */
  readonly ended: AbortSignal;
  close(): void;
}

export interface Devices {
  /**
   * Opens a link to a device by its name. From then on the device pushes new reports; `stored: true` is to be answered
   * only once the report is durable here. Throws PeerError.
   */
  open(
    device: string,
    options: { signal: AbortSignal; onPushed(report: JsonValue): Promise<Receipt> },
  ): Promise<DeviceLink>;
}
