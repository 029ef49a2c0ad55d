/** `confer model`: what a text is understood as, and by whom. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readIntentSchema } from '../../src/cli/model/read-intent.ts';
import { writeManifest } from '../../src/system/model-files.ts';
import { hasModel, shippedModel, shippedRanker } from '../../src/system/model-store.ts';
import { root } from '../support/source.ts';
import { confer, refuses, scratch, threeRouters } from './confer.ts';

const random = join(root, 'test', 'vectors', 'decoders', 'grouped');
const texts = [
  'Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2',
  'kind: path-loss\nhead: a\ntail: b\nlossMaxPercent: 1\ndscp: 46',
  '{"head": "a", "tail": "b", "via": ["c"]}',
  'kind: path-latency\nhead: a\ntail: b\ncount: 50',
  'kind: device-status\nhead: a\nmetrics: [cpu, memory]',
  'kind: path-loss\nhead: a',
  'Reboot PE-1',
  'line one\nline two "quoted" <|e0|>',
  '',
];
const directory = scratch({
  'texts.jsonl': `${texts.map((text) => JSON.stringify(text)).join('\n')}\n`,
  'gaps.jsonl': '\u{FEFF}"latency from PE-1 to PE-33"\r\n\r\n  \n"loss from PE-1 to PE-3"\n\n',
  'long.jsonl': `${JSON.stringify('loss from PE-1 to PE-3 '.repeat(500))}\n`,
  'bad.jsonl': '"packet loss from a to b"\n{"text": 1}\n',
});
after(() => directory[Symbol.dispose]());
const file = join(directory.path, 'texts.jsonl');
const jsonLines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string });

describe('confer model parse', { concurrency: 2 }, () => {
  for (const model of ['rules', random])
    it(`prints an intent a line, in order, by ${model === random ? 'a model of random weights' : model}`, async () => {
      const { code, stdout, stderr } = await confer(
        'model',
        'parse',
        '--file',
        file,
        '--json',
        '--model',
        model,
      );
      assert.deepEqual([code, stderr], [0, '']);
      const intents = jsonLines(stdout);
      assert.equal(intents.length, texts.length);
      for (const intent of intents) readIntentSchema.parse(intent);
      assert.deepEqual(intents.slice(1, 5), [
        { kind: 'path-loss', head: 'a', tail: 'b', via: [], lossMaxPercent: 1, dscp: 46 },
        { kind: 'path-loss', head: 'a', tail: 'b', via: ['c'] },
        { kind: 'path-latency', head: 'a', tail: 'b', via: [], count: 50 },
        { kind: 'device-status', head: 'a', metrics: ['cpu', 'memory'] },
      ]);
      assert.equal(intents[5]?.kind, 'unsupported');
    });

  it('reads structure as agents do, refuses a node that is named twice, and tells what no agent measures', async () => {
    const cases: [text: string, intent: Record<string, unknown>, note?: RegExp][] = [
      [
        'head: a\ntail: b\nfirstFaultOnly: true\nlossMinPercent: 0.1\nperSecondMax: 100',
        {
          kind: 'path-loss',
          head: 'a',
          tail: 'b',
          via: [],
          firstFaultOnly: true,
          lossMinPercent: 0.1,
          perSecondMax: 100,
        },
      ],
      [
        'kind: device-status\nhead: a',
        { kind: 'device-status', head: 'a', metrics: ['cpu', 'memory', 'interface'] },
      ],
      [
        'kind: path-latency\nhead: a\ntail: b\ncount: 5000',
        {
          kind: 'unsupported',
          reason: 'The structured intent does not fit: count: expected at most 1000, found 5000.',
        },
      ],
      ['head: a\ntail: A', { kind: 'unsupported', reason: 'The path a, A names a node twice.' }],
      [
        'loss from PE-1 to PE-3 via PE-1',
        { kind: 'path-loss', head: 'PE-1', tail: 'PE-3', via: ['PE-1'] },
        /^confer: no agent measures this: The path PE-1, PE-1, PE-3 names a node twice\.\n$/,
      ],
      [
        'latency from PE-1 to PE-3 with 5000 probes',
        { kind: 'path-latency', head: 'PE-1', tail: 'PE-3', via: [], count: 5000 },
        /^confer: no agent measures this: count: expected at most 1000, found 5000\n$/,
      ],
    ];
    for (const [text, intent, note = /^$/] of cases) {
      const { code, stdout, stderr } = await confer('model', 'parse', text, '--json', '--model', 'rules');
      assert.equal(code, 0);
      assert.deepEqual(JSON.parse(stdout), intent);
      assert.match(stderr, note);
    }
  });

  it('says how it understood a text, who read it, and which names are near', async () => {
    const { code, stdout } = await confer(
      'model',
      'parse',
      'packet loss from PE-1 to PE-33',
      '--model',
      'rules',
      '--topology',
      threeRouters,
    );
    assert.equal(code, 0);
    assert.match(stdout, /understood as packet loss from PE-1 to PE-33/);
    assert.match(stdout, /read by the rules/);
    assert.match(stdout, /PE-33 is not in the topology; nearest names: PE-3/);
  });

  it('passes over empty lines, and tells beside the intents which names are not known', async () => {
    const gaps = join(directory.path, 'gaps.jsonl');
    const args = ['--file', gaps, '--json', '--model', 'rules', '--topology', threeRouters];
    const { code, stdout, stderr } = await confer('model', 'parse', ...args);
    assert.equal(code, 0);
    assert.deepEqual(
      jsonLines(stdout).map(({ kind }) => kind),
      ['path-latency', 'path-loss'],
    );
    assert.equal(stderr, 'confer: PE-33 is not in the topology; nearest names: PE-3, PE-1, P-2\n');
  });

  it('reads no text that is longer than an intent may be, and does not print all of it', async () => {
    const long = join(directory.path, 'long.jsonl');
    const { code, stdout } = await confer('model', 'parse', '--file', long, '--model', 'rules');
    assert.equal(code, 0);
    assert.match(stdout, /understood as nothing that Confer does: It is longer than 4096 bytes\.\n/);
    assert.match(stdout, /read by nobody: it is too long\n/);
    assert.ok(stdout.length < 1_000);
  });

  it('degrades to the rules where the model cannot be used, and says why', async () => {
    const { code, stdout, stderr } = await confer(
      'model',
      'parse',
      texts[0] ?? '',
      '--model',
      directory.path,
    );
    assert.equal(code, 0);
    assert.match(stdout, /understood as packet loss from PE-1 to PE-3 via P-2/);
    assert.match(stdout, /read by the rules \(there is no model in \S+: put the folder of one there\)/);
    assert.match(stderr, /^confer: the language model is not there; rules read intents: /);
  });

  it('degrades to the rules where a file of the model is not what it was, and says why', async () => {
    const copy = join(directory.path, 'flipped');
    cpSync(random, copy, { recursive: true });
    writeManifest(copy, {});
    writeFileSync(join(copy, 'config.json'), `${readFileSync(join(copy, 'config.json'), 'utf8')} `);
    const { code, stdout, stderr } = await confer('model', 'parse', texts[0] ?? '', '--model', copy);
    assert.equal(code, 0);
    assert.match(stdout, /read by the rules \(\S+: config\.json is not the file of manifest\.json: /);
    assert.match(
      stderr,
      /^confer: a language model is refused, and not used: \S+, config\.json is not the file/,
    );
    await refuses(
      ['model', 'info', '--model', copy],
      2,
      /cannot be used: config\.json is not .*; an agent reads by rules/,
    );
  });

  it('says nothing besides of a text that happens to be YAML of another kind', async () => {
    const { stdout, stderr } = await confer('model', 'parse', '? {a: b} : c', '--json', '--model', 'rules');
    assert.equal(JSON.parse(stdout).kind, 'unsupported');
    assert.equal(stderr, '');
  });

  it('refuses what is no list of texts', async () => {
    const bad = join(directory.path, 'bad.jsonl');
    await refuses(['model', 'parse', '--file', bad, '--json'], 2, /bad\.jsonl:2: expected a JSON string/);
    await refuses(['model', 'parse'], 2, /Give a text to read, or --file/);
    await refuses(['model', 'parse', 'text', '--file', file], 2, /Give a text to read, or --file/);
  });
});

describe('confer model info', () => {
  it('tells hash, shape and cost of a model', async () => {
    const { code, stdout } = await confer('model', 'info', '--json', '--model', random);
    assert.equal(code, 0);
    const info = JSON.parse(stdout);
    assert.match(info.digest, /^[0-9a-f]{64}$/);
    assert.deepEqual([info.type, info.layers, info.vocabularySize, info.speaks], ['llama', 2, 512, 'chat']);
    assert.ok(info.memoryMib > 0 && info.loadMs > 0);
  });

  it('refuses a folder without a model, in one line, and says what reads instead', async () => {
    const { code, stderr } = await confer('model', 'info', '--model', 'nobody');
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^confer: nobody cannot be used: there is no model in \S+: .*; an agent reads by rules meanwhile\.\n$/,
    );
    await refuses(['model', 'info', '--model', ''], 2, /--model names a folder/);
  });

  it('tells the shipped model line by line, and who ranks causes', {
    skip: !hasModel(shippedModel) && 'without weights',
  }, async () => {
    const { code, stdout } = await confer('model', 'info');
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}training {5}command {2}models\/training\/all\.sh$/m);
    assert.doesNotMatch(stdout, /\{/);
    if (hasModel(shippedRanker)) assert.match(stdout, /^ {2}causes {7}ranked by confer-evidence-1/m);
  });

  it('tells of the model that ranks causes all of its training, and no figure that is not its own', {
    skip: !hasModel(shippedRanker) && 'without weights',
  }, async () => {
    const { code, stdout } = await confer('model', 'info', '--model', shippedRanker);
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}training {5}command {2}models\/training\/evidence\/all\.sh$/m);
    // Both rounds, as the loss curve has them.
    const log = readFileSync(join(root, 'models/weights', shippedRanker, 'training-log.txt'), 'utf8');
    const rounds = [...log.matchAll(/parameters, (\d+) steps/g)].map(([, steps]) => Number(steps));
    assert.equal(rounds.length, 2);
    const steps = rounds.reduce((sum, one) => sum + one, 0);
    assert.match(stdout, new RegExp(`^ +steps {2}${steps}$`, 'm'));
    assert.doesNotMatch(stdout, /exactMatch/);
  });

  it('tells that rules read where they are chosen', async () => {
    const { code, stdout } = await confer('model', 'info', '--model', 'rules');
    assert.deepEqual([code, stdout.startsWith('rules (')], [0, true]);
  });
});

describe('confer model rank', () => {
  it('refuses what is no report', async () => {
    await refuses(['model', 'rank', file], 2, /texts\.jsonl is no JSON/);
    await refuses(['model', 'rank', join(directory.path, 'nobody.json')], 2, /nobody\.json cannot be read/);
    await refuses(['model', 'rank', join(root, 'package.json')], 2, /package\.json is no report/);
  });
});

describe('confer model eval', () => {
  it('refuses sets and cases of which there is no file', async () => {
    const nobody = join(directory.path, 'nobody.jsonl');
    await refuses(['model', 'eval', '--set', `mine=${nobody}`], 2, /nobody\.jsonl cannot be read/);
    await refuses(['model', 'eval', '--cases', `mine=${nobody}`], 2, /nobody\.jsonl cannot be read/);
    await refuses(['model', 'eval', '--set', 'mine'], 2, /expected NAME=FILE/);
    const both = ['--set', `mine=${nobody}`, '--set', `other=${file}`]; // the second does not replace the first
    await refuses(['model', 'eval', ...both], 2, /nobody\.jsonl cannot be read/);
  });
});
