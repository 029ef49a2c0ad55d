/** Input: a report's paths, measurements and findings. Output: the picture, character by character. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { WriteStream } from 'node:tty';
import fc from 'fast-check';
import { paintFor, plain } from '../../src/cli/paint.ts';
import { drawPaths } from '../../src/cli/picture.ts';
import type { Element, Finding, Path, Report, SectionMeasurement } from '../../src/core/records.ts';

const three = ['PE-1', 'P-2', 'PE-3'];
const interfaceName = (from: string, to: string) =>
  `${from}-${to}`.toLowerCase().replaceAll(/([a-z])-/g, '$1');

function pathOver(id: string, nodes: string[]): Path {
  const hops = nodes.slice(1).map((to, index) => {
    const from = nodes[index] ?? '';
    return { from, egress: interfaceName(from, to), to, ingress: interfaceName(to, from) };
  });
  return { id, direction: id.startsWith('f') ? 'forward' : 'reverse', nodes, hops, segments: [] };
}

/** One section for each router and link of the path; `losses` by "P-2" or "P-2 PE-3", percent. */
function sectionsOf(path: Path, losses: Record<string, number> = {}, purpose: 'loss' | 'size' = 'loss') {
  const elements = path.nodes.flatMap((node, index): Element[] => {
    const peer = path.nodes[index + 1];
    return peer === undefined ? [{ node }] : [{ node }, { node, peer }];
  });
  return elements.map((element, index) =>
    section(
      path,
      [element],
      losses[[element.node, element.peer ?? []].flat().join(' ')] ?? 0,
      purpose,
      index,
    ),
  );
}

function section(
  path: Path,
  elements: Element[],
  lossPercent: number,
  purpose: 'loss' | 'size' = 'loss',
  index = 0,
  entered = 1_000,
): SectionMeasurement {
  return {
    path: path.id,
    direction: path.direction,
    purpose,
    from: `point ${index}`,
    to: `point ${index + 1}`,
    entered,
    left: entered * (1 - lossPercent / 100),
    lossPercent,
    lossPercentInterval: [0, 100],
    probability: lossPercent > 0 ? 0.9999 : 0.001,
    elements,
  };
}

function finding(kind: Finding['kind'], element: Element): Finding {
  return {
    kind,
    element,
    direction: 'forward',
    probability: 0.9999,
    lossPercent: 3,
    lossPercentInterval: [2, 4],
    supportedBy: ['e1'],
  };
}

function reportOf(paths: Path[], measurements: SectionMeasurement[], more: Partial<Report> = {}): Report {
  const flows = paths.map(({ id: path }) => ({
    flowLabel: 1,
    path,
    purpose: 'size' as const,
    sizeBytes: 1_500,
  }));
  return {
    paths,
    measurements,
    flows,
    findings: [],
    suspects: [],
    untrusted: [],
    ...more,
  } as unknown as Report;
}

const forward = pathOver('f1', three);
const reverse = pathOver('r1', three.toReversed());
const both = (losses: Record<string, number>) => [...sectionsOf(forward, losses), ...sectionsOf(reverse)];

describe('the picture of a path', () => {
  it('shows each router and link with its interfaces, loss of both directions, and the faulty interface', () => {
    const acl = finding('egress-acl', { node: 'PE-1', interface: 'pe1-p2', peer: 'P-2', object: '2001' });
    const report = reportOf([forward, reverse], both({ 'PE-1': 2.9 }), { findings: [acl] });
    assert.equal(
      `\n${drawPaths(report)}`,
      `
  f1 ──►  2.9 %          0 %           0 %          0 %           0 %
         [ PE-1 ] ✖pe1-p2 ─── p2-pe1 [ P-2 ] p2-pe3 ──── pe3-p2 [ PE-3 ]
  r1 ◄──   0 %           0 %           0 %          0 %           0 %`,
    );
  });

  it('marks the interface at the far end, a link, a router, and whatever is only suspected', () => {
    const marked = (more: Partial<Report>) =>
      drawPaths(reportOf([forward, reverse], both({}), more)).split('\n')[1];
    const far = { node: 'PE-3', interface: 'pe3-p2', peer: 'P-2' };
    assert.match(marked({ findings: [finding('mtu-mismatch', far)] }) ?? '', / p2-pe3 ─── ✖pe3-p2 \[ PE-3/);
    const link = { node: 'P-2', interface: 'p2-pe3', peer: 'PE-3' };
    assert.match(marked({ findings: [finding('silent-loss', link)] }) ?? '', / p2-pe3 ─✖── pe3-p2 /);
    const back = { node: 'PE-3', interface: 'pe3-p2', peer: 'P-2' };
    assert.match(marked({ findings: [finding('unidirectional-link', back)] }) ?? '', / p2-pe3 ─✖── pe3-p2 /);
    assert.match(marked({ findings: [finding('node-crash', { node: 'P-2' })] }) ?? '', /\[✖P-2 \]/);
    assert.match(marked({ suspects: [{ node: 'P-2' }, link] }) ?? '', /\[\?P-2 \] p2-pe3 ─\?── pe3-p2/);
    assert.doesNotMatch(marked({ suspects: [{ node: 'elsewhere' }] }) ?? '', /[?✖]/);
  });

  it('shows that only large probes are lost', () => {
    const sizes = sectionsOf(forward, { 'P-2 PE-3': 100 }, 'size');
    const [line = ''] = drawPaths(reportOf([forward], [...sectionsOf(forward), ...sizes])).split('\n');
    assert.match(line, / 0 %, 1500 B: 100 % /);
    assert.equal(line.match(/1500 B/g)?.length, 1);
  });

  it('brackets what one figure covers, and shows where no probe came', () => {
    const unseen: Element[] = [{ node: 'PE-1', peer: 'P-2' }, { node: 'P-2' }, { node: 'P-2', peer: 'PE-3' }];
    const sections = [
      section(forward, [{ node: 'PE-1' }], 0),
      section(forward, unseen, 4.5, 'loss', 1),
      section(forward, [{ node: 'PE-3' }], 0, 'loss', 2, 0),
    ];
    const silent = { ...forward, hops: forward.hops.map((hop) => ({ ...hop, egress: '', ingress: '' })) };
    assert.equal(
      `\n${drawPaths(reportOf([silent], sections))}`,
      `
  f1 ──►   0 %   ├───────── 4.5 % ─────────┤   -
         [ PE-1 ] ? ──── ? [ P-2 ] ? ──── ? [ PE-3 ]`,
    );
  });

  it('says so where nothing was measured, and whose answer it lacks', () => {
    const untrusted = [{ node: 'PE-3', reason: 'unreachable', detail: 'x' }] as Report['untrusted'];
    const drawn = (more: Partial<Report>, columns = 100) => {
      const report = reportOf([forward, reverse], sectionsOf(forward), more);
      const lines = drawPaths(report, { columns, paint: plain }).split('\n');
      return lines.filter((line) => line.startsWith('  r1'));
    };
    assert.deepEqual(drawn({ untrusted }), [
      '  r1 ◄── ├───────── not measured: no usable answer from PE-3 ──────────┤',
    ]);
    assert.deepEqual(drawn({}), ['  r1 ◄── ├─────────────────────── not measured ────────────────────────┤']);
    assert.deepEqual(drawn({ untrusted }, 40), [
      '  r1 ◄── ├────── not measured ──────┤',
      '  r1 ◄── ├───── not measured ──────┤',
      '  r1 ◄── ├─ - ──┤',
    ]);
  });

  it('shows each of parallel links with what was measured on it, whichever path its flows were to take', () => {
    const over = (index: number): Path => ({
      ...forward,
      id: `f${index}`,
      nodes: ['A', 'B'],
      hops: [{ from: 'A', egress: `ab${index}`, to: 'B', ingress: `ba${index}` }],
    });
    const link = (index: number): Element[] => [{ node: 'A', interface: `ab${index}`, peer: 'B' }];
    // The hash sent the flow of f1 over the second link, and that of f2 over the first.
    const sections = [section(over(1), link(2), 100, 'loss', 2), section(over(2), link(1), 0, 'loss', 1)];
    const down = finding('link-down', { node: 'B', interface: 'ba2', peer: 'A' });
    assert.equal(
      `\n${drawPaths(reportOf([over(1), over(2)], sections, { findings: [down] }))}`,
      `
  f1 ──►           0 %
         [ A ] ab1 ──── ba1 [ B ]

  f2 ──►          100 %
         [ A ] ab2 ─✖── ba2 [ B ]`,
    );
  });

  it('shows nothing on a path that no probe of its own got to, whatever those from behind the fault met', () => {
    const behind: Path = { ...pathOver('f2', ['P-2', 'PE-3']) };
    const dead = sectionsOf(forward, { 'PE-1 P-2': 100 }).map((one, index) =>
      index > 1 ? { ...one, entered: 0, left: 0, lossPercent: 0, probability: 0 } : one,
    );
    const report = reportOf([forward, behind], [...dead, ...sectionsOf(behind, { 'P-2 PE-3': 9 })]);
    const [f1 = '', f2 = ''] = drawPaths(report)
      .split('\n')
      .filter((line) => line.includes('──►'));
    assert.match(f1, /^ {2}f1 ──► +0 % +100 % +- +- +-$/);
    assert.match(f2, / 9 %/);
  });

  it('draws members of equal cost as blocks of their own, and a path without its return alone', () => {
    const upper = pathOver('f2', ['PE-1', 'P-4', 'PE-3']);
    const text = drawPaths(reportOf([forward, upper, reverse], []));
    assert.deepEqual(
      text.split('\n').map((line) => line.slice(0, 4).trim()),
      ['f1', '', 'r1', '', 'f2', ''],
    );
  });

  it('wraps a path of 13 routers at 100 columns, between routers, and loses none', () => {
    const nodes = Array.from({ length: 13 }, (_, index) => `P-${index + 1}`);
    const there = pathOver('f1', nodes);
    const back = pathOver('r1', nodes.toReversed());
    const report = reportOf([there, back], [...sectionsOf(there, { 'P-7 P-8': 2.3 }), ...sectionsOf(back)]);
    const lines = drawPaths(report).split('\n');
    assert.ok(lines.every((line) => line.length <= 100));
    assert.equal(lines.length, 5 * 3 + 4);
    const routers = lines.join('\n').match(/\[ P-\d+ \]/g);
    assert.deepEqual(
      routers,
      nodes.map((node) => `[ ${node} ]`),
    );
    // Each figure stands where the link is that it tells of.
    const row = lines.findIndex((line) => line.includes('[ P-7 ]'));
    const figure = lines[row - 1]?.indexOf('2.3 %') ?? 0;
    const [from, to] = ['p7-p8', 'p8-p7'].map((name) => lines[row]?.indexOf(name) ?? 0);
    assert.ok(figure >= (from ?? 0) && figure <= (to ?? 0) + 5);
  });

  it('never exceeds the columns that it has, as long as one router and its link fit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 70, max: 200 }), (count, columns) => {
        const path = pathOver(
          'f1',
          Array.from({ length: count }, (_, index) => `node-${index}`),
        );
        for (const sections of [sectionsOf(path), []]) {
          const lines = drawPaths(reportOf([path], sections), { columns, paint: plain }).split('\n');
          assert.ok(lines.every((line) => line.length <= columns));
          assert.equal(lines.join('').match(/\[ node-/g)?.length, count);
        }
      }),
    );
  });
});

describe('colours', () => {
  const terminal = () =>
    Object.assign(new PassThrough(), { isTTY: true, getColorDepth: WriteStream.prototype.getColorDepth });
  const painted = (stream: NodeJS.WritableStream, environment: Record<string, string>) => {
    const names = ['NO_COLOR', 'FORCE_COLOR', 'TERM', 'COLORTERM', 'CI', 'NODE_DISABLE_COLORS'];
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) delete process.env[name];
    Object.assign(process.env, environment);
    try {
      return paintFor(stream)('bad', 'x');
    } finally {
      for (const [name, value] of before)
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    }
  };

  it('are for terminals that have them', () => {
    assert.notEqual(painted(terminal(), { TERM: 'xterm-256color' }), 'x');
    assert.equal(painted(terminal(), { TERM: 'dumb' }), 'x');
    assert.equal(painted(new PassThrough(), { TERM: 'xterm-256color' }), 'x');
  });

  it('are left out where NO_COLOR is set', () => {
    assert.equal(painted(terminal(), { TERM: 'xterm-256color', NO_COLOR: '1' }), 'x');
  });

  it('change nothing but the colour', () => {
    const report = reportOf([forward, reverse], both({ 'PE-1': 2.9 }));
    const marker = drawPaths(report, { columns: 100, paint: (_role, text) => `<${text}>` });
    assert.equal(marker.replaceAll(/[<>]/g, '').replaceAll(/ +$/gm, ''), drawPaths(report));
  });
});
