/**
 * Python and OpenSSL, with nothing of ours, on the signatures of a report.
 * Input: the report of a modelled domain, then the same with one thing of a batch changed.
 * Output: the first holds, answers that share a signature included; the others are refused.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { InclusionProof } from '../../crypto/merkle.ts';
import { reportBytes } from '../../src/collaboration/report.ts';
import type { Envelope, Report } from '../../src/core/records.ts';
import { parseTopology } from '../../src/core/topology.ts';
import { Domain } from '../support/domain.ts';
import { labRequired } from '../support/lab.ts';
import { root } from '../support/source.ts';

const script = join(root, 'test/interop/batch_signature.py');
const isHere =
  spawnSync('python3', ['--version']).status === 0 && spawnSync('openssl', ['version']).status === 0;
const skip = !isHere && !labRequired() && 'needs python3 and openssl';

const directory = mkdtempSync(join(tmpdir(), 'confer-batch-test-'));
after(() => rmSync(directory, { recursive: true, force: true }));

describe('signatures of a report, for software that is not ours [T25] [T27]', { skip }, () => {
  let report: Report;

  before(async () => {
    const file = 'topologies/pe1-p2-pe3.yaml';
    const topology = parseTopology(readFileSync(join(root, file), 'utf8'), file);
    await using domain = await Domain.start(topology, { seed: 1 });
    report = await domain.ask('PE-1', topology.intent ?? '');
  });

  it('hold, also where answers share one', () => {
    const { status, output } = judged(report);
    assert.equal(status, 0, output);
    const { length } = report.envelopes.filter(({ signed }) => signed.batch !== undefined);
    assert.ok(length >= 2, `${length} answers were signed with others`);
    assert.equal(
      output,
      `${report.envelopes.length} answers, ${length} of them with others under one signature\n`,
    );
  });

  const changes: [what: string, change: (signed: Envelope['signed'], batch: InclusionProof) => void][] = [
    [
      'another index',
      (_, batch) => {
        batch.index += batch.index === 0 ? 1 : -1;
      },
    ],
    [
      'another size',
      (_, batch) => {
        batch.size += 1;
      },
    ],
    ['a hash more', (_, { path }) => path.push('0'.repeat(64))],
    ['a hash less', (_, { path }) => path.pop()],
    [
      'another nonce',
      ({ statement }) => {
        statement.nonce += 1;
      },
    ],
    [
      'no proof',
      (signed) => {
        delete signed.batch;
      },
    ],
  ];
  for (const [what, change] of changes)
    it(`do not with ${what}`, () => {
      const copy = structuredClone(report);
      const envelope = copy.envelopes.find(({ signed }) => signed.batch !== undefined);
      assert.ok(envelope?.signed.batch !== undefined);
      change(envelope.signed, envelope.signed.batch);
      const { status, output } = judged(copy);
      assert.equal(status, 1);
      assert.equal(output, `answer ${envelope.id} of ${envelope.node} was not signed so\n`);
    });
});

function judged(report: Report): { status: number | null; output: string } {
  const file = join(directory, 'report.json');
  writeFileSync(file, reportBytes(report));
  const { status, stdout, stderr } = spawnSync('python3', [script, file], { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}
