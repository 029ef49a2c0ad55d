/**
 * yanglint (libyang) reads our module and judges renderings of real reports.
 * Input: reports of modelled routers that ended in different verdicts; then one of them with one thing wrong.
 * Output: the first are valid, the others are refused for the thing that is wrong.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { canonicalBytes, digestOf } from '../../crypto/canonical.ts';
import { PeerError } from '../../src/core/errors.ts';
import { limits } from '../../src/core/limits.ts';
import type { Report, Verdict } from '../../src/core/records.ts';
import { reportSchema } from '../../src/core/report-schema.ts';
import {
  reportAcknowledgeArguments,
  reportAcknowledgeResult,
  reportDeliverArguments,
  reportDeliverResult,
  shelfStates,
  shelfStatus,
  shelfUri,
} from '../../src/core/report-tools.ts';
import { yangReport } from '../../src/core/report-yang.ts';
import { toolNames } from '../../src/core/tools.ts';
import { parseTopology } from '../../src/core/topology.ts';
import { Domain, type Wire } from '../support/domain.ts';
import { labRequired } from '../support/lab.ts';
import { root } from '../support/source.ts';

const module = join(root, 'docs/yang/ietf-mcp.yang');
const isHere = spawnSync('yanglint', ['--version']).status === 0;
const skip = !isHere && !labRequired() && 'needs yanglint: install what .ci/run installs';

const directory = mkdtempSync(join(tmpdir(), 'confer-yang-test-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const reports = new Map<Verdict, Report>();
const schema = JSON.parse(readFileSync(join(root, 'docs/report.schema.json'), 'utf8')).properties;

/** P-2 answers nobody, so that the loss around it belongs to no single place. */
const silentP2: Wire = {
  open: (_from, to, proceed) => (to === 'P-2' ? Promise.reject(new Error('no route to P-2')) : proceed()),
};

/** PE-1 does not reach PE-3, which answers by way of P-2. */
const detour: Wire = {
  open: (from, to, proceed) =>
    from === 'PE-1' && to === 'PE-3'
      ? Promise.reject(new PeerError('unreachable', 'No way to PE-3.'))
      : proceed(),
};

const cases: [Verdict, string, string[], Wire?][] = [
  ['CONFIRMED', 'fabric-20', ['silent-loss']],
  ['INCONCLUSIVE', 'pe1-p2-pe3', ['silent-loss'], silentP2],
  ['NO_FAULT', 'pe1-p2-pe3', [], detour],
];

before(async () => {
  if (skip) return;
  for (const [verdict, topology, faults, wire] of cases) {
    const report = await reportOf(topology, faults, wire);
    assert.equal(report.verdict, verdict);
    reports.set(verdict, report);
  }
});

describe('yanglint and our YANG module [T27] [T39]', { skip }, () => {
  it('takes the module without a warning', () => {
    const { status, output } = yanglint();
    assert.equal(status, 0, output);
    assert.equal(output, '');
  });

  it('knows it by the namespace and name of the draft', () => {
    const text = readFileSync(module, 'utf8');
    assert.match(text, /^module ietf-mcp \{/);
    assert.match(text, /^ {2}namespace "urn:ietf:params:xml:ns:yang:ietf-mcp";/m);
    assert.match(text, /^ {2}revision \d{4}-\d\d-\d\d \{/m);
  });

  for (const [verdict] of cases)
    it(`takes the rendering of a real report that is ${verdict}`, () => {
      const { status, output } = judged(yangReport(of(verdict)));
      assert.equal(status, 0, output);
      assert.equal(output, '');
    });

  it('knows every verdict, kind of finding, reason and management that a report can have', () => {
    const given = of('INCONCLUSIVE');
    const [finding] = of('CONFIRMED').findings.map((one) => ({ ...one, supportedBy: [] }));
    const mark = { node: 'P-9', reason: 'timeout', detail: '', management: 'in-band', until: given.created };
    const marks = schema.untrusted.items.properties;
    const every = [
      ...schema.verdict.enum.map((verdict: string) => ({ verdict })),
      ...schema.findings.items.properties.kind.enum.map((kind: string) => ({
        findings: [{ ...finding, kind, direction: 'both' }],
      })),
      ...marks.reason.enum.map((reason: string) => ({ untrusted: [{ ...mark, reason }] })),
      ...marks.management.enum.map((management: string) => ({ untrusted: [{ ...mark, management }] })),
    ];
    assert.ok(every.length > 20);
    const all = every.flatMap((one, index) => {
      const report = reportSchema.parse({ ...given, ...one, 'session-id': String(index) });
      return (yangReport(report as Report) as unknown as Rendering)['ietf-mcp:report'];
    });
    const { status, output } = judged({ 'ietf-mcp:report': all });
    assert.equal(status, 0, output);
  });

  it('takes whatever the network can put into a text, and nothing is lost from signed data', () => {
    const report = structuredClone(of('CONFIRMED'));
    const nasty = '</leaf>"\\\u0000\u001b[2J\u007f\u202e\ufdd0\uffff\u{1fffe} ]]> & 😀';
    report.hypothesis = report.summary = report.recommendation = report.intentText = report.reasoner = nasty;
    const [envelope] = report.envelopes;
    assert.ok(envelope);
    envelope.arguments = { [nasty]: [nasty, 1e21, -0.5, null] };
    envelope.signed.statement.argumentsHash = digestOf(envelope.arguments);
    reportSchema.parse(report);
    const rendering = yangReport(report);
    const { status, output } = judged(rendering);
    assert.equal(status, 0, output);
    const [rendered] = (rendering as unknown as Rendering)['ietf-mcp:report'];
    assert.equal(
      digestOf(JSON.parse(String(rendered?.envelope[0]?.arguments))),
      envelope.signed.statement.argumentsHash,
    );
  });
});

describe('yanglint and the report shelf [T28] [T39]', { skip }, () => {
  it('takes the shelf as an agent serves it', async () => {
    const shelf = await shelfOf();
    const { status, output } = judged(shelf);
    assert.deepEqual([status, output], [0, ''], JSON.stringify(shelf));
  });

  it('knows every state of it', async () => {
    const { 'ietf-mcp:report-shelf': shelf } = await shelfOf();
    for (const state of shelfStates) {
      const { status, output } = judged({ 'ietf-mcp:report-shelf': shelfStatus.parse({ ...shelf, state }) });
      assert.equal(status, 0, output);
    }
  });

  const wrongShelf: [what: string, change: object, complaint: RegExp][] = [
    ['a state of its own', { state: 'tired' }, /tired/],
    ['fewer than no reports', { kept: -1 }, /-1/],
    ['more reports that wait than there are', { unacknowledged: 9 }, /more reports wait/i],
    ['a shelf without room for one', { 'keep-max': 0 }, /range/],
    ['a warning past the end', { 'warn-at-percent': 101 }, /range|101/],
    ['no announcement', { announcement: undefined }, /announcement/],
    ['a field that the module does not have', { dropped: 1 }, /dropped/],
  ];
  for (const [what, change, complaint] of wrongShelf)
    it(`refuses ${what}`, async () => {
      const { 'ietf-mcp:report-shelf': shelf } = await shelfOf();
      const { status, output } = judged({ 'ietf-mcp:report-shelf': { ...shelf, ...change } });
      assert.notEqual(status, 0, 'yanglint took it');
      assert.match(output, complaint);
    });
});

describe('yanglint and the report tools [T28] [T39]', { skip }, () => {
  /** The tool `ietf-mcp-X` is the operation X of the module ietf-mcp. */
  const operation = (tool: string) => tool.replace(/^ietf-mcp-/, 'ietf-mcp:');
  const acknowledge = operation(toolNames.reportAcknowledge);
  const deliver = operation(toolNames.reportDeliver);
  const ids = ['d2c1a0f99a1b2c3d'];

  it('takes what the tools take and answer', () => {
    const calls = [
      [acknowledge, reportAcknowledgeArguments.parse({ ids })],
      // YANG has no type for a JSON object that is not modelled in YANG: there it is its text.
      [deliver, { report: textOf(reportDeliverArguments.parse({ report: of('CONFIRMED') }).report) }],
    ] as const;
    for (const [name, args] of calls) assert.equal(judged({ [name]: args }, 'rpc').output, '', name);
    const answers = [
      [acknowledge, reportAcknowledgeResult.parse({ acknowledged: ids, unknown: [] })],
      [acknowledge, reportAcknowledgeResult.parse({ acknowledged: [], unknown: ids })],
      [deliver, reportDeliverResult.parse({ stored: true })],
      [deliver, reportDeliverResult.parse({ stored: false, reason: 'the signature does not hold' })],
    ] as const;
    for (const [name, answer] of answers) assert.equal(judged({ [name]: answer }, 'reply').output, '', name);
  });

  it('refuses what the tools refuse', () => {
    const calls: [name: string, args: object, complaint: RegExp][] = [
      [acknowledge, {}, /ids/],
      [acknowledge, { ids: ['no id/'] }, /no id\//],
      [acknowledge, { ids: Array.from({ length: limits.reportIdsMax + 1 }, (_, at) => `r${at}`) }, /ids/],
      [acknowledge, { ids, all: true }, /all/],
      [deliver, {}, /report/],
    ];
    for (const [name, args, complaint] of calls) {
      const { status, output } = judged({ [name]: args }, 'rpc');
      assert.notEqual(status, 0, `yanglint took ${JSON.stringify(args).slice(0, 80)}`);
      assert.match(output, complaint);
    }
    const { status, output } = judged({ [deliver]: { stored: true, reason: 'none' } }, 'reply');
    assert.notEqual(status, 0, 'a reason for what was stored');
    assert.match(output, /reason/);
  });
});

function textOf(report: unknown): string {
  return Buffer.from(canonicalBytes(report)).toString();
}

/** As an operator reads it of an agent that has made one report. */
async function shelfOf() {
  const file = join(root, 'topologies/pe1-p2-pe3.yaml');
  const topology = parseTopology(readFileSync(file, 'utf8'), file);
  await using domain = await Domain.start(topology, { seed: 3 });
  await domain.ask('PE-1', topology.intent ?? '');
  const caller = { name: 'operator', role: 'operator', thumbprint: '00'.repeat(32) } as const;
  const { signal } = new AbortController();
  const { data } = await domain.pass(domain.agent('PE-1').service.readResource(shelfUri, { caller, signal }));
  return data as { 'ietf-mcp:report-shelf': Record<string, unknown> };
}

interface Rendering {
  'ietf-mcp:report': { envelope: { arguments: string }[]; [member: string]: unknown }[];
}

describe('yanglint refuses', { skip }, () => {
  const broken: [what: string, from: string | RegExp, to: string, complaint: RegExp][] = [
    ['another module', '"ietf-mcp:report"', '"ietf-mpc:report"', /ietf-mpc/],
    ['no namespace', '"ietf-mcp:report"', '"report"', /report/],
    ['a field that the module does not have', '"uri":', '"url":"x","uri":', /url/],
    ['a missing field', /"verdict":"\w+",/, '', /verdict/],
    ['a verdict of its own', '"CONFIRMED"', '"CERTAIN"', /CERTAIN/],
    ['a fault that is no fault', '"ietf-mcp:silent-loss"', '"ietf-mcp:forward"', /forward/],
    ['a decimal as a number', /"probability":"([\d.]+)"/, '"probability":$1', /probability|number/],
    ['a probability above 1', /"probability":"[\d.]+"/, '"probability":"1.5"', /1\.5/],
    ['more than 100 percent', /"loss-percent":"[\d.]+"/, '"loss-percent":"101.0"', /101/],
    ['an interval that ends before it begins', /"lower":"[\d.]+"/, '"lower":"99.0"', /interval/],
    ['a 64-bit number as a number', /"nonce":"(\d+)"/, '"nonce":$1', /nonce|number/],
    ['nonce 0', /"nonce":"\d+"/, '"nonce":"0"', /range/],
    ['a negative count', /"entered":"\d+"/, '"entered":"-1"', /-1/],
    ['a date that is none', /"created":"[^"]+"/, '"created":"yesterday"', /yesterday/],
    ['a signature cut short', /("signature":"[\w+/]{40})[\w+/=]+"/, '$1"', /length/],
    ['a signature in base64url', /("signature":")[\w+/]{4}/, '$1-_-_', /[Bb]ase64/],
    ['a hash of another length', /"result-hash":"\w/, '"result-hash":"', /pattern/],
    ['a SID that is no address', /"segment":\["[^"]+"/, '"segment":["fc00::g"', /fc00::g/],
    ['a flow label of 21 bits', /"flow-label":\d+/, '"flow-label":1048576', /1048576/],
    ['a finding that rests on nothing', /"supported-by":\["e\d+"/, '"supported-by":["e999999"', /e999999/],
    ['a measurement of no path', /"measurement":\[\{"path":"\w+"/, '"measurement":[{"path":"f99"', /f99/],
    ['two paths of one name', /"path":\[\{"id":"f1"/, '"path":[{"id":"f2"', /f2/],
    ['a report that its creator did not sign', /"creator":"[^"]+"/, '"creator":"leaf-12"', /did not sign/],
    [
      'signatures as an object',
      /"signature":\[\{"node".*?\}\]/,
      '"signature":{"P-2":"AA=="}',
      /signature|P-2/,
    ],
    ['packets that are not in base64', /"evidence":\["..../, '"evidence":["%%%%', /[Bb]ase64/],
  ];
  for (const [what, from, to, complaint] of broken)
    it(what, () => {
      const right = JSON.stringify(yangReport(of('CONFIRMED')));
      const wrong = right.replace(from, to);
      assert.notEqual(wrong, right, 'the rendering has nothing of this kind');
      const { status, output } = judged(JSON.parse(wrong));
      assert.notEqual(status, 0, 'yanglint took it');
      assert.match(output, complaint);
    });
});

function of(verdict: Verdict): Report {
  return reports.get(verdict) ?? assert.fail(`there is no report that is ${verdict}`);
}

function judged(
  rendering: unknown,
  type: 'data' | 'rpc' | 'reply' = 'data',
): { status: number | null; output: string } {
  const file = join(directory, 'instance.json');
  writeFileSync(file, JSON.stringify(rendering));
  return yanglint(file, type);
}

function yanglint(file?: string, type = 'data'): { status: number | null; output: string } {
  const given = file === undefined ? [module] : ['-t', type, module, file];
  const { status, stdout, stderr } = spawnSync('yanglint', given, {
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, output: `${stdout}${stderr}` };
}

async function reportOf(name: string, faults: string[], wire?: Wire): Promise<Report> {
  const file = join(root, `topologies/${name}.yaml`);
  const topology = parseTopology(readFileSync(file, 'utf8'), file);
  await using domain = await Domain.start(topology, { seed: 3, ...(wire && { wire }) });
  domain.inject(...topology.faults.filter(({ id }) => faults.includes(id)));
  return await domain.ask(topology.nodes[0]?.name === 'PE-1' ? 'PE-1' : 'leaf-11', topology.intent ?? '');
}
