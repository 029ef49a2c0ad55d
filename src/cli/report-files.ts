/** Reports as files: report.json in its one form, a page to look at, the trust anchor, the packet files. */
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportBytes } from '../collaboration/report.ts';
import { type Verification, verifyReport } from '../collaboration/verify.ts';
import { ConferError } from '../core/errors.ts';
import type { Report } from '../core/records.ts';
import { makeDirectory } from '../system/directories.ts';
import { whyNot } from '../system/system-errors.ts';
import { packetFilesOf, removeEarlierPacketFiles } from './packet-files.ts';
import { visibleLine } from './visible-text.ts';

/**
 * Creates `directory`, or replaces the report that it holds; returns the path of report.json. The page is loaded only here: nothing else needs Vega. `say`
 * gets a sentence when the page had to do without its plot.
 */
export async function writeReport(
  directory: string,
  report: Report,
  trustAnchorPem: string,
  say: (line: string) => void,
): Promise<string> {
  const packets = join(directory, 'pcap');
  makeDirectory(packets);
  removeEarlierPacketFiles(directory);
  const file = join(directory, 'report.json');
  const bytes = reportBytes(report);
  writeFileSync(file, bytes);
  writeFileSync(join(directory, 'ca.pem'), trustAnchorPem);
  for (const packetFile of packetFilesOf(report))
    writeFileSync(join(packets, packetFile.name), packetFile.bytes);
  const page = await pageOf(report, verifyReport(bytes, trustAnchorPem), say);
  writeFileSync(join(directory, 'report.html'), page);
  return file;
}

/** The report as one HTML page. */
export async function pageOf(
  report: Report,
  verification: Verification | undefined,
  say: (line: string) => void,
): Promise<string> {
  const { findLossPlotter, reportPage, vegaMissing } = await import('./report-page/page.ts');
  const plotter = await findLossPlotter();
  if (plotter === undefined) say(vegaMissing);
  return await reportPage(report, { verification, plotter });
}

/** Throws ConferError `bad-input` when a file cannot be read, or the trust anchor is none. */
export function verifyReportFile(file: string, trustFile: string): Verification {
  return verifyReport(readInput(file), readTrustAnchor(trustFile));
}

/** The certificate of an authority, PEM. Throws ConferError `bad-input`. */
export function readTrustAnchor(file: string): string {
  const anchor = readInput(file).toString('utf8');
  if (isAuthority(anchor)) return anchor;
  throw new ConferError(
    'bad-input',
    `${file} is no trust anchor; pass the certificate of an authority in PEM, such as the ca.pem beside the report.`,
  );
}

function isAuthority(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch {
    return false;
  }
}

/** Throws ConferError `bad-input` that names the file. */
export function readInput(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ConferError('bad-input', `${file} cannot be read: ${whyNot(error)}.`);
  }
}

export function printVerification({ ok, checks }: Verification, write: (line: string) => void): void {
  for (const check of checks)
    write(`  ${check.ok ? 'ok    ' : 'BROKEN'} ${check.name}: ${visibleLine(check.detail)}`);
  write(ok ? 'The report holds.' : 'The report does NOT hold.');
}
