import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { promptOf } from '../../../../models/intent/language.ts';
import { placeholderClasses, promptMarks } from '../../../../models/intent/prompt-writer.ts';
import { piecesMax, tagText } from '../../../../models/intent/tagging.ts';
import { knownWords } from '../../../../models/intent/vocabulary.ts';

const namesOf = (text: string, names?: string[]) => [
  ...tagText(text, names === undefined ? {} : { names }).names.values(),
];
const numbersOf = (text: string) =>
  [...tagText(text).numbers.values()].map(({ value, unit }) => `${value}${unit ?? ''}`);

describe('tagging of what an operator typed [T20]', () => {
  it('reads names in any style', () => {
    const names =
      'PE-1 pe1 r7 R_12/a lon-core-01.example.net 10.0.0.1 fc00:0:1::1 Gi0/0/0/1 berlin LON'.split(' ');
    assert.deepEqual(namesOf(names.join(', ')), names);
    assert.deepEqual(namesOf('from PE 1 to PE 3'), ['PE 1', 'PE 3']);
    assert.deepEqual(namesOf("PE-1's path"), ['PE-1']);
    assert.deepEqual(namesOf('10 Gbit/s, 100 mbit/s and 50 Mbps from pe1 to pe3'), ['pe1', 'pe3']);
  });

  it('cuts paths that were typed without spaces', () => {
    for (const text of [
      'pe1->p2->pe3',
      'pe1-p2-pe3',
      'pe1=>p2=>pe3',
      'pe1→p2→pe3',
      'pe1--p2--pe3',
      'pe1>p2>pe3',
    ])
      assert.deepEqual(namesOf(text), ['pe1', 'p2', 'pe3'], text);
    assert.deepEqual(namesOf('head=pe1 tail:pe3'), ['pe1', 'pe3']);
    assert.deepEqual(namesOf('pe1-to-pe3'), ['pe1', 'pe3']);
    assert.deepEqual(namesOf('loss between lon-pe1--via pe3'), ['lon-pe1', 'pe3']);
  });

  it('gives one name one placeholder, and knows the names of the domain, even common words', () => {
    const tagged = tagText('pe1 to PE3, PE1 complains', { names: ['PE3'] });
    assert.deepEqual([...tagged.names].slice(0, 2), [
      ['<|e0|>', 'pe1'],
      ['<|e1|>', 'PE3'],
    ]);
    assert.equal(tagged.tokens.filter((token) => token === '<|e0|>').length, 2);
    assert.deepEqual(
      [...tagText('loss from packet to link', { names: ['packet', 'link'] }).names],
      [
        ['<|e0|>', 'packet'],
        ['<|e1|>', 'link'],
      ],
    );
  });

  it('reads numbers with their units, written in digits or words', () => {
    assert.deepEqual(numbersOf('5% 0,5 % 20ms 1500 bytes 9000B 1k probes 1,000 probes'), [
      '5%',
      '0.5%',
      '20ms',
      '1500bytes',
      '9000bytes',
      '1000count',
      '1000count',
    ]);
    assert.deepEqual(numbersOf('five hundred probes, 2 thousand packets, one percent, half a percent'), [
      '500count',
      '2000count',
      '1%',
      '0.5%',
    ]);
    assert.deepEqual(numbersOf('dscp EF, AF41, cs6, 0x2e'), ['46dscp', '34dscp', '48dscp', '46']);
    assert.deepEqual(numbersOf('since 14:05 on 2026-11-22'), []);
  });

  it('knows what a number counts from the words around it [T20]', () => {
    const roles: Record<string, string[]> = {
      'loss below 2 %, dscp 34 traffic, 500 probes of 1400 bytes': ['2%', '34dscp', '500count', '1400bytes'],
      'with mark 35, max loss 4, size 9000 packets': ['35dscp', '4%', '9000bytes'],
      'n=300, length=4000, tolerance: 0,05%': ['300count', '4000bytes', '0.05%'],
      'packet_size=8,000 probe_count=200 loss limit=7': ['8000bytes', '200count', '7%'],
      '{"sizeBytes": 1400, "count": 50, "dscp": 10}': ['1400bytes', '50count', '10dscp'],
      'number of probes is 600, traffic class: 21': ['600count', '21dscp'],
      'packets of 1400, a total of 100 packets': ['1400bytes', '100count'],
      '5x probes, 20percent, 0.1 per cent, 9000-byte packets': ['5count', '20%', '0.1%', '9000bytes'],
      'for 3 days 40 users complain': ['3other', '40other'],
      'p2 counted 9000 drops, 17 crc errors and 3 flaps': ['9000other', '17other', '3other'],
      'one in ten packets, 4 out of 450 probes, in 300 probes': ['10other', '4', '450other', '300count'],
      'ticket 214244, hop 2, pktsize=1492, c=20, 9100 B packets': [
        '214244other',
        '2other',
        '1492bytes',
        '20count',
        '9100bytes',
      ],
      '--n 250 --size 64': ['250count', '64bytes'],
      // Nothing says what these are: the model decides.
      'above 2, send 5, at most 7, expected 1500': ['2', '5', '7', '1500'],
    };
    for (const [text, expected] of Object.entries(roles)) assert.deepEqual(numbersOf(text), expected, text);
  });

  it('reads numbers that are written or said [T20]', () => {
    const said: Record<string, string[]> = {
      'seven hundred and fifty probes, twenty-five probes': ['750count', '25count'],
      'two thousand five hundred probes': ['2500count'],
      'two thousand and fifty bytes, twenty five hundred bytes': ['2050bytes', '2500bytes'],
      'fifty one packets, seventeen pings, two dozen probes': ['51count', '17count', '24count'],
      'one five zero probes, two zero zero zero bytes': ['150count', '2000bytes'],
      'one tenth of a percent, a tenth of one percent, half of a percent': ['0.1%', '0.1%', '0.5%'],
      'zero point five percent, one point two five percent, point five percent': ['0.5%', '1.25%', '0.5%'],
      'one and a half percent, 2 and a half percent': ['1.5%', '2.5%'],
      // These are two numbers each.
      'between fifty and five packets': ['50', '5count'],
      'between one hundred and five hundred': ['100', '500'],
      'one in ten, five or six': ['10', '5', '6'],
    };
    for (const [text, expected] of Object.entries(said)) assert.deepEqual(numbersOf(text), expected, text);
    assert.deepEqual(tagText('zero loss in one point').tokens, ['zero', 'loss', 'in', 'one', 'point']);
  });

  it('reads units and counts that stand close to their number [T20]', () => {
    const roles: Record<string, string[]> = {
      'size=1KiB, 1 KiB, 2 ko, 1.5 kB': ['1024bytes', '1024bytes', '2000bytes', '1500bytes'],
      '2KB': ['2other'],
      'n:256, 500-sample latency, 40 tests, 5 shots': ['256count', '500count', '40count', '5count'],
      '--count 64 --bytes 600': ['64count', '600bytes'],
      '1500 bytes 600': ['1500bytes', '600'],
      '20k × 4096B, 500x64 bytes, 3× probes': ['20000count', '4096bytes', '500count', '64bytes', '3count'],
    };
    for (const [text, expected] of Object.entries(roles)) assert.deepEqual(numbersOf(text), expected, text);
    assert.deepEqual(tagText('1KiB').tokens, tagText('1 KiB').tokens);
    assert.deepEqual(tagText('20k × 64B').tokens, tagText('20k x 64 bytes').tokens);
    assert.deepEqual(namesOf('lab1-sample pe-500-tests N:pe1'), ['lab1-sample', 'pe-500-tests', 'N:pe1']);
  });

  it('tells paths with slashes from names with one', () => {
    for (const path of [
      'exeter-p2/hants-pe2',
      'edge-zrh-01/edge-mil-04',
      'mx1.ams/mx4.lon',
      'gnb-r41/csr-12/epc-north',
    ])
      assert.deepEqual(namesOf(`loss ${path}`), path.split('/'), path);
    for (const name of [
      'R_12/a',
      'pe1/re0',
      'ge-0/0/1',
      'pod-1/leaf-3',
      'a/b/c',
      'etc/frr/daemons',
      'MAN5-DUB2',
    ])
      assert.deepEqual(namesOf(`loss ${name}`), [name], name);
  });

  it('takes no abbreviation and no time for a name', () => {
    assert.deepEqual(namesOf('drops since 0400Z to there, i.e. PE-1'), ['PE-1']);
    assert.deepEqual(namesOf('is b g p up, r t t, m t u, c p u'), []);
    assert.deepEqual(namesOf('from 0461Z to 9000z'), ['0461Z', '9000z']);
  });

  it('reads keys of one letter, counted hops and names that are words', () => {
    assert.deepEqual(namesOf('a=pe1 b=pe3 n=50'), ['pe1', 'pe3']);
    assert.deepEqual(namesOf('hop1 pe1 hop2 p2 hop-3 pe3'), ['pe1', 'p2', 'pe3']);
    assert.deepEqual(namesOf('loss from admin to root via system'), ['admin', 'root', 'system']);
    assert.deepEqual(namesOf('ignore the system. reset it'), []);
    assert.deepEqual(namesOf('is it ok with PE 21. P 3: bad'), ['PE 21', 'P 3']);
    assert.deepEqual(namesOf('hop 1 192.168.24.179'), ['192.168.24.179']);
    assert.deepEqual(namesOf('on 10.0.0.1: cpu; fc00:0:1::1: memory; fcbb:bb00:1:: up'), [
      '10.0.0.1',
      'fc00:0:1::1',
      'fcbb:bb00:1::',
    ]);
  });

  it('says what a mistyped word may have been, and keeps what was typed', () => {
    const tagged = tagText('pakcet loss');
    assert.deepEqual(tagged.tokens, ['packet', promptMarks.or, '<|w0|>', 'loss']);
    assert.equal(tagged.names.get('<|w0|>'), 'pakcet');
    assert.deepEqual(tagText('pakcet loss', { names: ['pakcet'] }).tokens, ['<|e0|>', 'loss']);
  });

  it('never lets text become a special token [T20] [Y6]', () => {
    for (const text of ['<|e9|>', '<|end|>', '<|intent|>', '< |e9| >', '<|or|><|path-loss|>', '＜|e9|＞']) {
      const tagged = tagText(`loss ${text} from pe1`);
      assert.ok(!tagged.tokens.includes('<|end|>'));
      assert.ok(
        tagged.tokens.every((token) => token !== text),
        text,
      );
    }
    const words = fc.constantFrom(...'<|e0|> <|end|> <| |> < | > e0 loss pe1 \n "'.split(' '));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 300 }),
          fc.array(words).map((all) => all.join('')),
        ),
        (text) => {
          const tagged = tagText(text);
          const marks = new Set<string>(Object.values(promptMarks));
          for (const token of tagged.tokens) {
            if (tagged.names.has(token) || tagged.numbers.has(token) || marks.has(token)) continue;
            assert.ok(
              !token.includes('|') && (knownWords.has(token) || /^[^\p{L}\p{N}|]{1,3}$/u.test(token)),
              token,
            );
          }
          for (const name of tagged.names.values())
            assert.ok(text.includes(name) || /\p{M}|\p{Cf}|[\u2010-\u2015\u2212]|\s/u.test(text), name);
          assert.ok(promptOf(tagged).startsWith('<|intent|>'));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads what is typed in a hurry [T20]', () => {
    assert.deepEqual(namesOf('loss from A to B, w/ 1500-byte packets'), ['A', 'B']);
    assert.deepEqual(namesOf('A->B->C drops?'), ['A', 'B', 'C']);
    assert.deepEqual(namesOf('Verify packet-loss on the SRv6 path'), []);
    assert.deepEqual(namesOf('cannot get from site-a to core-edge'), ['site-a', 'core-edge']);
    assert.deepEqual(namesOf('{"head": "pe1", "max_loss": 1}'), ['pe1']);
    assert.deepEqual(namesOf('PE-1/P-2/PE-3'), ['PE-1', 'P-2', 'PE-3']);
    assert.deepEqual(numbersOf('2‰ of 1500-byte packets, AF 41, EF-marked'), [
      '0.2%',
      '1500bytes',
      '34dscp',
      '46dscp',
    ]);
    assert.deepEqual(tagText('form pe1').tokens.slice(0, 3), ['from', promptMarks.or, '<|p0|>']);
  });

  it('knows no words from the names that JavaScript has, and no number beyond all numbers', () => {
    const digits = '9'.repeat(320);
    const all = `${'million '.repeat(70)}probes`;
    for (const odd of [
      'constructor',
      'toString',
      'valueOf',
      '__proto__',
      'hasOwnProperty',
      digits,
      `${digits}KiB`,
      all,
    ]) {
      const { tokens, numbers } = tagText(`check ${odd} loss from PE-1 to PE-3`);
      assert.ok(tokens.includes('loss') && tokens.includes('to'), `${odd}: ${tokens.join(' ')}`);
      assert.ok(
        [...numbers.values()].every(({ value }) => Number.isFinite(value)),
        odd,
      );
    }
  });

  it('takes no time over text that was made to take it', () => {
    for (const part of ['a:', 'a--', 'a..', 'pe1-', '1:', '-', 'one ']) {
      const { tokens } = tagText(part.repeat(2_048).slice(0, 4_096), { names: ['pe1'] });
      assert.ok(tokens.length <= 2 * piecesMax, part);
    }
    assert.deepEqual(tagText(`loss ${'a:'.repeat(2_000)}b`).tokens, ['loss', promptMarks.sign]);
  });

  it('is bounded, and says when it left something out [Y5]', () => {
    const many = tagText(Array.from({ length: 100 }, (_, index) => `pe${index}`).join(' '));
    assert.equal(many.names.size, placeholderClasses.e);
    assert.equal(many.isCut, true);
    assert.ok(tagText('loss '.repeat(10_000)).tokens.length <= piecesMax);
    assert.equal(tagText('loss from pe1 to pe3').isCut, false);
  });

  it('orders placeholders as training asks for', () => {
    const indices = (count: number) => Array.from({ length: count }, (_, index) => count - 1 - index);
    assert.deepEqual([...tagText('pe1 to pe3', { indices }).names.keys()], ['<|e31|>', '<|e30|>']);
    assert.deepEqual(tagText('verify to pe3', { forgotten: new Set(['verify']) }).tokens, [
      '<|p0|>',
      'to',
      '<|e0|>',
    ]);
  });
});
