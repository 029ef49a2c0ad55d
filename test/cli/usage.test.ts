/** The command line as a contract: what is typed wrongly is told in one sentence, with exit code 2. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { root } from '../support/source.ts';
import { confer, refuses, scratch, threeRouters } from './confer.ts';

const commands = [
  [],
  ['lab'],
  ['agent'],
  ['ask'],
  ['report'],
  ['report', 'list'],
  ['report', 'show'],
  ['report', 'verify'],
  ['controller'],
  ['controller', 'pull'],
  ['controller', 'watch'],
  ['controller', 'report'],
  ['controller', 'report', 'list'],
  ['controller', 'report', 'show'],
  ['sim'],
  ['arena'],
  ['infer'],
  ['model'],
  ['model', 'parse'],
  ['model', 'info'],
  ['model', 'eval'],
  ['model', 'rank'],
  ['pki'],
  ['pki', 'init'],
  ['pki', 'issue'],
  ['pki', 'revoke'],
  ['audit'],
  ['audit', 'verify'],
];

const directory = scratch({
  'broken.yaml': 'name: x\ntopology:\n  nodes: [\n',
  'label.yaml': [
    'name: x',
    'topology:',
    '  nodes:',
    '    A:',
    '      labels:',
    '        confer.fualt.f: kind=healthy',
    '    B:',
    '  links:',
    '    - endpoints: ["A:a", "C:c"]',
  ].join('\n'),
  'field.yaml': 'name: x\ntopology:\n  nodes:\n    A:\n  lnks: []\n',
  'silent.yaml': 'name: x\ntopology:\n  nodes:\n    A:\n',
  'agent.yaml':
    'node: PE-1\nidentity: id\nadvertise: {host: "::1"}\nstore: store\ndriver: modelled\ncolour: red\n',
  'no-identity.yaml': 'node: PE-1\nidentity: id\nadvertise: {host: "::1"}\nstore: store\ndriver: modelled\n',
  'intent.yaml': 'kind: path-loss\nhead: PE-1\n',
  'intent.json': '{"kind": "path-loss",\n "head" "PE-1"}',
  'intent.txt': '',
  binary: 'loss from PE-1 to PE-3\0\u001b[31m',
  'apart.yaml': 'name: x\ntopology:\n  nodes: {A: , B: , C: }\n  links:\n    - endpoints: ["A:a", "B:b"]\n',
  'long.txt': `verify loss from PE-1 to PE-3 ${'please '.repeat(700)}`,
  'text.pem': 'no certificate',
});
after(() => directory[Symbol.dispose]());
const at = (name: string) => join(directory.path, name);
const readme = join(root, 'README.md');

describe('help', { concurrency: 2 }, () => {
  for (const command of commands)
    it(`of confer ${command.join(' ')} has an example`, async () => {
      const { code, stdout, stderr } = await confer(...command, '--help');
      assert.equal(code, 0, stderr);
      assert.equal(stderr, '');
      assert.match(stdout, new RegExp(`^Usage: confer ${command.join(' ')}`.trim()));
      assert.match(stdout, /\nExample: confer /);
      // Whoever adds a command adds it here.
      const below = (stdout.split(/^Commands:\n/m)[1] ?? '').matchAll(/^ {2}([a-z]+)/gm);
      const named = [...below].map(([, name = '']) => name).filter((name) => name !== 'help');
      const listed = commands.filter(
        (one) => one.length === command.length + 1 && command.every((name, index) => one[index] === name),
      );
      assert.deepEqual(
        named,
        listed.map((one) => one.at(-1)),
      );
    });

  it('of confer tells the exit codes', async () => {
    const { stdout } = await confer('--help');
    assert.match(
      stdout,
      /Exit codes: 0 a verified report, 1 none or it does not verify, 2 usage or bad input/,
    );
  });

  for (const [command, unit] of [
    ['init', 'days'],
    ['issue', 'hours'],
  ] as const)
    it(`of confer pki ${command} tells the longest lifetime`, async () => {
      const { stdout } = await confer('pki', command, '--help');
      assert.match(stdout, new RegExp(`--${unit} <n> +lifetime in ${unit}, at most 36500\\b`));
    });

  it('without a command is on stderr, with exit code 2', async () => {
    const { code, stdout, stderr } = await confer();
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.match(stderr, /^Usage: confer/);
  });

  it('knows the version', async () => {
    const { code, stdout } = await confer('--version');
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.deepEqual({ code, stdout }, { code: 0, stdout: `${version}\n` });
  });
});

describe('bad usage', { concurrency: 2 }, () => {
  const cases: [what: string, args: string[], ...told: RegExp[]][] = [
    ['an unknown command', ['labb'], /unknown command 'labb'.*Did you mean lab\?/],
    ['an unknown command below report', ['report', 'shwo'], /unknown command 'shwo'/],
    ['an unknown flag', ['lab', threeRouters, '--onze'], /unknown option '--onze'.*Did you mean --once\?/],
    ['a missing argument', ['lab'], /missing required argument 'topology.yaml'/],
    ['an argument too many', ['lab', threeRouters, 'x'], /too many arguments/],
    ['a missing flag', ['agent'], /required option '--config <agent.yaml>'/],
    ['an unknown world', ['lab', threeRouters, '--world', 'moon'], /modelled, kernel/],
    ['a seed that is no number', ['lab', threeRouters, '--seed', '-1'], /--seed.*whole number/],
    ['a seed that is too long', ['lab', threeRouters, '--seed', '1234567890123456'], /at most 15 digits/],
    [
      'an option in place of a fault',
      ['lab', threeRouters, '--fault', '--once'],
      /--fault <id,\.\.\.> needs a value/,
    ],
    [
      'an option in place of a directory',
      ['lab', threeRouters, '--out', '--once'],
      /--out <dir> needs a value/,
    ],
    ['a fault and none', ['lab', threeRouters, '--no-faults', '--fault', 'link-down'], /cannot be used with/],
    ['two intents', ['lab', threeRouters, '--intent', 'a', '--intent-file', 'b'], /cannot be used with/],
    ['an empty intent', ['lab', threeRouters, '--intent', ''], /--intent is empty: say what to verify/],
    ['an empty fault', ['lab', threeRouters, '--fault', 'link-down,'], /names with commas/],
    [
      'an address of no kind',
      ['ask', 'x', '--agent', 'https://[::1', '--identity', 'x'],
      /--agent https:\/\/\[::1 is no address/,
    ],
    ['an address without TLS', ['ask', 'x', '--agent', 'http://[::1]:9514', '--identity', 'x'], /https/],
    ['a report of an agent without identity', ['report', 'show', 'x', '--agent', '::1'], /--identity DIR/],
    ['an unknown role', ['pki', 'issue', '--dir', 'x', '--node', 'a', '--role', 'king'], /device, operator/],
    ['a lifetime of nothing', ['pki', 'issue', '--dir', 'x', '--node', 'a', '--hours', '0'], /above 0/],
    [
      'a lifetime of more than we take',
      ['pki', 'issue', '--dir', 'x', '--node', 'a', '--hours', '100000'],
      /'100000' is invalid\. Write a number above 0, at most 36500\b/,
    ],
  ];
  for (const [what, args, ...told] of cases) it(`tells ${what}`, () => refuses(args, 2, ...told));
});

describe('bad input', { concurrency: 2 }, () => {
  const cases: [what: string, args: string[], ...told: RegExp[]][] = [
    ['a missing topology', ['lab', at('none.yaml')], /none\.yaml cannot be read: there is no such file/],
    ['a directory for a topology', ['lab', directory.path], /cannot be read: it is a directory/],
    ['broken YAML', ['lab', at('broken.yaml')], /broken\.yaml:4: this is no YAML: expected a closing \]$/m],
    [
      'an unknown field of a topology',
      ['lab', at('field.yaml')],
      /:5: topology\.lnks: unknown field, .*links/,
    ],
    [
      'a node without a link',
      ['lab', at('apart.yaml'), '--intent', 'loss from A to B'],
      /apart\.yaml: no links lead from A to C: /,
    ],
    ['a place for reports that is a file', ['lab', threeRouters, '--out', '/etc/passwd'], /it is a file/],
    [
      'a place for reports where none can be',
      ['lab', threeRouters, '--out', '/dev/null/x'],
      /^confer: \/dev\/null\/x cannot be /,
    ],
    ['a topology without an intent', ['lab', at('silent.yaml')], /--intent/],
    ['an unknown fault', ['lab', threeRouters, '--fault', 'gremlin'], /--fault gremlin: .*egress-acl/],
    ['a missing intent file', ['lab', threeRouters, '--intent-file', at('none')], /none cannot be read/],
    [
      'an empty intent file',
      ['lab', threeRouters, '--intent-file', at('intent.txt')],
      /intent\.txt is empty/,
    ],
    [
      'an intent file that is no text',
      ['lab', threeRouters, '--intent-file', at('binary')],
      /binary is no text: expected a sentence, YAML or JSON in UTF-8/,
    ],
    [
      'an endless intent',
      ['lab', threeRouters, '--intent-file', at('long.txt')],
      /long\.txt.*at most 4096 bytes/,
    ],
    [
      'a broken intent in JSON',
      ['lab', threeRouters, '--intent-file', at('intent.json')],
      /intent\.json:2: column 9: this is no YAML: expected a comma or a colon\./,
    ],
    [
      'an intent in YAML that lacks a field',
      ['lab', threeRouters, '--intent-file', at('intent.yaml')],
      /intent\.yaml:1: tail: expected text, which is missing$/m,
    ],
    ['a missing agent.yaml', ['agent', '--config', at('none.yaml')], /none\.yaml cannot be read/],
    [
      'broken YAML of an agent',
      ['agent', '--config', at('broken.yaml')],
      /broken\.yaml:4: this is no YAML: expected a closing \]\.$/m,
    ],
    ['a page for a topology', ['lab', readme], /README\.md:3: this is no YAML: expected "name: value" or/],
    ['a page for an agent', ['agent', '--config', readme], /README\.md:3: this is no YAML: /],
    [
      'an unknown field of an agent',
      ['agent', '--config', at('agent.yaml')],
      /agent\.yaml:6: colour: .*no such field/,
    ],
    [
      'an agent without identity files',
      ['agent', '--config', at('no-identity.yaml')],
      /id\/certificate\.pem cannot be read.*confer pki issue/,
    ],
    [
      'an operator without identity files',
      ['ask', 'x', '--agent', '::1', '--identity', at('id')],
      /id\/certificate\.pem cannot be read.*confer pki issue/,
    ],
    ['a missing report', ['report', 'show', at('none.json')], /none\.json cannot be read/],
    ['a report that is none', ['report', 'show', at('broken.yaml')], /broken\.yaml is no JSON/],
    [
      'a missing report to verify',
      ['report', 'verify', at('none'), '--trust', at('text.pem')],
      /none cannot be read/,
    ],
    [
      'a trust anchor that is none',
      ['report', 'verify', at('intent.json'), '--trust', at('text.pem')],
      /text\.pem is no trust anchor/,
    ],
    ['no authority', ['pki', 'issue', '--dir', at('nowhere'), '--node', 'A'], /nowhere.*confer pki init/],
    [
      'an authority where no directory can be',
      ['pki', 'init', '--dir', '/dev/null/pki'],
      /^confer: \/dev\/null\/pki cannot be /,
    ],
    [
      'an authority below a file',
      ['pki', 'init', '--dir', at('text.pem/pki')],
      /pki cannot be .*(?:is a file|not a directory)/,
    ],
  ];
  for (const [what, args, ...told] of cases) it(`tells ${what}`, () => refuses(args, 2, ...told));

  it('tells of a certificate that ends with its authority, before its time', async () => {
    const authority = at('one-day');
    assert.equal((await confer('pki', 'init', '--dir', authority, '--days', '1')).code, 0);
    const { code, stdout } = await confer('pki', 'issue', '--dir', authority, '--node', 'A', '--hours', '25');
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^\S+\/A: device A until \d{4}-\S+Z: its authority ends then, before the 25 hours are over\n$/,
    );
    await refuses(
      ['pki', 'issue', '--dir', authority, '--node', '../x'],
      2,
      /--node: expected a node name of letters, digits, .*found "\.\.\/x"/,
    );
  });

  it('tells everything that is wrong with a topology, a line each', async () => {
    const { code, stderr } = await confer('lab', at('label.yaml'));
    assert.equal(code, 2);
    const [label, endpoint] = stderr.trim().split('\n');
    assert.match(
      label ?? '',
      /^confer: .*label\.yaml:6: topology\.nodes\.A\.labels\."confer\.fualt\.f": unknown label, expected/,
    );
    assert.match(
      endpoint ?? '',
      /label\.yaml:9: topology\.links item 1, endpoints item 2: expected one of the nodes A, B/,
    );
  });
});
