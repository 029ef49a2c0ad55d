/** Reports as files: what `--out` leaves in a directory, and what it leaves alone. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { packetFilesOf } from '../../../src/cli/packet-files.ts';
import { writeReport } from '../../../src/cli/report-files.ts';
import { fileSha256 } from '../../../src/collaboration/capture.ts';
import type { Report } from '../../../src/core/records.ts';
import { Domain } from '../../support/domain.ts';
import { shipped } from '../sim/world.ts';

const place = mkdtempSync(join(tmpdir(), 'confer-report-files-'));
after(() => rmSync(place, { recursive: true }));

let report: Report;
let other: Report;
let anchor: string;

before(async () => {
  const topology = shipped('pe1-p2-pe3');
  await using domain = await Domain.start(topology, { seed: 1 });
  report = await domain.ask('PE-1', 'loss from PE-1 to PE-3 via P-2');
  other = await domain.ask('PE-1', 'loss from PE-1 to P-2');
  anchor = domain.trustAnchorPem;
});

describe('--out', () => {
  it('into a directory that holds another report replaces exactly what was written there before', async () => {
    const directory = join(place, 'twice');
    await writeReport(directory, report, anchor, () => {});
    assert.ok(existsSync(join(directory, 'pcap/PE-3.pcap')));
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    writeFileSync(join(directory, 'pcap/mine.pcap'), 'mine');
    writeFileSync(join(directory, 'pcap/PE-1.pcap'), 'changed by somebody');

    await writeReport(directory, other, anchor, () => {});
    const names = packetFilesOf(other).map(({ name }) => name);
    assert.deepEqual(names.sort(), ['P-2.pcap', 'PE-1.pcap']);
    assert.deepEqual(readdirSync(join(directory, 'pcap')).sort(), [...names, 'mine.pcap'].sort());
    assert.deepEqual(readdirSync(directory).sort(), [
      'ca.pem',
      'notes.txt',
      'pcap',
      'report.html',
      'report.json',
    ]);
    assert.equal(readFileSync(join(directory, 'notes.txt'), 'utf8'), 'mine');
  });

  it('and what is called report.json there but is none deletes nothing', async () => {
    const directory = join(place, 'foreign');
    await writeReport(directory, report, anchor, () => {});
    writeFileSync(join(directory, 'report.json'), '{"evidence": ["AAAA"], "envelopes": []}');
    await writeReport(directory, other, anchor, () => {});
    assert.ok(existsSync(join(directory, 'pcap/PE-3.pcap')));
  });
});

describe('packet files', () => {
  it('of two nodes that captured the same bytes are two', () => {
    const [first, second] = report.envelopes.filter(({ pcapSha256 }) => pcapSha256 !== undefined);
    assert.ok(first?.pcapSha256 !== undefined && second !== undefined);
    const evidence = report.evidence.filter((base64) => fileSha256(base64) === first.pcapSha256);
    const twins = [first, { ...second, pcapSha256: first.pcapSha256 }];
    const files = packetFilesOf({ envelopes: twins, evidence });
    assert.deepEqual(
      files.map(({ name }) => name),
      [`${first.node}.pcap`, `${second.node}.pcap`],
    );
    assert.deepEqual(files[0]?.bytes, files[1]?.bytes);
  });

  it('of one node have names of their own', () => {
    const evidence = ['AAAA', 'BBBB'];
    const envelopes = evidence.map((base64) => ({
      ...(report.envelopes[0] as Report['envelopes'][number]),
      node: 'A/b',
      pcapSha256: fileSha256(base64),
    }));
    assert.deepEqual(
      packetFilesOf({ envelopes, evidence }).map(({ name }) => name),
      ['A%2Fb.pcap', 'A%2Fb-2.pcap'],
    );
  });
});
