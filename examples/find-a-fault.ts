/**
 * Runs a lab from a program: three agents in processes of their own, a link that silently loses packets, a question to
 * the first router, and a report that nobody can change unseen.
 *
 *     node examples/find-a-fault.ts [directory for report.json and ca.pem]
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createModelledWorld,
  createSystemClock,
  createSystemRandom,
  parseTopology,
  type Report,
  reportBytes,
  startLab,
  verifyReport,
} from '../src/index.ts';

const topologyText = `
name: two-links
topology:
  nodes:
    A:
    B:
      labels:
        confer.fault.dirty-fibre: kind=silent-loss interface=b-c loss-percent=5
    C:
  links:
    - endpoints: ["A:a-b", "B:b-a"]
    - endpoints: ["B:b-c", "C:c-b"]
`;

const clock = createSystemClock();
const topology = parseTopology(topologyText, 'two-links.yaml');
const work = mkdtempSync(join(tmpdir(), 'confer-example-'));
try {
  const world = await createModelledWorld(topology, { clock, random: createSystemRandom() });
  const { signal } = new AbortController();
  await using lab = await startLab(world, { directory: work, clock, signal, onLine: console.log });
  for (const fault of topology.faults) await lab.inject(fault);

  const asked = await lab.ask('A', 'Verify packet loss on the SRv6 path from A to C via B', console.log);
  assert.equal(asked.exitCode, 0, asked.stderr.join('\n'));
  const { report } = JSON.parse(asked.stdout) as { report: Report };

  // The agents know nothing of the fault list, and found it.
  const [finding] = report.findings;
  assert.equal(report.verdict, 'CONFIRMED');
  assert.equal(finding?.kind, 'silent-loss');
  assert.deepEqual(finding?.element, { node: 'B', interface: 'b-c', peer: 'C' });
  assert.equal(finding?.direction, 'forward');

  // Anybody can verify it, and see what was changed.
  const anchor = readFileSync(lab.trustAnchorFile, 'utf8');
  assert.ok(verifyReport(reportBytes(report), anchor).ok);
  const forged: Report = { ...report, verdict: 'NO_FAULT' };
  const broken = verifyReport(reportBytes(forged), anchor).checks.at(-1);
  assert.equal(broken?.name, 'conclusion');
  assert.equal(broken?.ok, false);

  const [directory] = process.argv.slice(2);
  if (directory !== undefined) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'report.json'), reportBytes(report));
    writeFileSync(join(directory, 'ca.pem'), anchor);
  }
  console.log(`found: ${report.hypothesis}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
