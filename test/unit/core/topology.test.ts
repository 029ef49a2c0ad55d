/** Input: topology files. Output: the network that they describe, or everything that is wrong with them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { ConferError } from '../../../src/core/errors.ts';
import { dataKinds, routingKinds } from '../../../src/core/fault-kinds.ts';
import { faultKinds, parseTopology, routesOf, type Topology } from '../../../src/core/topology.ts';
import { reservedInterface, topologyJsonSchema } from '../../../src/core/topology-document.ts';
import { containerlabFields } from '../../../src/core/topology-fields.ts';
import { containerlabSchema } from './containerlab.ts';

const root = new URL('../../../', import.meta.url);
const files = readdirSync(new URL('topologies/', root)).filter((name) => name.endsWith('.yaml'));

function shipped(name: string): Topology {
  return parseTopology(readFileSync(new URL(`topologies/${name}`, root), 'utf8'), name);
}

/** The message of the refusal, a line each. */
function mistakes(text: string): string[] {
  try {
    parseTopology(text, 'x.yaml');
  } catch (error) {
    assert.ok(error instanceof ConferError && error.code === 'bad-input');
    return error.message.split('\n');
  }
  return [];
}

const two = `name: two
topology:
  nodes:
    A:
    B:
  links:
    - endpoints: ["A:a-b", "B:b-a"]
`;

test('every field of containerlab passes, whatever it means there', () => {
  const node = Object.fromEntries(containerlabFields.node.map((name) => [name, null]));
  const others = { type: 'veth', vars: { a: 1 }, ipv4: ['192.0.2.1/24'], ipv6: ['2001:db8::1/64'] };
  const lab = {
    name: 'full',
    prefix: '',
    mgmt: { network: 'x' },
    topology: {
      defaults: { env: { A: 'b' } },
      kinds: { linux: { image: 'debian:12', 'cap-add': ['NET_ADMIN'] } },
      groups: { edge: { kind: 'linux', 'startup-delay': 5 } },
      nodes: {
        A: { ...node, kind: 'linux', image: 'debian:12', labels: { graph: 'x' } },
        B: { binds: ['a:b'] },
      },
      links: [{ endpoints: ['A:a-b', 'B:b-a'], mtu: 1500, ...others }],
    },
  };
  assert.equal(parseTopology(stringify(lab), 'x.yaml').links.length, 1);
});

test('a plain containerlab file works: everything has a default', () => {
  const topology = parseTopology(two, 'two.yaml');
  assert.deepEqual(topology, {
    name: 'two',
    management: 'out-of-band',
    backgroundLossPercent: 0,
    nodes: [
      {
        name: 'A',
        role: 'router',
        address: 'fc00:1::1',
        locator: 'fc00:1::/32',
        sids: { end: 'fc00:1::e', decapsulate: 'fc00:1::d' },
      },
      {
        name: 'B',
        role: 'router',
        address: 'fc00:2::1',
        locator: 'fc00:2::/32',
        sids: { end: 'fc00:2::e', decapsulate: 'fc00:2::d' },
      },
    ],
    links: [
      {
        a: {
          node: 'A',
          interface: 'a-b',
          address: '2001:db8:1:2::1',
          prefixLength: 64,
          mtuBytes: 1_500,
          macAddress: '02:00:00:01:00:01',
        },
        b: {
          node: 'B',
          interface: 'b-a',
          address: '2001:db8:1:2::2',
          prefixLength: 64,
          mtuBytes: 1_500,
          macAddress: '02:00:00:02:00:01',
        },
        metric: 10,
      },
    ],
    faults: [],
  });
});

test('the example of docs/topology.md says what the page says', () => {
  const page = readFileSync(new URL('docs/topology.md', root), 'utf8');
  const example = /```yaml\n(# yaml-language-server[\s\S]*?)```/.exec(page)?.[1] ?? '';
  const topology = parseTopology(example, 'docs/topology.md');
  assert.equal(topology.backgroundLossPercent, 0.01);
  assert.deepEqual(topology.nodes[1]?.capabilities, ['ietf-srv6-ping', 'ietf-interface-counters']);
  assert.deepEqual(topology.links[1], {
    a: {
      node: 'B',
      interface: 'b-c',
      address: '2001:db8:7::1',
      prefixLength: 64,
      mtuBytes: 9_000,
      macAddress: '02:00:00:02:00:02',
    },
    b: {
      node: 'C',
      interface: 'c-b',
      address: '2001:db8:7::2',
      prefixLength: 64,
      mtuBytes: 9_000,
      macAddress: '02:00:00:03:00:01',
    },
    metric: 20,
  });
  assert.deepEqual(
    topology.faults.map((fault) => [fault.id, fault.active, fault.lossPercent]),
    [
      ['acl', true, 3.2],
      ['dead', false, undefined],
    ],
  );
  for (const kind of faultKinds) assert.ok(page.includes(`|\`${kind}\`|`), `${kind} is not documented`);
});

test('the published JSON Schema is that of the parser', () => {
  assert.deepEqual(
    JSON.parse(readFileSync(new URL('docs/topology.schema.json', root), 'utf8')),
    topologyJsonSchema(),
  );
});

test('interface names that Linux keeps for itself are refused by the page and its schema too', () => {
  const { pattern } = reservedInterface;
  assert.ok(JSON.stringify(topologyJsonSchema()).includes(JSON.stringify({ not: { pattern } }).slice(1, -1)));
  for (const [name, reserved] of Object.entries({
    lo: true,
    all: true,
    default: true,
    lo0: false,
    call: false,
  }))
    assert.equal(new RegExp(pattern).test(`A:${name}`), reserved, name);
  const page = readFileSync(new URL('docs/topology.md', root), 'utf8');
  assert.match(page, /is not `lo`, `all` or `default`/);
});

for (const file of files) {
  test(`${file}: containerlab accepts it, and its intent and faults are there`, () => {
    const text = readFileSync(new URL(`topologies/${file}`, root), 'utf8');
    containerlabSchema.parse(parse(text));
    const topology = shipped(file);
    assert.ok(topology.intent);
    assert.ok(topology.faults.some((fault) => fault.kind === 'healthy'));
    assert.equal(topology.faults.filter((fault) => fault.active).length, 1);
    for (const node of topology.nodes)
      assert.equal(routesOf(topology, node.name).length, topology.nodes.length - 1);
  });
}

test('the shipped networks have the promised sizes; pe1-p2-pe3 has one fault of each kind', () => {
  const sizes = files.map((file) => [file, shipped(file).nodes.length, shipped(file).links.length]);
  assert.deepEqual(sizes.toSorted(), [
    ['fabric-20.yaml', 20, 32],
    ['line-12.yaml', 13, 12],
    ['pe1-p2-pe3.yaml', 3, 2],
    ['ring-6.yaml', 6, 6],
    ['routing-4.yaml', 4, 3],
  ]);
  const { faults, intent } = shipped('pe1-p2-pe3.yaml');
  assert.deepEqual(faults.map((fault) => fault.kind).toSorted(), dataKinds.toSorted());
  const routing = shipped('routing-4.yaml').faults.map((fault) => fault.kind);
  assert.deepEqual(routing.toSorted(), ['healthy', ...routingKinds].toSorted());
  for (const fault of faults) assert.equal(fault.id, fault.kind);
  assert.deepEqual(
    faults.filter((fault) => fault.active),
    [
      {
        id: 'egress-acl',
        kind: 'egress-acl',
        node: 'PE-1',
        interface: 'pe1-p2',
        object: '2001',
        lossPercent: 3.2,
        active: true,
      },
    ],
  );
  assert.equal(intent, 'Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2');
});

test('routes are shortest, with every equal-cost next hop', () => {
  const fabric = routesOf(shipped('fabric-20.yaml'), 'leaf-11');
  const far = fabric.find((route) => route.prefix === 'fc00:5::/32');
  assert.deepEqual(
    far?.nextHops.map((nextHop) => nextHop.interface),
    ['leaf11-agg11', 'leaf11-agg12'],
  );
  const ring = routesOf(shipped('ring-6.yaml'), 'PE-1');
  assert.deepEqual(
    ring.map((route) => route.nextHops.map((nextHop) => nextHop.interface).join()),
    ['pe1-p2', 'pe1-p2', 'pe1-p2,pe1-p6', 'pe1-p6', 'pe1-p6'],
  );
  const expensive = two
    .replace('    B:\n', '    B:\n    C:\n')
    .concat(
      '      labels: {confer.metric: "50"}\n    - endpoints: ["A:a-c", "C:c-a"]\n    - endpoints: ["C:c-b", "B:b-c"]\n',
    );
  assert.deepEqual(routesOf(parseTopology(expensive, 'x'), 'A')[0]?.nextHops, [
    { interface: 'a-c', address: '2001:db8:1:3::3' },
  ]);
});

test('following the routes of any connected network reaches every node', () => {
  const networks = fc.integer({ min: 2, max: 12 }).chain((size) =>
    fc.record({
      size: fc.constant(size),
      // A tree, so that everything is connected, and some links more.
      parents: fc.tuple(...Array.from({ length: size - 1 }, (_, index) => fc.nat(index))),
      extra: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 8 }),
      metrics: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 32, maxLength: 32 }),
    }),
  );
  fc.assert(
    fc.property(networks, ({ size, parents, extra, metrics }) => {
      const pairs = [...parents.map((parent, index) => [index + 1, parent] as const), ...extra].filter(
        ([a, b]) => a !== b,
      );
      const text = JSON.stringify({
        name: 'x',
        topology: {
          nodes: Object.fromEntries(Array.from({ length: size }, (_, index) => [`n${index}`, {}])),
          links: pairs.map(([a, b], index) => ({
            endpoints: [`n${a}:l${index}a`, `n${b}:l${index}b`],
            labels: { 'confer.metric': metrics[index] ?? 1 },
          })),
        },
      });
      const topology = parseTopology(text, 'x');
      const routes = new Map(topology.nodes.map((node) => [node.name, routesOf(topology, node.name)]));
      const ends = topology.links.flatMap(({ a, b }) => [
        { here: a, there: b },
        { here: b, there: a },
      ]);
      for (const from of topology.nodes) {
        for (const to of topology.nodes) {
          let at = from.name;
          for (let hops = 0; at !== to.name; hops++) {
            assert.ok(hops < size, `loop between ${from.name} and ${to.name}`);
            const route = routes.get(at)?.find((one) => one.prefix === to.locator);
            const nextHop = route?.nextHops.at(-1);
            const end = ends.find(({ here }) => here.node === at && here.interface === nextHop?.interface);
            assert.equal(end?.there.address, nextHop?.address);
            at = end?.there.node ?? '';
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('parallel links have prefixes of their own', () => {
  const topology = parseTopology(`${two}    - endpoints: ["B:b-a2", "A:a-b2"]\n`, 'x');
  assert.deepEqual(
    topology.links.map((link) => link.a.address),
    ['2001:db8:1:2::1', '2001:db8:1:1002::2'],
  );
});

test('everything that is wrong is told at once, with file, line, field and expectation', () => {
  const found = mistakes(`name: x
topology:
  defaults:
    labels:
      confer.management: inband
      confer.backgroud-loss: 1
  nodes:
    A:
      kind: linux
      labels:
        confer.role: true
        confer.fault.f1: kind=egress-acl interface=nope loss-percent=300
        confer.address: hello
    B:
  links:
    - endpoints: ["A:a-b", "C:c-a"]
    - endpoints: ["A:a-b", "B:a-very-long-interface"]
      labels: {confer.metric: 0}
`);
  const expected = [
    /^x\.yaml:5: topology\.defaults\.labels\."confer\.management": expected one of out-of-band, in-band, found "inband"$/,
    /^x\.yaml:6: .*"confer\.backgroud-loss": unknown label, expected one of confer\.intent/,
    /^x\.yaml:11: .*"confer\.role": expected text/,
    /^x\.yaml:12: .*"confer\.fault\.f1": expected object= for egress-acl/,
    /^x\.yaml:12: .*expected loss-percent= with a number above 0 and at most 100, found "300"$/,
    /^x\.yaml:12: .*expected interface= with one of a-b, found "nope"$/,
    /^x\.yaml:13: .*"confer\.address": expected an IPv6 address/,
    /^x\.yaml:16: topology\.links item 1, endpoints item 2: expected one of the nodes A, B, found "C"$/,
    /^x\.yaml:17: topology\.links item 2, endpoints item 1: .*A:a-b has a link already$/,
    /^x\.yaml:17: .*at most 15/,
    /^x\.yaml:18: .*"confer\.metric": expected a whole number from 1 to 65535, found 0$/,
  ];
  assert.equal(found.length, expected.length, found.join('\n'));
  for (const [index, line] of expected.entries()) assert.match(found[index] ?? '', line);
});

const fault = (text: string) =>
  two.replace('    A:\n', `    A:\n      labels:\n        confer.fault.f: ${text}\n`);

for (const [what, text, line] of [
  ['broken YAML', 'name: x\ntopology:\n  nodes: {A: [}\n', /^x\.yaml:3: /],
  ['an empty file', '', /^x\.yaml:1: expected a containerlab topology/],
  [
    'a duplicate node',
    two.replace('    B:\n', '    B:\n    B:\n'),
    /^x\.yaml:6: expected each name once, found "B" again$/,
  ],
  ['no name', two.replace('name: two\n', ''), /^x\.yaml:1: name: expected text, which is missing$/],
  [
    'a misspelt field of a node',
    two.replace('    B:\n', '    B:\n      lables: {confer.role: edge}\n'),
    /^x\.yaml:6: topology\.nodes\.B\.lables: unknown field, expected labels$/,
  ],
  [
    'a label of ours beside the labels',
    two.replace('    B:\n', '    B:\n      confer.role: edge\n'),
    /^x\.yaml:6: .*unknown field, expected it under labels/,
  ],
  [
    'a field of nobody',
    two.replace('    B:\n', '    B:\n      colour: red\n'),
    /^x\.yaml:6: topology\.nodes\.B\.colour: unknown field, expected one of containerlab/,
  ],
  [
    'a misspelt field of a link',
    `${two}      MTU: 1400\n`,
    /^x\.yaml:8: topology\.links item 1, MTU: unknown field, expected mtu$/,
  ],
  [
    'a misspelt field of the defaults',
    two.replace('topology:\n', 'topology:\n  defaults:\n    label: {}\n'),
    /topology\.defaults\.label: unknown field, expected labels$/,
  ],
  ['a link to itself', two.replace('B:b-a', 'A:b-a'), /^x\.yaml:7: .*expected two different nodes$/],
  [
    'a bad endpoint',
    two.replace('B:b-a', 'B'),
    /^x\.yaml:7: topology\.links item 1, endpoints item 2: expected "NODE:INTERFACE"/,
  ],
  ['lo', two.replace('B:b-a', 'B:lo'), /^x\.yaml:7: .*lo is the loopback$/],
  ...['all', 'default'].map((name): [string, string, RegExp] => [
    `an interface that is called ${name}`,
    two.replace('B:b-a', `B:${name}`),
    new RegExp(
      `^x\\.yaml:7: topology\\.links item 1, endpoints item 2: .*: ${name} stands for others in the settings of Linux$`,
    ),
  ]),
  [
    'one address twice',
    two.replace('    B:\n', '    B:\n      labels: {confer.address: "fc00:1::1"}\n'),
    /^x\.yaml:5: .*A has fc00:1::1 too/,
  ],
  [
    'overlapping locators',
    two.replace('    B:\n', '    B:\n      labels: {confer.locator: "fc00:1:5::/48"}\n'),
    /overlaps/,
  ],
  [
    'a SID outside its locator',
    two.replace('    B:\n', '    B:\n      labels: {confer.sid-end: "fc00:7::e"}\n'),
    /within the locator/,
  ],
  [
    'ends in different prefixes',
    `${two}      labels: {confer.address-a: "2001:db8:9::1/64"}\n`,
    /both ends in one prefix/,
  ],
  [
    'a small MTU',
    `${two}      mtu: 100\n`,
    /^x\.yaml:8: topology\.links item 1, mtu: expected a whole number of octets from 1280 .*to 65535, found 100$/,
  ],
  ['an MTU in words', `${two}      mtu: big\n`, /mtu: expected a whole number of octets .*found "big"$/],
  [
    'an unknown capability',
    two.replace('    B:\n', '    B:\n      labels: {confer.capabilities: counting, magic}\n'),
    /^x\.yaml:6: /,
  ],
  [
    'a label that YAML takes as a boolean',
    two.replace('    B:\n', '    B:\n      labels: {other: yes, more: true}\n'),
    /put the value in quotes/,
  ],
  ['an unknown kind', fault('kind=gremlin'), /^x\.yaml:6: .*expected kind= with one of healthy/],
  ['no kind', fault('interface=a-b'), /expected kind=/],
  ['a word without a value', fault('kind=healthy now'), /expected key=value, found "now"/],
  [
    'a key that does not belong',
    fault('kind=link-down interface=a-b loss-percent=3'),
    /expected for link-down only kind, active, interface/,
  ],
  ['a key twice', fault('kind=link-down interface=a-b interface=a-b'), /expected interface= once/],
  ['a bad active', fault('kind=healthy active=maybe'), /expected active=true or active=false, found "maybe"/],
  [
    'silent loss of everything',
    fault('kind=silent-loss interface=a-b loss-percent=100'),
    /unidirectional-link/,
  ],
  [
    'silent loss of nothing',
    fault('kind=silent-loss interface=a-b loss-percent=0'),
    /^[^\n]*expected loss-percent= with a number above 0 and at most 100, found "0"$/,
  ],
  [
    'silent loss of nobody knows how much',
    fault('kind=silent-loss interface=a-b'),
    /^[^\n]*expected loss-percent= for silent-loss, which is missing$/,
  ],
  [
    'a small MTU of one end',
    fault('kind=mtu-mismatch interface=a-b mtu-bytes=100'),
    /expected mtu-bytes= from 1280 .* to below the other end's 1500, found 100$/,
  ],
  [
    'an MTU that is no mismatch',
    fault('kind=mtu-mismatch interface=a-b mtu-bytes=1500'),
    /below the other end's 1500/,
  ],
  [
    'a fault without its interface',
    fault('kind=unidirectional-link'),
    /expected interface= for unidirectional-link, which is missing/,
  ],
  [
    'a destination that is no node',
    fault('kind=locator-unreachable destination=Z'),
    /expected destination= with one of B, found "Z"/,
  ],
  [
    'a destination that is the node itself',
    fault('kind=forwarding-loop interface=a-b destination=A'),
    /expected destination= with one of B, found "A"/,
  ],
  [
    'an optional interface that is none',
    fault('kind=rib-fib-mismatch destination=B interface=a-z'),
    /expected interface= with one of a-b, found "a-z"/,
  ],
  [
    'a way out for what is decapsulated here',
    fault('kind=sid-wrong-behaviour sid=decapsulate interface=a-b'),
    /expected interface= only with sid=end/,
  ],
  [
    'a segment that is no node',
    fault('kind=wrong-segment-order destination=B segments=B,Z'),
    /expected segments= with some of A, B, found "Z"/,
  ],
  [
    'no mark at all',
    fault('kind=dscp-remark interface=a-b dscp=0'),
    /a whole number from 1 to 63, found "0"/,
  ],
  ['no rate', fault('kind=rate-bottleneck interface=a-b rate-kbps=7'), /from 8, found "7"/],
  ['a SID of another name', fault('kind=sid-missing sid=last'), /end or decapsulate/],
] as [string, string, RegExp][]) {
  test(`refused: ${what}`, () => {
    const found = mistakes(text);
    assert.ok(
      found.some((one) => line.test(one)),
      found.join('\n') || 'it was accepted',
    );
  });
}

test('locators that overlap are one mistake, where the locator is written', () => {
  const locator = (node: string, prefix: string) =>
    two.replace(`    ${node}:\n`, `    ${node}:\n      labels:\n        confer.locator: "${prefix}"\n`);
  const told = (line: number, node: string, other: string, prefix: string) =>
    `x.yaml:${line}: topology.nodes.${node}.labels."confer.locator": expected a locator of its own, but that of ${other}, ${prefix}, overlaps`;
  assert.deepEqual(mistakes(locator('B', 'fc00:1::/32')), [told(7, 'B', 'A', 'fc00:1::/32')]);
  assert.deepEqual(mistakes(locator('B', 'fc00::/16')), [told(7, 'B', 'A', 'fc00:1::/32')]);
  assert.deepEqual(mistakes(locator('B', 'fc00:1:5::/48')), [told(7, 'B', 'A', 'fc00:1::/32')]);
  assert.deepEqual(mistakes(locator('A', 'fc00:2::/32')), [told(6, 'A', 'B', 'fc00:2::/32')]);
  assert.deepEqual(mistakes(locator('B', 'fc00:3::/32')), []);
  const whole = 'confer.locator: "fc00:1:2:3:4:5:6:7/128"';
  const both = mistakes(two.replaceAll(/( {4}[AB]:\n)/g, `$1      labels:\n        ${whole}\n`));
  assert.equal(both.filter((one) => /overlaps$/.test(one)).length, 1);
  assert.equal(both.filter((one) => /no address can be derived/.test(one)).length, 6);
});

test('a silent loss of nothing, or of nobody knows how much, is one mistake', () => {
  for (const words of ['', ' loss-percent=0'])
    assert.equal(mistakes(fault(`kind=silent-loss interface=a-b${words}`)).length, 1, words);
});

test('no text makes the parser fail in another way', () => {
  const pieces = fc.constantFrom(
    ...two.split(/(?<=[ :\n"])/),
    '&a ',
    '*a',
    '!!x ',
    '- ',
    '? ',
    '[',
    '}',
    '\t',
    '\u0000',
    'confer.fault.f: ',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
      mistakes(parts.join(''));
    }),
    { numRuns: 500 },
  );
});
