/**
 * Input: a real report of each kind of intent, and the same with an answer that belongs to another kind.
 * Output: yanglint (libyang) takes the rendering of the first, and refuses the second.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { yangReport } from '../../src/core/report-yang.ts';
import { askedOf, shippedFault } from '../support/asking.ts';
import { labRequired } from '../support/lab.ts';
import { root } from '../support/source.ts';

const module = join(root, 'docs/yang/ietf-mcp.yang');
const isHere = spawnSync('yanglint', ['--version']).status === 0;
const skip = !isHere && !labRequired() && 'needs yanglint: install what .ci/run installs';
const directory = mkdtempSync(join(tmpdir(), 'confer-yang-kinds-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const cases: [text: string, member: string, faults: string[]][] = [
  ['Is PE-3 reachable from PE-1 via P-2?', 'reachability', []],
  ['Is PE-3 reachable from PE-1 via P-2?', 'reachability', ['sid-missing']],
  ['path MTU from PE-1 to PE-3 via P-2 for 2000 byte packets', 'mtu', []],
  ['path MTU from PE-1 to PE-3 via P-2', 'mtu', ['mtu-mismatch']],
  ['path MTU from PE-1 to PE-3 via P-2', 'mtu', ['sid-missing']],
  ['cpu, memory and interfaces of PE-1', 'status', []],
  ['interfaces of P-2', 'status', ['link-down']],
  [
    'loss from PE-1 to PE-3 via P-2, up to 1 % is acceptable, DSCP 46, size 1400',
    'tolerance',
    ['egress-acl'],
  ],
  ['latency from PE-1 to PE-3 via P-2', 'latency', []],
  ['latency from PE-1 to PE-3 via P-2', 'latency', ['sid-missing']],
];

describe('yanglint and every kind of intent [T39]', { skip }, () => {
  for (const [text, member, ids] of cases)
    it(`takes: ${text} ${ids.join(', ')}`, async () => {
      const faults = ids.map((id) => shippedFault(id));
      const rendering = yangReport(await askedOf(text, { faults }));
      const [rendered] = rendering['ietf-mcp:report'] as unknown as Record<string, unknown>[];
      assert.ok(rendered?.[member] !== undefined, `the rendering has no ${member}`);
      assert.deepEqual(judged(rendering), { status: 0, output: '' });
    });

  it('takes causes as a model ranks them', async () => {
    const report = await askedOf('Verify packet loss from PE-1 to PE-3 via P-2', {
      faults: [shippedFault('egress-acl')],
    });
    const [finding] = report.findings;
    assert.ok(finding !== undefined);
    const { kind, element, direction } = finding;
    const ranking = {
      model: 'ranker (sha256:abababababab)',
      causes: [
        { kind, element, direction, correlator: 0.9999, model: 0.97 },
        { kind: 'healthy' as const, correlator: 0, model: 0.03 },
        { kind: 'undetermined' as const, correlator: 0 },
      ],
      agrees: true,
      conclusion: 'both agree',
    };
    assert.deepEqual(judged(yangReport({ ...report, ranking })), { status: 0, output: '' });
    const alone = { model: 'ranker', causes: [], why: 'it was late', conclusion: 'it stands alone' };
    assert.deepEqual(judged(yangReport({ ...report, ranking: alone })), { status: 0, output: '' });
  });

  it('refuses the answer of another kind', async () => {
    const losses = yangReport(await askedOf('Verify packet loss from PE-1 to PE-3 via P-2'));
    const [text] = cases[0] ?? [''];
    const other = yangReport(await askedOf(text));
    const [one] = losses['ietf-mcp:report'] as unknown as Record<string, unknown>[];
    const [strange] = other['ietf-mcp:report'] as unknown as Record<string, unknown>[];
    const { status, output } = judged({
      'ietf-mcp:report': [{ ...one, reachability: strange?.reachability }],
    });
    assert.notEqual(status, 0);
    assert.match(output, /when/i);
  });
});

function judged(rendering: unknown): { status: number | null; output: string } {
  const file = join(directory, 'instance.json');
  writeFileSync(file, JSON.stringify(rendering));
  const { status, stdout, stderr } = spawnSync('yanglint', ['-t', 'data', module, file], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, output: `${stdout}${stderr}` };
}
