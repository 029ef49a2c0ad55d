/**
 * Verifies a report with the library, offline: the file and the trust anchor are all it takes.
 *
 *     node examples/verify-report.ts report.json ca.pem
 */
import { readFileSync } from 'node:fs';
import { type Report, verifyReport } from '../src/index.ts';

const [reportFile, anchorFile] = process.argv.slice(2);
if (reportFile === undefined || anchorFile === undefined) {
  console.error('usage: node examples/verify-report.ts report.json ca.pem');
  process.exit(2);
}

const bytes = readFileSync(reportFile);
const { ok, checks } = verifyReport(bytes, readFileSync(anchorFile, 'utf8'));
for (const { name, ok: holds, detail } of checks)
  console.log(`${holds ? 'ok    ' : 'BROKEN'} ${name}: ${detail}`);
if (!ok) process.exit(1);

// Only now is what it says worth reading.
const report = JSON.parse(bytes.toString('utf8')) as Report;
console.log(`${report.verdict}: ${report.summary}`);
