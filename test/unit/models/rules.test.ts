/** The rule-based language model and the check of what it read: sentences in, intents out, nothing else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SummaryFacts } from '../../../models/language-model.ts';
import { createRules, wordSummary } from '../../../models/rules.ts';

const model = createRules();
const options = { signal: new AbortController().signal };

async function read(text: string): Promise<unknown> {
  return JSON.parse(await model.complete(text, options));
}

/** How much is to be measured: it is no part of the path. */
const wished: [text: string, wishes: Record<string, unknown>][] = [
  ['Find the first fault with packet loss from PE-1 to PE-3 via P-2', { firstFaultOnly: true }],
  ['packet loss of 0.1 % or more from PE-1 to PE-3 via P-2', { lossMinPercent: 0.1 }],
  ['packet loss from 0.1% on, from PE-1 to PE-3 via P-2', { lossMinPercent: 0.1 }],
  ['loss PE-1 -> P-2 -> PE-3 count 200', { count: 200 }],
  ['head=PE-1 tail=PE-3 via=P-2 count=200', { count: 200 }],
  ['loss from PE-1 to PE-3 via P-2 with at most 500 probes', { count: 500 }],
  ['loss from PE-1 to PE-3 via P-2, 100 pps', { perSecondMax: 100 }],
  ['loss from PE-1 to PE-3 via P-2, 1 probe a second', { perSecondMax: 1 }],
  ['loss from PE-1 to PE-3 via P-2, at most 1 packet per second', { perSecondMax: 1 }],
  ['loss from PE-1 to PE-3 via P-2, 50 probes/s', { perSecondMax: 50 }],
  ['loss from PE-1 to PE-3 via P-2, at most 300 probes in total', { totalMax: 300 }],
  ['loss from PE-1 to PE-3 via P-2, 300 packets altogether, count 40', { totalMax: 300, count: 40 }],
  ['loss from PE-1 to PE-3 via P-2, in total no more than 300 probes', { totalMax: 300 }],
  ['loss from PE-1 to PE-3 via P-2, 50 packets/sec, 300 probes', { perSecondMax: 50, count: 300 }],
  ['we are losing 1 packet a second from PE-1 to PE-3 via P-2', {}],
  ['PE-1 drops 3 packets a second, packet loss from PE-1 to PE-3 via P-2', {}],
  ['loss from PE-1 to PE-3 via P-2, up to 1 % is acceptable', { lossMaxPercent: 1 }],
  ['We tolerate losses up to 0.25 percent from PE-1 to PE-3 via P-2', { lossMaxPercent: 0.25 }],
  ['packet loss from PE-1 to PE-3 via P-2, no more than 0.5% loss', { lossMaxPercent: 0.5 }],
  ['head=PE-1 tail=PE-3 via=P-2 loss-max=2', { lossMaxPercent: 2 }],
  ['loss from PE-1 to PE-3 via P-2 with DSCP 10', { dscp: 10 }],
  ['loss from PE-1 to PE-3 via P-2, DSCP EF', { dscp: 46 }],
  ['loss PE-1 -> P-2 -> PE-3 dscp=af41', { dscp: 34 }],
  ['loss PE-1 -> P-2 -> PE-3 dscp cs6', { dscp: 48 }],
  ['Verify loss from PE-1 to PE-3 via P-2 with 1000 probes of size 1400', { count: 1_000, sizeBytes: 1_400 }],
  ['packet loss from PE-1 to PE-3 via P-2, 3 probes', { count: 3 }],
  ['loss from PE-1 to PE-3 via P-2, 1400 bytes, 300 probes', { count: 300, sizeBytes: 1_400 }],
  ['loss PE-1 -> P-2 -> PE-3, 500 packets please', { count: 500 }],
  ['loss from PE-1 to PE-3 using 20 probes via P-2', { count: 20 }],
  ['loss from PE-1 to PE-3 via P-2 40 probes', { count: 40 }],
  ['3 of 500 probes are lost from PE-1 to PE-3 via P-2', {}],
  ['from PE-1 to PE-3 via P-2, 3 packets were lost', {}],
  ['loss from PE-1 to PE-3 via P-2, 5 % is bad', {}],
  ['loss from PE-1 to PE-3 via P-2, packets vanish', {}],
  ['loss of 1500 byte packets from PE-1 to PE-3 via P-2', { sizeBytes: 1_500 }],
  [
    'loss from PE-1 to PE-3 via P-2, at most 50 packets per second, at most 900 probes, only the first fault',
    { perSecondMax: 50, count: 900, firstFaultOnly: true },
  ],
];

for (const [text, wishes] of wished)
  it(`reads what is wished for besides the path: ${text}`, async () => {
    assert.deepEqual(await read(text), {
      kind: 'path-loss',
      head: 'PE-1',
      tail: 'PE-3',
      via: ['P-2'],
      ...wishes,
    });
  });

/** "A > B > C": head, via, tail. */
const understood: [text: string, path: string][] = [
  ['Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2', 'PE-1 > P-2 > PE-3'],
  ['Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2.', 'PE-1 > P-2 > PE-3'],
  [
    'verify loss from pe1.lab.example to pe3.lab.example via p2.lab.example, p4 and p5',
    'pe1.lab.example > p2.lab.example > p4 > p5 > pe3.lab.example',
  ],
  ['loss PE-1 -> P-2 -> PE-3', 'PE-1 > P-2 > PE-3'],
  ['loss PE-1→P-2→PE-3', 'PE-1 > P-2 > PE-3'],
  ['loss PE-3 <- P-2 <- PE-1', 'PE-1 > P-2 > PE-3'],
  ['loss PE-3<--P-2<--PE-1', 'PE-1 > P-2 > PE-3'],
  ['packet loss PE-3 ← P-2 ← PE-1?', 'PE-1 > P-2 > PE-3'],
  ['loss between PE-1 (head) and PE-3 (tail) via P-2', 'PE-1 > P-2 > PE-3'],
  ['loss between PE-1 (tail) and PE-3 (head) via P-2', 'PE-3 > P-2 > PE-1'],
  ['loss PE-1 (tail), PE-3 [head]', 'PE-3 > PE-1'],
  ['loss from PE-1 (the head) to PE-3', 'PE-1 > PE-3'],
  ['loss between PE-1 and PE-3 (source)', 'PE-3 > PE-1'],
  ['PE-1 > P-2 > PE-3', 'PE-1 > P-2 > PE-3'],
  ['check loss between PE-1 and PE-3 via P-2 please', 'PE-1 > P-2 > PE-3'],
  ['Why are packets dropped to PE-3 from PE-1 through P-2?', 'PE-1 > P-2 > PE-3'],
  ['from PE-1 via P-2 to PE-3 we lose packets', 'PE-1 > P-2 > PE-3'],
  ['head=PE-1 tail=PE-3 via=P-2,P-4', 'PE-1 > P-2 > P-4 > PE-3'],
  ['head: PE-1, tail: PE-3, via: P-2', 'PE-1 > P-2 > PE-3'],
  ['src PE-1 dst PE-3', 'PE-1 > PE-3'],
  ['We need to know whether packets from PE-1 to PE-3 are lost', 'PE-1 > PE-3'],
  ['I want to verify loss from the router PE-1 to the node PE-3', 'PE-1 > PE-3'],
  ['loss from host gw#4 to a router named core#27 over edge#2', 'gw#4 > edge#2 > core#27'],
  ['packet loss, source is mike, destination is foxtrot', 'mike > foxtrot'],
  ['loss from the pe 172.28.158.234 to the pe 172.19.91.204', '172.28.158.234 > 172.19.91.204'],
  ['loss from host to box', 'host > box'],
  ['loss from "PE-1" to \'PE-3\' via ‘P-2’', 'PE-1 > P-2 > PE-3'],
  ['loss from PE-1 to PE-3 over SRv6 via P-2', 'PE-1 > P-2 > PE-3'],
  ['loss from PE-1 to PE-3 over the SRv6 path via P-2', 'PE-1 > P-2 > PE-3'],
  ['loss from PE-1 to PE-3 via P-2 and via P-4', 'PE-1 > P-2 > P-4 > PE-3'],
  ['loss from PE-1 to PE-3 by way of P-2', 'PE-1 > P-2 > PE-3'],
  ['loss from PE-1 to PE-3 via P-2 across P-4', 'PE-1 > P-2 > P-4 > PE-3'],
  ['loss from 1 to 3 via 2, 4 and 5', '1 > 2 > 4 > 5 > 3'],
  ['loss from PE-1 to PE-3 via P-2, P-4. Then call PE-9 via phone-1', 'PE-1 > P-2 > P-4 > phone-1 > PE-3'],
  ['loss from PE-1\nto PE-3\nvia P-2', 'PE-1 > P-2 > PE-3'],
  ['packet loss PE-3 to PE-1?', 'PE-3 > PE-1'],
  ['loss A to C via B', 'A > B > C'],
  ['packet loss lon to mil via fra?', 'lon > fra > mil'],
  ['packet loss lon to par?', 'lon > par'],
  ['Packet-loss Lon towards the router Par', 'Lon > Par'],
  ['Verify packet losses core.lon to edge.mil via fra and par', 'core.lon > fra > par > edge.mil'],
  ['loss lon -> fra -> mil', 'lon > fra > mil'],
  ['Why are packets dropped between lon and mil through fra?', 'lon > fra > mil'],
  // Whoever checks names the node that is there twice.
  ['loss from PE-1 to PE-3 via PE-1', 'PE-1 > PE-1 > PE-3'],
  ['loss from set-1 to reset-2 via add.drop', 'set-1 > add.drop > reset-2'],
  ['loss from PE_1 to 10 via 2001:db8::1', 'PE_1 > 2001:db8::1 > 10'],
  ['Check the SRv6 path from PE-1 to PE-3', 'PE-1 > PE-3'],
  ['Test the way from PE-1 to PE-3 via P-2', 'PE-1 > P-2 > PE-3'],
  ['Is a wrong MTU why packets are dropped from PE-1 to PE-3?', 'PE-1 > PE-3'],
  ['Measure packet-loss and latency from PE-1 to PE-3', 'PE-1 > PE-3'],
  ['Check the path from bgp-1 to mtu.lab via cpu_2', 'bgp-1 > cpu_2 > mtu.lab'],
  ['Where do packets vanish between PE-1 and PE-3?', 'PE-1 > PE-3'],
  ['loss from the head PE-1 to the tail PE-3 via P-2', 'PE-1 > P-2 > PE-3'],
  ['packet loss from head to tail', 'head > tail'],
  ['loss from café-1 to zürich-2 via Süd and P-4', 'café-1 > Süd > P-4 > zürich-2'],
  ['packets lost Köln-1 -> 核心-2 -> PE-3', 'Köln-1 > 核心-2 > PE-3'],
  ['head=Ås-1 tail=Øst-3', 'Ås-1 > Øst-3'],
  ['loss from N00x to é0 via nn00x', 'N00x > nn00x > é0'],
  ['loss from pe1@ber to pe3@muc', 'pe1@ber > pe3@muc'],
  ['loss from PE‑1 to PE–3 via P‒2', 'PE-1 > P-2 > PE-3'],
];

/** Of the other kinds. */
const whole: [text: string, intent: Record<string, unknown>][] = [
  ['is zürich-2 reachable from café-1', { kind: 'reachability', head: 'café-1', tail: 'zürich-2', via: [] }],
  ['cpu of zürich-2', { kind: 'device-status', head: 'zürich-2', metrics: ['cpu'] }],
  ['bgp session of café-1 with zürich-2', { kind: 'bgp-session', head: 'café-1', neighbor: 'zürich-2' }],
];

describe('rules read a sentence [T20]', () => {
  for (const [text, path] of understood)
    it(JSON.stringify(text), async () => {
      const nodes = path.split(' > ');
      assert.deepEqual(await read(text), {
        kind: 'path-loss',
        head: nodes[0],
        tail: nodes.at(-1),
        via: nodes.slice(1, -1),
      });
    });

  for (const [text, intent] of whole)
    it(`with whole names: ${text}`, async () => assert.deepEqual(await read(text), intent));

  const refused: [text: string, why: RegExp][] = [
    ['Delete the ACL on PE-1 and verify loss from PE-1 to PE-3', /only measures/],
    ['loss from PE-1 to PE-3; then reset P-2', /only measures/],
    ['Shut down pe1-p2 because of loss from PE-1 to PE-3', /only measures/],
    ['jitter from PE-1 to PE-3', /only packet loss/],
    ['Show me all BGP sessions', /only packet loss.*BGP/],
    ['Measure jitter on the SRv6 path from PE-1 to PE-3 via P-2', /only packet loss.*jitter/],
    ['Test the MSS from PE-1 to PE-3', /only packet loss.*MSS/],
    ['Verify the throughput from PE-1 to PE-3', /only packet loss.*throughput/],
    ['Check the CPU load from PE-1 to PE-3', /only packet loss.*CPU/],
    ['Verify the jitter from drop-1 to loss.lab', /only packet loss.*jitter/],
    ['Verify the OSPF adjacency between PE-1 and P-2', /only packet loss.*OSPF/],
    ['hello', /no path/],
    ['loss PE-1 (tail), P-2, PE-3 (head)', /no path/],
    ['', /no path/],
    ['from to', /no path/],
    ['loss from PE-1', /no path/],
    ['are packets to PE-3 lost', /no path/],
    ['loss of IPv6 to PE-3', /no path/],
    ['packet loss to par', /no path/],
    ['packet loss of lon to par', /no path/],
    ['packet loss rate to par', /no path/],
    ['Is the packet loss still due to par?', /no path/],
    ['packet loss due to congestion at par', /no path/],
    ['loss seems to grow', /no path/],
    ['losses only to par', /no path/],
    ['packet loss IPv6 to par', /no path/],
    ['packets lost somewhere to par', /no path/],
    ['packets from lon are lost', /no path/],
  ];
  for (const [text, why] of refused)
    it(`and refuses ${JSON.stringify(text)}`, async () => {
      const intent = (await read(text)) as { kind: string; reason: string };
      assert.equal(intent.kind, 'unsupported');
      assert.match(intent.reason, why);
    });

  it('and takes quotation marks out before it turns arrows round', async () => {
    const { head, tail } = (await read('loss A<-B"0')) as { head?: string; tail?: string };
    assert.deepEqual([head, tail], ['B0', 'A']);
    assert.doesNotMatch(JSON.stringify(await read('from <- A#0')), /from#0/);
  });

  it('and names nobody whom the text does not name, whatever it says', async () => {
    const word = fc.oneof(
      fc.constantFrom(
        'from',
        'to',
        'via',
        'between',
        'and',
        'loss',
        '->',
        'head=',
        '"',
        'over',
        '\n',
        '{',
        'reset',
      ),
      fc.string({ maxLength: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 30 }), async (words) => {
        const text = words.join(' ');
        const intent = (await read(text)) as {
          kind: string;
          head?: string;
          tail?: string;
          neighbor?: string;
          via?: string[];
        };
        if (intent.kind === 'unsupported') return;
        // "bgp 0" has a neighbour, and neither head nor tail.
        const { head, tail, neighbor, via = [] } = intent;
        const names = intent.kind === 'bgp-session' ? [neighbor, head ?? neighbor] : [head, tail, ...via];
        const unquoted = text.replace(/["'`“”‘’]/g, '');
        for (const name of names)
          assert.ok(name !== undefined && name !== '' && unquoted.includes(name), `${name} in ${text}`);
      }),
      { numRuns: 2_000 },
    );
  });

  it('in bounded time, also when the text was made to be slow', async () => {
    const hostile = [
      'a'.repeat(4_090),
      `from ${'a-'.repeat(2_000)}`,
      'A ->'.repeat(1_000),
      'via '.repeat(1_000),
    ];
    hostile.push(
      `from A to B via ${'via x, '.repeat(580)}`,
      `from${' '.repeat(4_000)}`,
      `to${' the'.repeat(1_000)}`,
    );
    for (const text of hostile) {
      const began = process.cpuUsage();
      await read(text);
      const { user } = process.cpuUsage(began);
      assert.ok(user < 1_000_000, `${user} µs for ${text.slice(0, 20)}`);
    }
  });

  it('in time that grows with the text: of whoever verifies a report, nobody asked for so much', async () => {
    for (const words of [
      'via b ',
      'via x, ',
      'across b ',
      'via a.',
      'over ',
      'by way of b ',
      'A -> ',
      'to the ',
      'loss b ',
      'loss-b ',
    ]) {
      const text = `${words.startsWith('loss') ? '' : 'from PE-1 '}to PE-3 ${words.repeat(20_000)}`;
      const began = process.cpuUsage();
      await read(text);
      const { user } = process.cpuUsage(began);
      assert.ok(user < 2_000_000, `${user} µs for ${words}`);
    }
  });
});

const lost: SummaryFacts = {
  verdict: 'CONFIRMED',
  head: 'PE-1',
  tail: 'PE-3',
  findings: [
    {
      place: 'P-2 egress ACL 2001',
      from: 'P-2',
      to: 'PE-3',
      direction: 'forward',
      loss: '7.25 %',
      interval: '95 % interval 5.5 to 9.5 %',
      octets: 1400,
    },
  ],
  oppositeLoss: '0 %',
  suspects: [],
  untrusted: [],
  probes: 4800,
};
const untrusted = ['P-9 (timeout)'];
const clean: SummaryFacts = { ...lost, verdict: 'NO_FAULT', findings: [], untrusted };
const open: SummaryFacts = { ...clean, verdict: 'INCONCLUSIVE', suspects: ['PE-1 pe1-p2', 'P-2'] };

describe('rules word a summary [T26]', () => {
  const facts: SummaryFacts = {
    verdict: 'CONFIRMED',
    head: 'PE-1',
    tail: 'PE-3',
    findings: [
      {
        place: 'PE-1 egress ACL 2001',
        from: 'PE-1',
        to: 'P-2',
        direction: 'forward',
        loss: '3.2 %',
        interval: '95 % interval 2.1 to 4.6 %',
      },
    ],
    oppositeLoss: '0 %',
    suspects: [],
    untrusted: [],
    probes: 2_000,
  };
  const say = (changes: Partial<SummaryFacts>) => wordSummary({ ...facts, ...changes });

  it('from the facts alone, in one sentence', () => {
    assert.equal(
      say({}),
      '3.2 % loss (95 % interval 2.1 to 4.6 %) forward between PE-1 and P-2: PE-1 egress ACL 2001; 0 % in the other direction.',
    );
    const [finding] = facts.findings as [SummaryFacts['findings'][number]];
    const crash = { ...finding, place: 'P-2 crashed', from: 'P-2', to: 'P-2', direction: 'both' };
    assert.match(say({ findings: [crash] }), /\) in both directions at P-2: P-2 crashed/);
    assert.match(
      say({ findings: [{ ...finding, octets: 1_500 }] }),
      /^3\.2 % loss of packets of 1500 octets \(95 /,
    );
    assert.match(say({ findings: [], verdict: 'NO_FAULT' }), /^No loss above the background .* 2000 probes/);
    const undecided = {
      findings: [],
      verdict: 'INCONCLUSIVE',
      suspects: ['P-2'],
      untrusted: ['P-2 (timeout)'],
    };
    assert.equal(
      say(undecided),
      'The measurements from PE-1 to PE-3 do not decide; suspected: P-2. No usable answer from P-2 (timeout).',
    );
    assert.equal(
      say({
        ...undecided,
        untrusted: [],
        lost: '3 of 919 probes forward and 0 of 919 probes in reverse',
      }),
      'The measurements from PE-1 to PE-3 do not decide: 3 of 919 probes forward and 0 of 919 probes in reverse were lost; suspected: P-2.',
    );
  });

  it('with all that matters and nothing else', () => {
    for (const [facts, needed] of [
      [lost, ['P-2', 'PE-3', '7.25 %', 'forward', '1400', 'P-2 egress ACL 2001']],
      [clean, ['PE-1', 'PE-3', 'P-9']],
      [open, ['PE-1', 'PE-3', 'P-9', 'PE-1 pe1-p2', 'P-2']],
    ] as const) {
      const summary = wordSummary(facts);
      for (const one of needed) assert.ok(summary.includes(one), `${one} is missing: ${summary}`);
      const given = JSON.stringify(facts);
      for (const word of summary.match(/\S*\d\S*/g) ?? []) {
        const bare = word.replace(/^[("]+|[.,;:)"]+$/g, '');
        assert.ok(given.includes(bare), `nobody told it of ${bare}: ${summary}`);
      }
      assert.match(summary, /^\P{Cc}+$/u);
      assert.ok(summary.length <= 1_000 + 6 * given.length);
    }
  });
});
