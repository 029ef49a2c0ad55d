/**
 * Two faults on one way, of which the first lets nothing through. Input: a line of thirteen routers in virtual time. Output: both,
 * in a report that verifies; paths that begin where nothing passes are held against the whole ones.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { pathLossClaimFault } from '../../src/collaboration/intents/path-loss-claims.ts';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import type { FaultKind } from '../../src/core/fault-kinds.ts';
import type { Report } from '../../src/core/records.ts';
import { allCapabilities, capabilities } from '../../src/core/tools.ts';
import { type Fault, parseTopology } from '../../src/core/topology.ts';
import { Domain } from '../support/domain.ts';

const file = 'topologies/line-12.yaml';
const line = parseTopology(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'), file);

/** At the end of `node` of its link with `peer`. */
function fault(kind: FaultKind, node: string, peer: string, more: Partial<Fault> = {}): Fault {
  const ends = line.links.flatMap(({ a, b }) => [
    [a, b],
    [b, a],
  ]);
  const interfaceName = ends.find(([one, other]) => one?.node === node && other?.node === peer)?.[0]
    ?.interface;
  return {
    id: `${kind} ${node}`,
    kind,
    node,
    ...(interfaceName !== undefined && { interface: interfaceName }),
    active: true,
    ...more,
  };
}

async function ask(
  faults: readonly Fault[],
  wishes = '',
  topology = line,
): Promise<{ report: Report; anchor: string }> {
  await using domain = await Domain.start(topology, { seed: 11 });
  domain.inject(...faults);
  const report = await domain.ask('PE-1', `${topology.intent}${wishes}`);
  return { report, anchor: domain.trustAnchorPem };
}

function mustVerify(report: Report, anchor: string): void {
  const verification = verifyReport(reportBytes(report), anchor);
  assert.ok(verification.ok, JSON.stringify(verification.checks.at(-1)));
}

function named({ findings }: Report): string[] {
  return findings.map(({ kind, element: { node, peer }, direction }) =>
    [kind, direction, node, ...(peer === undefined ? [] : [peer])].join(' '),
  );
}

const lossy = (node: string, peer: string) => fault('silent-loss', node, peer, { lossPercent: 8 });

describe('behind a fault that lets nothing through', () => {
  const pairs: [what: string, faults: Fault[], found: string[]][] = [
    [
      'a link that is down, and loss behind it',
      [fault('link-down', 'P-4', 'P-5'), lossy('P-9', 'P-10')],
      ['link-down both P-4 P-5', 'silent-loss forward P-9 P-10'],
    ],
    [
      'a deaf link, and another one behind it on the way back',
      [fault('unidirectional-link', 'P-9', 'P-8'), fault('unidirectional-link', 'P-4', 'P-3')],
      ['unidirectional-link reverse P-4 P-3', 'unidirectional-link reverse P-9 P-8'],
    ],
    [
      'three of them',
      [
        fault('unidirectional-link', 'P-2', 'P-3'),
        fault('unidirectional-link', 'P-5', 'P-6'),
        lossy('P-11', 'P-12'),
      ],
      [
        'silent-loss forward P-11 P-12',
        'unidirectional-link forward P-2 P-3',
        'unidirectional-link forward P-5 P-6',
      ],
    ],
    [
      'a neighbour that is not found, beside a loss elsewhere',
      [fault('neighbour-discovery-failure', 'P-4', 'P-5'), lossy('P-9', 'P-8')],
      ['neighbour-discovery-failure forward P-4 P-5', 'silent-loss reverse P-9 P-8'],
    ],
    [
      'marks in front of a link that is deaf',
      [fault('dscp-remark', 'P-3', 'P-4', { dscp: 46 }), fault('unidirectional-link', 'P-8', 'P-9')],
      ['dscp-remark forward P-3 P-4', 'unidirectional-link forward P-8 P-9'],
    ],
  ];
  for (const [what, faults, found] of pairs)
    it(what, async () => {
      const { report, anchor } = await ask(faults);
      assert.deepEqual(named(report).sort(), found);
      mustVerify(report, anchor);
    });

  it('nobody looks who wants the first fault only', async () => {
    const { report } = await ask(
      [fault('unidirectional-link', 'P-4', 'P-5'), lossy('P-9', 'P-10')],
      ', only the first fault',
    );
    assert.deepEqual(named(report), ['unidirectional-link forward P-4 P-5']);
    assert.equal(report.paths.length, 2);
  });

  it('asks only routers that send probes', async () => {
    const mute = ['P-5', 'P-6'];
    const offered = allCapabilities.filter((one) => one !== capabilities.srv6Ping);
    const nodes = line.nodes.map((node) =>
      mute.includes(node.name) ? { ...node, capabilities: offered } : node,
    );
    const { report, anchor } = await ask([fault('unidirectional-link', 'P-4', 'P-5')], '', {
      ...line,
      nodes,
    });
    mustVerify(report, anchor);
    assert.deepEqual(
      report.paths.map(({ id, nodes: [first] }) => `${id} ${first}`),
      ['f1 PE-1', 'r1 PE-13', 'f2 P-7'],
    );
    assert.deepEqual(report.untrusted, []);
  });

  it('a router that alone says what it sent there makes nothing CONFIRMED', async () => {
    const { report } = await ask([
      fault('unidirectional-link', 'P-4', 'P-5'),
      fault('silent-loss', 'P-5', 'P-6', { lossPercent: 60 }),
    ]);
    const probabilities = Object.fromEntries(
      report.findings.map(({ kind, probability }) => [kind, probability]),
    );
    assert.deepEqual(probabilities, { 'unidirectional-link': 0.9999, 'silent-loss': 0.9 });
  });

  it('a path begins behind a named node on one path and before it on another', async () => {
    const links = [
      ['PE-1', 'B'],
      ['PE-1', 'C'],
      ['B', 'M'],
      ['C', 'M'],
      ['B', 'D'],
      ['D', 'T'],
    ].map(([a, b]) => `    - endpoints: ["${a}:${a}-${b}", "${b}:${b}-${a}"]`);
    const nodes = ['PE-1', 'B', 'C', 'M', 'D', 'T'].map((name) => `    ${name}: {}`);
    const text = `name: back\ntopology:\n  defaults: { labels: { confer.intent: "Verify packet loss on the SRv6 path from PE-1 to T via M" } }\n  nodes:\n${nodes.join('\n')}\n  links:\n${links.join('\n')}\n`;
    const { report, anchor } = await ask(
      [{ id: 'deaf', kind: 'unidirectional-link', node: 'M', interface: 'M-B', active: true }],
      '',
      parseTopology(text, 'back.yaml'),
    );
    assert.match(named(report).join(', '), /unidirectional-link \w+ M B/);
    assert.ok(report.paths.some(({ id }) => id === 'f2'));
    mustVerify(report, anchor);
  });

  it('a creator cannot begin a path elsewhere, nor end it early', async () => {
    const { report } = await ask([fault('unidirectional-link', 'P-4', 'P-5')]);
    const { intent } = report;
    assert.ok(intent.kind === 'path-loss');
    const faultOf = (change: (rest: Report['paths'][number]) => void) => {
      const copy = structuredClone(report);
      const rest = copy.paths.find(({ id }) => id === 'f2');
      assert.ok(rest !== undefined, 'there is a path from behind the fault');
      assert.equal(rest.nodes[0], 'P-5');
      change(rest);
      return pathLossClaimFault(copy, intent);
    };
    assert.equal(
      faultOf(() => {}),
      undefined,
    );
    assert.match(
      faultOf((rest) => rest.nodes.splice(0, 1, 'P-99')) ?? '',
      /path f2 begins at P-99, which is on no path of its direction/,
    );
    const strays = structuredClone(report);
    const [rest] = strays.paths.filter(({ id }) => id === 'f2');
    assert.ok(rest !== undefined);
    strays.paths = strays.paths.filter((path) => path !== rest);
    strays.paths.push(
      { ...rest, nodes: ['X', 'Y', 'PE-13'] },
      { ...rest, id: 'f3', nodes: ['Y', 'X', 'PE-13'] },
    );
    assert.match(pathLossClaimFault(strays, intent) ?? '', /path f2 begins at X, which is on no path/);
    assert.match(faultOf((rest) => rest.nodes.pop()) ?? '', /path f2 does not run over P-5, PE-13/);
    assert.match(faultOf((rest) => rest.hops.reverse()) ?? '', /hops of path f2/);
  });
});
