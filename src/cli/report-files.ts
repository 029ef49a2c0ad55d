/** Reports as files: report.json in its one form, the trust anchor, the packet files. */
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileSha256 } from '../collaboration/capture.ts';
import { reportBytes } from '../collaboration/report.ts';
import { type Verification, verifyReport } from '../collaboration/verify.ts';
import { ConferError } from '../core/errors.ts';
import type { Report } from '../core/records.ts';
import { whyNot } from './complaints.ts';

/** Creates `directory`; returns the path of report.json. */
export function writeReport(directory: string, report: Report, trustAnchorPem: string): string {
  const packets = join(directory, 'pcap');
  mkdirSync(packets, { recursive: true });
  const file = join(directory, 'report.json');
  writeFileSync(file, reportBytes(report));
  writeFileSync(join(directory, 'ca.pem'), trustAnchorPem);
  for (const base64 of report.evidence) {
    const sha256 = fileSha256(base64);
    const sender = report.envelopes.find(({ pcapSha256 }) => pcapSha256 === sha256)?.node ?? sha256;
    writeFileSync(join(packets, `${encodeURIComponent(sender)}.pcap`), Buffer.from(base64, 'base64'));
  }
  return file;
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
  for (const check of checks) write(`  ${check.ok ? 'ok    ' : 'BROKEN'} ${check.name}: ${check.detail}`);
  write(ok ? 'The report holds.' : 'The report does NOT hold.');
}
