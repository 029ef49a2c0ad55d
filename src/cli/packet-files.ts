/**
 * The packet files of a report by the names that they get in pcap/: one for each node that sent one. Two nodes between
 * which nothing is lost may have captured the same bytes; the report carries those once.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileSha256 } from '../collaboration/capture.ts';
import type { Report } from '../core/records.ts';
import { reportSchema } from '../core/report-schema.ts';

export interface PacketFile {
  /** "PE-1.pcap"; a node's second is "PE-1-2.pcap". */
  name: string;
  bytes: Buffer;
}

export function packetFilesOf({ envelopes, evidence }: Pick<Report, 'envelopes' | 'evidence'>): PacketFile[] {
  const captures = new Map(evidence.map((base64) => [fileSha256(base64), base64]));
  const files = new Map<string, PacketFile>();
  const counts = new Map<string, number>();
  for (const { node, pcapSha256 = '' } of envelopes) {
    const base64 = captures.get(pcapSha256);
    if (base64 === undefined || files.has(`${node} ${pcapSha256}`)) continue;
    const count = (counts.get(node) ?? 0) + 1;
    counts.set(node, count);
    const name = `${encodeURIComponent(node)}${count === 1 ? '' : `-${count}`}.pcap`;
    files.set(`${node} ${pcapSha256}`, { name, bytes: Buffer.from(base64, 'base64') });
  }
  return [...files.values()];
}

/** Packet files of the report that was written to `directory` before; what anybody else put or changed there stays. */
export function removeEarlierPacketFiles(directory: string): void {
  for (const { name, bytes } of earlierPacketFiles(join(directory, 'report.json'))) {
    const file = join(directory, 'pcap', name);
    if (existsSync(file) && readFileSync(file).equals(bytes)) rmSync(file);
  }
}

function earlierPacketFiles(reportFile: string): PacketFile[] {
  if (!existsSync(reportFile)) return [];
  try {
    return packetFilesOf(reportSchema.parse(JSON.parse(readFileSync(reportFile, 'utf8'))) as Report);
  } catch {
    return []; // no report of ours
  }
}
