/**
 * `confer infer`: a graph and a trace of flows as files, plain or gzipped.
 * Input: small fat trees and traces drawn from seeds, and files that are wrong in one place each.
 * Output: the bad links; or one sentence with file, line and what was expected, and exit code 2.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type DrawnTrace, drawFatTreeTrace } from '../../scripts/infer/fat-tree.ts';
import { Score } from '../../scripts/infer/score.ts';
import { type Graph, readGraph } from '../../src/cli/infer/topology.ts';
import { readTrace, type Trace } from '../../src/cli/infer/trace.ts';
import type { BadLink } from '../../src/cli/infer-command.ts';
import { ConferError } from '../../src/core/errors.ts';
import { inferLinks } from '../../src/inference/infer-links.ts';
import { createSeededRandom } from '../../src/sim/seeded-random.ts';
import { confer, refuses, scratch } from './confer.ts';

const directory = scratch();
after(() => directory[Symbol.dispose]());
const at = (name: string) => join(directory.path, name);
const write = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content);
  return at(name);
};

const drawn = (seed: number, badCount: number): DrawnTrace =>
  drawFatTreeTrace({ arity: 4, flowCount: 6_000, badCount }, createSeededRandom(seed));

let trace: DrawnTrace;
let graph: Graph;

before(async () => {
  trace = drawn(1, 2);
  write('topology', trace.topology);
  write('topology.gz', gzipSync(trace.topology));
  write('flows', trace.flows);
  write('flows.gz', gzipSync(trace.flows));
  graph = await readGraph(at('topology'));
});

const infer = (topology: string, flows: string, ...more: string[]) =>
  confer('infer', '--topology', at(topology), '--flows', at(flows), ...more);

describe('confer infer', { concurrency: 2 }, () => {
  it('prints exactly the bad links as JSON', async () => {
    const { code, stdout, stderr } = await infer('topology', 'flows', '--json');
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    const result = JSON.parse(stdout) as { links: BadLink[] };
    assert.deepEqual(Object.keys(result), ['links']);
    assert.deepEqual(
      result.links.map(({ from, to }) => `${from} ${to}`).sort(),
      [...trace.truth.keys()].sort(),
    );
    for (const { from, to, probability, lossPercent, ...rest } of result.links) {
      assert.deepEqual(rest, {});
      assert.ok(probability >= 0.5 && probability <= 1);
      const really = (trace.truth.get(`${from} ${to}`) ?? 0) * 100;
      assert.ok(Math.abs(lossPercent - really) < really / 2, `${lossPercent} %, really ${really} %`);
    }
  });

  it('reads gzipped files as they are', async () => {
    const plain = await infer('topology', 'flows', '--json');
    for (const topology of ['topology', 'topology.gz'])
      assert.deepEqual(await infer(topology, 'flows.gz', '--json'), plain);
  });

  it('never reads the truth lines', async () => {
    const told = await infer('topology', 'flows', '--json');
    const lines = trace.flows.split('\n').filter((line) => !line.startsWith('Failing_link'));
    write('untold', lines.join('\n'));
    write('false', ['Failing_link 0 4 0.5', ...lines].join('\n'));
    write(
      'nonsense',
      [...lines.slice(0, 8), 'Failing_link', `Failing_link \u001b[31m x y z`, ...lines.slice(8)].join('\n'),
    );
    for (const name of ['untold', 'false', 'nonsense'])
      assert.deepEqual(await infer('topology', name, '--json'), told, name);
  });

  it('prints a table for people', async () => {
    const { code, stdout } = await infer('topology', 'flows');
    assert.equal(code, 0);
    assert.match(stdout, /^LINK +PROBABILITY +LOSS\n/);
    for (const link of trace.truth.keys()) assert.ok(stdout.includes(link.replace(' ', ' -> ')), stdout);
    assert.match(stdout, /\n2 bad links among 96 directed ones: 6000 flows, \d+ packets, \d+ lost\.\n/);
    assert.match(stdout, /\nRead in \d+\.\d\d s, inferred in \d+\.\d\d s\.\n$/);
  });

  it('says so where no link is bad', async () => {
    write('healthy', drawn(2, 0).flows);
    assert.equal((await infer('topology', 'healthy', '--json')).stdout, '{"links":[]}\n');
    const { code, stdout } = await infer('topology', 'healthy');
    assert.equal(code, 0);
    assert.match(stdout, /^No bad link among 96 directed ones: /);
  });

  it('shows the links that share a loss when none is declared', async () => {
    write('line', '1 2\n100->1\n200->2\n');
    write('shared', 'FID 100 200 1 2 9 0.0\nFPT 1 2\nSS 0 100000 2000 0\n');
    const { code, stdout } = await infer('line', 'shared');
    assert.equal(code, 0);
    assert.match(stdout, /^LINK +PROBABILITY +LOSS\n(\S+ -> \S+ +33\.\d % +1\.99 %\n){3}\n/);
    assert.match(stdout, /No link is bad with 50 % or more among 6 directed ones: 1 flow, .* 2000 lost\./);
    assert.equal((await infer('line', 'shared', '--json')).stdout, '{"links":[]}\n');
  });

  it('leaves out flows whose path nobody told, and says so', async () => {
    write('pathless', `${trace.flows}FID  10000 10001 12 12 1500 0.0\nSS  1.0 900 900 0\n`);
    const told = await infer('topology', 'pathless', '--json');
    assert.equal(told.stdout, (await infer('topology', 'flows', '--json')).stdout);
    assert.match(told.stderr, /^confer: 1 flow of .*pathless without an FPT line left out\.\n$/);
  });

  it('names a file that it cannot read', async () => {
    await refuses(
      ['infer', '--topology', at('topology'), '--flows', directory.path],
      2,
      new RegExp(`${directory.path} cannot be read: it is a directory`),
    );
  });

  it('refuses in one sentence, with exit code 2', async () => {
    const files = (topology: string, flows: string) => [
      'infer',
      '--topology',
      at(topology),
      '--flows',
      at(flows),
    ];
    write('broken', 'FID 1 2\n');
    await refuses(files('topology', 'broken'), 2, /broken, line 1: expected "FID src/, /found "FID 1 2"/);
    await refuses(files('absent', 'flows'), 2, /absent/, /no such file/);
    await refuses(files('.', 'flows'), 2, /directory/);
    await refuses(['infer', '--topology', at('topology')], 2, /--flows/);
  });
});

describe('over traces of fat trees', () => {
  it('names nearly every bad link and hardly another', async () => {
    const score = new Score();
    for (let seed = 100; seed < 120; seed++) {
      const { flows, topology, truth } = drawn(seed, seed % 5);
      const graph = await readGraph(write('drawn-topology', topology));
      const { observations } = await readTrace(write('drawn', flows), graph);
      const numberOf = (link: string) => {
        const [from, to] = link.split(' ').map((name) => graph.nodeNumber(name)) as [number, number];
        return graph.linkNumber(from, to) as number;
      };
      score.add(inferLinks(graph.linkCount, observations), new Set([...truth.keys()].map(numberOf)));
    }
    const { f1, bad, calibrationError } = score.total();
    assert.equal(bad, 40);
    assert.ok(f1 > 0.96, `F1 ${f1}`);
    assert.ok(calibrationError < 0.03, `calibration error ${calibrationError}`);
  });
});

describe('the graph', () => {
  const read = (content: string | Uint8Array) => readGraph(write('graph', content));

  it('has both directions of each link, once', async () => {
    const graph = await read('a b\nb a\n\n  c   b \nh->a\r\n');
    assert.equal(graph.linkCount, 6);
    const number = (name: string) => graph.nodeNumber(name) as number;
    const link = graph.linkNumber(number('a'), number('h')) as number;
    assert.deepEqual(graph.link(link), { from: 'a', to: 'h' });
    assert.deepEqual(graph.link(link ^ 1), { from: 'h', to: 'a' });
    assert.equal(graph.linkNumber(number('a'), number('c')), undefined);
  });

  const wrong: [string, string | Uint8Array, RegExp][] = [
    ['a word alone', 'a b\nc\n', /line 2: expected a link, "u v", .*, found "c"/],
    ['three words', 'a b c\n', /line 1: expected a link/],
    ['an arrow to nowhere', 'a->\n', /line 1: expected a link/],
    ['two arrows', 'a->b->c\n', /line 1: expected a link/],
    ['a loop', 'a b\na a\n', /line 2: expected a link between two nodes/],
    ['a name without end', `a ${'b'.repeat(300)}`, /line 1: expected a link/],
    ['a line without end', 'a'.repeat(5_000_000), /line 1: expected at most 16384 characters, found "aaa/],
    ['nothing', '', /has no links/],
    ['an empty gzip file', gzipSync(''), /has no links/],
    ['half a gzip file', gzipSync('a b\n'.repeat(100)).subarray(0, 25), /not a whole gzip file/],
    [
      'something else behind the magic bytes',
      Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8]),
      /not a whole gzip/,
    ],
    ['a binary', Buffer.from([0, 1, 2, 3, 255, 254]), /line 1: expected a link/],
  ];
  for (const [what, content, told] of wrong)
    it(`refuses ${what}`, async () => {
      await assert.rejects(read(content), (error) => isBadInput(error, told));
    });
});

describe('the trace', () => {
  const read = (content: string): Promise<Trace> => readTrace(write('trace', content), graph);
  const flow = ['FID  10000 10015 12 19 1500 0.0', 'FPT 12 4 0 10 19', 'SS  3.5 70 2 0'];
  const changed = (line: number, text: string) => flow.with(line, text).join('\n');

  it('makes one observation of a flow, hosts included', async () => {
    const { observations, withoutPath } = await read(['FP 12 4 0 10 19', '', ...flow].join('\r\n'));
    assert.equal(withoutPath, 0);
    assert.deepEqual(
      observations.map(({ sent, lost }) => [sent, lost]),
      [[70, 2]],
    );
    assert.deepEqual(
      observations[0]?.links.map((link) => Object.values(graph.link(link)).join(' ')),
      ['10000 12', '12 4', '4 0', '0 10', '10 19', '19 10015'],
    );
  });

  const wrong: [string, string, RegExp][] = [
    ['an unknown line', `${flow.join('\n')}\nXYZ 1\n`, /line 4: expected a line that begins with FID/],
    ['a path that leaves the graph', changed(1, 'FPT 12 4 3 10 19'), /line 2: .* has none from 4 to 3/],
    ['a path over nodes that are none', changed(1, 'FPT 12 4 zz 10 19'), /none from 4 to zz/],
    ['a host that is elsewhere', changed(0, 'FID 10009 10015 12 19 1500 0.0'), /none from 10009 to 12/],
    [
      'a path to elsewhere',
      changed(1, 'FPT 12 4 0 10 18'),
      /line 2: expected "FPT" and switches from 12 to 19/,
    ],
    ['no switches', changed(1, 'FPT'), /line 2: expected "FPT" and switches/],
    ['a circle', changed(1, 'FPT 12 4 12 4 0 10 19'), /line 2: expected each link once, and 12 to 4/],
    ['two paths', [flow[0], flow[1], flow[1], flow[2]].join('\n'), /line 3: expected the FID line/],
    ['a path of no flow', flow.slice(1).join('\n'), /line 1: expected the FID line/],
    ['packets of no flow', flow[2] ?? '', /line 1: expected the FID line/],
    ['two counts', [...flow, flow[2]].join('\n'), /line 4: expected the FID line/],
    [
      'a flow within a flow',
      [flow[0], ...flow].join('\n'),
      /line 2: expected the SS line of the flow of line 1/,
    ],
    ['a flow cut short', [...flow, flow[0]].join('\n'), /ends within the flow of line 4/],
    ['a short FID line', changed(0, 'FID 10000 10015 12 19'), /line 1: expected "FID src/],
    ['more lost than sent', changed(2, 'SS 3.5 2 70 0'), /line 3: expected "SS time/],
    ['less than nothing', changed(2, 'SS 3.5 70 -2 0'), /line 3: expected "SS time/],
    ['half a packet', changed(2, 'SS 3.5 70 1.5 0'), /line 3: expected "SS time/],
    ['a count beyond all measure', changed(2, 'SS 3.5 9999999999999999 1 0'), /line 3: expected "SS time/],
    ['a line that is cut', changed(2, 'SS 3.5 70 2'), /line 3: expected "SS time/],
    ['no flow', 'FP 12 4 0 10 19\n', /no flow of known path/],
    ['nothing', '', /no flow of known path/],
  ];
  for (const [what, content, told] of wrong)
    it(`refuses ${what}`, async () => {
      await assert.rejects(read(content), (error) => isBadInput(error, told));
    });
});

function isBadInput(error: unknown, told: RegExp): boolean {
  assert.ok(error instanceof ConferError, String(error));
  assert.equal(error.code, 'bad-input');
  assert.match(error.message, told);
  return true;
}
