/** What a controller did, for people. Whatever a device wrote is made printable first. */
import type { HeldReport, RefusedReport } from '../controller/archive.ts';
import type { RefusedNow } from '../controller/catch-up.ts';
import type { DeviceAccount, WatchEvent } from '../controller/controller.ts';
import { visibleLine } from './visible-text.ts';

/** A device's words are cut here: a table stays one. */
const wordsMax = 300;

/** The table of a pull, what was refused and why, who was away and why, and what devices announce. */
export function describePull(accounts: readonly DeviceAccount[]): string {
  const rows = accounts.map((one) => [
    one.device,
    String(one.new),
    String(one.verified),
    String(one.refused.length),
    one.away === undefined ? '' : one.away.reason,
  ]);
  return [
    ...table(['device', 'new', 'verified', 'refused', 'away'], rows),
    ...accounts.flatMap((one) => one.refused.map((refused) => describeRefused(one.device, refused))),
    ...accounts.flatMap(({ device, away }) =>
      away === undefined ? [] : [`away: ${device}: ${printable(away.detail)}`],
    ),
    ...accounts.flatMap(({ device, shelf }) =>
      shelf === undefined || shelf.state === 'room'
        ? []
        : [`shelf: ${device}: ${printable(shelf.announcement)}`],
    ),
    summary(accounts),
  ].join('\n');
}

/** One line of a watch; `at` is ISO 8601. */
export function describeEvent(event: WatchEvent, at: string): string {
  switch (event.kind) {
    case 'connected': {
      const { tally } = event;
      const refused = tally.refused.length > 0 ? `, ${tally.refused.length} refused` : '';
      return `${at}  ${event.device}  connected; ${count(tally.verified, 'report')} caught up${refused}`;
    }
    case 'arrived': {
      const { device, id, verdict, hypothesis } = event.held;
      return `${at}  ${device}  report ${id}  ${verdict}: ${printable(hypothesis)}`;
    }
    case 'refused': {
      const { device, id, reason } = event.refused;
      return `${at}  ${device}  REFUSED ${id}: ${printable(reason)}`;
    }
    case 'away': {
      const seconds = Math.max(1, Math.round(event.retryMs / 1_000));
      return `${at}  ${event.device}  away (${event.away.reason}): ${printable(event.away.detail)} Trying again in ${seconds} s.`;
    }
    case 'shelf':
      return `${at}  ${event.device}  shelf: ${printable(event.shelf.announcement)}`;
  }
}

export function describeHeld(reports: readonly HeldReport[]): string {
  const rows = reports.map((one) => [
    one.id,
    one.device,
    one.created,
    one.verdict,
    printable(one.hypothesis),
  ]);
  return table(['report', 'device', 'created', 'verdict', 'hypothesis'], rows).join('\n');
}

export function describeRefusals(reports: readonly RefusedReport[]): string {
  const rows = reports.map((one) => [
    one.id,
    one.device,
    one.received,
    one.released === null ? 'no' : 'yes',
    printable(one.reason),
  ]);
  return table(['report', 'device', 'received', 'released', 'refused because of'], rows).join('\n');
}

function describeRefused(device: string, { id, reason, since, keptApart }: RefusedNow): string {
  const before = since === undefined ? '' : ` (since ${since}; not fetched again without --retry-refused)`;
  const place = keptApart ? '' : ' (not kept)';
  return `refused: ${device} ${id}: ${printable(reason)}${before}${place}`;
}

function summary(accounts: readonly DeviceAccount[]): string {
  const sum = (of: (one: DeviceAccount) => number) => accounts.reduce((total, one) => total + of(one), 0);
  const away = sum(({ away }) => (away === undefined ? 0 : 1));
  const verified = count(
    sum((one) => one.verified),
    'report',
  );
  const refused = sum((one) => one.refused.length);
  return `${verified} stored and acknowledged, ${refused} refused, ${away} of ${count(accounts.length, 'device')} away.`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function table(head: string[], rows: string[][]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Fingerprints, keys and serial numbers in hex, with or without colons. */
const longHex = /(?:[0-9A-Fa-f]{2}:){15,}[0-9A-Fa-f]{2}|\b[0-9A-Fa-f]{32,}\b/g;

/**
 * Terminals obey control characters, and whoever is refused must not write to one. Of a fingerprint the ends are enough to
 * know it by, and what comes behind it is worth more; `--json` has it all.
 */
function printable(text: string): string {
  const line = visibleLine(text).replaceAll(longHex, (hex) => `${hex.slice(0, 11)}…${hex.slice(-5)}`);
  return line.length > wordsMax ? `${line.slice(0, wordsMax)}…` : line;
}
