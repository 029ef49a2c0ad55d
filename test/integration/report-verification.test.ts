/**
 * Input: a report that holds, and one change to it.
 * Output: refused, and the first thing that does not hold is named: which node's signature, nonce, hash, packet file,
 * conclusion. CONFER_RUNS=n tries n times as many byte positions; from 250, every one (about 15 minutes).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { canonicalBytes, type JsonObject } from '../../crypto/canonical.ts';
import { sealAnswer, signBytes } from '../../crypto/envelope.ts';
import { issueAuthority } from '../../crypto/issue.ts';
import { keyPairFromSeed } from '../../crypto/keys.ts';
import type { InclusionProof } from '../../crypto/merkle.ts';
import { fileSha256 } from '../../src/collaboration/capture.ts';
import { reportBytes, reportType } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import { limits } from '../../src/core/limits.ts';
import type { Envelope, Flow, Path, Report, Untrusted } from '../../src/core/records.ts';
import { parseTopology } from '../../src/core/topology.ts';
import { createSeededRandom } from '../../src/sim/seeded-random.ts';
import { Domain, identityOf } from '../support/domain.ts';

const file = 'topologies/pe1-p2-pe3.yaml';
const topology = parseTopology(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'), file);
const positionsUsual = 400;
const runs = Number(process.env.CONFER_RUNS ?? 1);
const positionsTried = runs >= 250 ? Number.POSITIVE_INFINITY : positionsUsual * runs;
const whichBytes = runs >= 250 ? 'whichever it is' : `at ${positionsTried} places spread over the file`;

let report: Report;
let other: Report;
let anchor: string;
let bytes: Uint8Array;

before(async () => {
  await using domain = await Domain.start(topology, { seed: 1 });
  domain.inject(...topology.faults.filter(({ active }) => active));
  report = await domain.ask('PE-1', topology.intent ?? '');
  other = await domain.ask('PE-1', topology.intent ?? '');
  anchor = domain.trustAnchorPem;
  bytes = reportBytes(report);
});

describe('a report [T3] [T27]', () => {
  it('holds as it was written, and every check says what it covered', () => {
    const { ok, checks } = verifyReport(bytes, anchor);
    assert.ok(ok);
    assert.deepEqual(
      checks.map(({ name }) => name),
      [
        'form',
        'certificates',
        'packet files',
        'signed answers',
        'closing signatures',
        'conclusion',
        'creator signature',
      ],
    );
    assert.equal(report.verdict, 'CONFIRMED');
  });

  it('holds when it was asked for at a node on none of its paths', async () => {
    const ring = parseTopology(
      readFileSync(new URL('../../topologies/ring-6.yaml', import.meta.url), 'utf8'),
      '',
    );
    await using domain = await Domain.start(ring, { seed: 1 });
    const aside = await domain.ask('P-6', ring.intent ?? '');
    assert.ok(aside.paths.every(({ nodes }) => !nodes.includes('P-6')));
    const { ok, checks } = verifyReport(reportBytes(aside), anchor);
    assert.ok(ok, checks.at(-1)?.detail ?? '');
  });

  it(`is refused with a single byte changed, ${whichBytes}`, (context) => {
    const count = Math.min(bytes.length, positionsTried);
    const accepted: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const position = Math.floor((index * bytes.length) / count);
      if (verifyReport(withByte(position), anchor).ok) accepted.push(position);
    }
    assert.deepEqual(accepted, []);
    context.diagnostic(`${count} of ${bytes.length} bytes changed, one at a time: all refused`);
  });

  it('is refused with any single byte of its own signature changed', () => {
    const start = Buffer.from(bytes).lastIndexOf(`"${report.signatures['PE-1'] ?? ''}"`);
    assert.ok(start > 0);
    for (let position = start; position < start + 88; position += 1)
      assert.ok(!verifyReport(withByte(position), anchor).ok, `position ${position}`);
  });

  it('is refused with several bytes changed, removed or added', () => {
    const random = createSeededRandom(7);
    const at = () => Math.floor(random.fraction() * bytes.length);
    for (let run = 0; run < 100; run += 1) {
      const copy = Buffer.from(bytes);
      for (let count = 2 + (run % 5); count > 0; count -= 1) copy[at()] = Math.floor(random.fraction() * 256);
      const cut = at();
      const shorter = Buffer.concat([bytes.subarray(0, cut), bytes.subarray(cut + 1 + (run % 3))]);
      const longer = Buffer.concat([bytes.subarray(0, cut), Buffer.from(' '), bytes.subarray(cut)]);
      for (const changed of [copy, shorter, longer])
        assert.ok(changed.equals(bytes) || !verifyReport(changed, anchor).ok, `run ${run}`);
    }
  });

  it('is refused in another JSON form', () => {
    const text = Buffer.from(bytes).toString();
    const forms = [
      JSON.stringify(report, null, 2),
      `${text}\n`,
      `\ufeff${text}`,
      text.replace('"creator"', '"cre\\u0061tor"'),
      text.replace(/"probability":0\.9999/, '"probability":9.999e-1'),
      text.replace('{"certificates"', '{"certificates":{},"certificates"'),
    ];
    for (const form of forms) {
      assert.notEqual(form, text);
      const { ok, checks } = verifyReport(Buffer.from(form), anchor);
      assert.ok(!ok);
      assert.equal(checks.at(-1)?.name, 'form', checks.at(-1)?.detail ?? '');
    }
    for (const form of ['', '{}', 'null', '[]', '"report"'])
      assert.ok(!verifyReport(Buffer.from(form), anchor).ok);
  });

  it('is refused under another trust anchor', () => {
    const keyPair = keyPairFromSeed(Buffer.alloc(32, 9));
    const now = Date.parse(report.created) - 1000;
    const rogue = issueAuthority({
      name: 'Confer test authority',
      now,
      lifetimeMs: 1e9,
      serial: Buffer.alloc(16, 9),
      keyPair,
    });
    assert.match(refusal(report, rogue), /certificates: certificate of/);
  });
});

/** Each change, and what the refusal has to name. */
const changes: [what: string, change: (copy: Report) => void, names: RegExp][] = [
  ['a removed answer', (copy) => copy.envelopes.splice(2, 1), /closing signatures: .*was removed/],
  [
    'two swapped answers',
    (copy) => copy.envelopes.splice(1, 2, ...copy.envelopes.slice(1, 3).reverse()),
    /signed answers: answer e\d+ is out of order/,
  ],
  [
    'two nodes with swapped answers',
    (copy) => {
      const [one, two] = [first(copy, 'PE-1'), first(copy, 'P-2')];
      [one.signed, two.signed] = [two.signed, one.signed];
    },
    /signed answers: answer e\d+ of PE-1: The signature is not P-2's/,
  ],
  [
    'an answer that is there twice',
    (copy) => copy.envelopes.push({ ...at(copy, 0), id: 'e900' }),
    /used nonce \d+ twice/,
  ],
  [
    'an answer of another session',
    (copy) => copy.envelopes.splice(0, 1, { ...at(other, 0), id: at(copy, 0).id }),
    /answer e\d+ of \S+ belongs to another session/,
  ],
  [
    'an answer filed under another node',
    (copy) => {
      first(copy, 'P-2').node = 'PE-1';
    },
    /signed answers: answer e\d+ of PE-1: The signature is not P-2's|names P-2/,
  ],
  [
    'another nonce',
    (copy) => {
      at(copy, 3).signed.statement.nonce += 1;
    },
    /answer e\d+ of \S+: The signature is not/,
  ],
  [
    'another result hash',
    (copy) => {
      at(copy, 3).signed.statement.resultHash = '0'.repeat(64);
    },
    /answer e\d+ of \S+: The signature is not/,
  ],
  [
    'another place among the answers that were signed together',
    (copy) => {
      const { batch } = batched(copy);
      batch.index += batch.index === 0 ? 1 : -1;
    },
    /answer e\d+ of \S+: The signature is not/,
  ],
  [
    'another number of answers that were signed together',
    (copy) => {
      batched(copy).batch.size += 1;
    },
    /answer e\d+ of \S+: The signature is not/,
  ],
  [
    'another hash in the proof of an answer',
    (copy) => {
      const { path } = batched(copy).batch;
      path[0] = '0'.repeat(64);
    },
    /answer e\d+ of \S+: The signature is not/,
  ],
  [
    'a hash more in the proof of an answer',
    (copy) => {
      batched(copy).batch.path.push('0'.repeat(64));
    },
    /answer e\d+ of \S+: The signature is not/,
  ],
  [
    'an answer of several without its proof',
    (copy) => {
      delete batched(copy).signed.batch;
    },
    /answer e\d+ of \S+: The signature is not/,
  ],
  [
    'changed data of an answer',
    (copy) => {
      at(copy, 3).signed.answer = { ...at(copy, 3).signed.answer, data: { nothing: true } };
    },
    /answer e\d+ of \S+: The answer is not the one that was signed/,
  ],
  [
    'changed arguments of a call',
    (copy) => {
      const call = copy.envelopes.find(({ signed }) => 'tool' in signed.statement.operation);
      if (call) call.arguments = { ...call.arguments, Count: 1 };
    },
    /answer e\d+ of \S+ was given to a call with other arguments/,
  ],
  [
    'a removed packet file',
    (copy) => copy.evidence.splice(0, 1),
    /packet file [0-9a-f]{64} of \S+, .*missing/,
  ],
  [
    'an edited packet file',
    (copy) => copy.evidence.splice(0, 1, edited(copy.evidence[0] ?? '')),
    /packet file [0-9a-f]{64} of \S+, .*changed/,
  ],
  [
    'a packet file of another report',
    (copy) => copy.evidence.splice(0, 1, other.evidence[0] ?? ''),
    /packet file [0-9a-f]{64} of \S+, .*changed/,
  ],
  [
    'a packet file more',
    (copy) => copy.evidence.push(edited(copy.evidence[0] ?? '')),
    /belongs to no signed answer/,
  ],
  ['a packet file twice', (copy) => copy.evidence.push(copy.evidence[0] ?? ''), /there twice/],
  [
    'two swapped packet files',
    (copy) => copy.evidence.reverse(),
    /creator signature: signature of PE-1 over the report/,
  ],
  [
    'a swapped name of a packet file',
    (copy) => {
      const named = copy.envelopes.filter(({ pcapSha256 }) => pcapSha256 !== undefined);
      const [one, two] = [named[0], named.find(({ pcapSha256 }) => pcapSha256 !== named[0]?.pcapSha256)];
      if (one?.pcapSha256 && two?.pcapSha256)
        [one.pcapSha256, two.pcapSha256] = [two.pcapSha256, one.pcapSha256];
    },
    /answer e\d+ of \S+: The answer is not the one that was signed/,
  ],
  [
    'no certificate of a node',
    (copy) => {
      delete copy.certificates['P-2'];
    },
    /there is no certificate of P-2/,
  ],
  [
    'no certificate of the creator',
    (copy) => {
      delete copy.certificates['PE-1'];
    },
    /the creator PE-1 has no certificate/,
  ],
  [
    "another node's certificate",
    (copy) => {
      copy.certificates['P-2'] = copy.certificates['PE-1'] ?? '';
    },
    /filed under P-2 names PE-1/,
  ],
  [
    'another signature of a node',
    (copy) => {
      copy.signatures['P-2'] = copy.signatures['PE-1'] ?? '';
    },
    /closing signatures: signatures\.P-2 is not the one that P-2 gave/,
  ],
  [
    'a signature of nobody',
    (copy) => {
      copy.signatures['P-7'] = copy.signatures['PE-1'] ?? '';
    },
    /signature of P-7 covers nothing/,
  ],
  [
    'no signature of the creator',
    (copy) => {
      delete copy.signatures['PE-1'];
    },
    /the creator PE-1 did not sign/,
  ],
  [
    'a time at which the certificates were not valid',
    (copy) => {
      copy.created = '2031-01-01T00:00:00.000Z';
    },
    /certificates: certificate of PE-1 at 2031-\S+: /,
  ],
  [
    'another verdict',
    (copy) => {
      copy.verdict = 'NO_FAULT';
    },
    /conclusion: verdict does not follow/,
  ],
  [
    'no finding',
    (copy) => {
      copy.findings = [];
    },
    /conclusion: findings does not follow/,
  ],
  [
    'another element',
    (copy) => {
      const [finding] = copy.findings;
      if (finding) finding.element.node = 'P-2';
    },
    /conclusion: findings does not follow/,
  ],
  [
    'another suspect',
    (copy) => void copy.suspects.push({ node: 'P-2' }),
    /conclusion: suspects does not follow/,
  ],
  [
    'another hypothesis',
    (copy) => {
      copy.hypothesis = 'P-2 did it';
    },
    /hypothesis does not follow/,
  ],
  [
    'another recommendation',
    (copy) => {
      copy.recommendation = 'Reboot P-2.';
    },
    /recommendation does not/,
  ],
  [
    'another loss',
    (copy) => {
      const [section] = copy.measurements;
      if (section) section.left -= 1;
    },
    /measurements does not follow/,
  ],
  [
    'another summary',
    (copy) => {
      copy.summary = 'P-2 did it.';
    },
    /summary says what does not follow from the signed answers/,
  ],
  [
    'another intent text',
    (copy) => {
      copy.intentText = 'Verify';
    },
    /intentText asks for something else/,
  ],
  [
    'another reasoner',
    (copy) => {
      copy.reasoner = 'oracle';
    },
    /signature of PE-1 over the report/,
  ],
  ['a path less', (copy) => void copy.paths.pop(), /there is no reverse path/],
  [
    'another flow label',
    (copy) => {
      const [flow] = copy.flows;
      if (flow) flow.flowLabel = (flow.flowLabel % 0xfffff) + 1;
    },
    /measured flow \d+, which is not among flows/,
  ],
  [
    'an invented untrusted node',
    (copy) =>
      void copy.untrusted.push({
        node: 'P-2',
        reason: 'timeout',
        detail: 'late',
        management: 'out-of-band',
        until: copy.created,
      }),
    /does not follow|signature of PE-1 over the report/,
  ],
  [
    'another URI',
    (copy) => {
      copy.uri += '0';
    },
    /uri does not name this session/,
  ],
  [
    'another session',
    (copy) => {
      copy['session-id'] = other['session-id'];
    },
    /belongs to another session/,
  ],
  [
    'another creator',
    (copy) => {
      copy.creator = 'P-2';
    },
    /the report names P-2 as its creator, but answer e\d+ of \S+ was given to PE-1$/,
  ],
  [
    'a field that nobody knows',
    (copy) => void Object.assign(copy, { approved: true }),
    /form: .*approved|Unrecognized/,
  ],
];

/** What somebody without a key can make of a report that he holds, to keep busy whoever verifies it. */
const oversized: [what: string, change: (copy: Report) => void, names: RegExp][] = [
  [
    'more text than an intent has',
    (copy) => {
      copy.intentText += ' via b'.repeat(1_000);
    },
    /form: intentText: expected at most 4096 characters/,
  ],
  [
    'more nodes than a path has',
    (copy) => {
      assert.ok(copy.intent.kind === 'path-loss');
      copy.intent.via.push(...Array<string>(limits.pathNodesMax).fill('P-2'));
    },
    /form: intent.via: expected at most 63 items/,
  ],
  [
    'more paths than are measured',
    (copy) => {
      for (let more = 0; more < 2 * limits.pathsMax; more += 1)
        copy.paths.push({ ...firstPath(copy), id: `x${more}` });
    },
    /form: paths: expected at most 32 items/,
  ],
  [
    'a longer path than is measured',
    (copy) => void firstPath(copy).nodes.push(...Array<string>(limits.pathNodesMax).fill('P-2')),
    /form: paths.0.nodes: expected at most 65 items/,
  ],
  [
    'a longer path than is measured, by its hops',
    (copy) => {
      const { hops } = firstPath(copy);
      const [hop] = hops;
      if (hop) hops.push(...Array<typeof hop>(limits.pathNodesMax).fill(hop));
    },
    /form: paths.0.hops: expected at most 64 items/,
  ],
  [
    'more segments than fit a packet',
    (copy) => void firstPath(copy).segments.push(...Array<string>(limits.pathNodesMax).fill('::1')),
    /form: paths.0.segments: expected at most 65 items/,
  ],
  [
    'more flows than are counted',
    (copy) => {
      for (let label = 1; label <= limits.reportFlowsMax; label += 1) copy.flows.push(strayFlow());
    },
    /form: flows: expected at most 512 items/,
  ],
  [
    'a longer name than nodes have',
    (copy) => {
      firstPath(copy).nodes[1] = 'P'.repeat(1e6);
    },
    /form: paths.0.nodes.1: expected at most 255 characters/,
  ],
  [
    'more answers than a report has room for',
    (copy) => void copy.envelopes.push(...Array<Envelope>(limits.reportAnswersMax).fill(at(copy, 0))),
    /form: envelopes: expected at most 3072 items/,
  ],
  [
    'more packet files than answers',
    (copy) => void copy.evidence.push(...Array<string>(limits.reportAnswersMax).fill('')),
    /form: evidence: expected at most 3072 items/,
  ],
  [
    'more words about a mark than are told',
    (copy) => void copy.untrusted.push({ ...mark(copy, 'P-2', 'refused'), detail: 'x'.repeat(501) }),
    /form: untrusted.0.detail: expected at most 500 characters/,
  ],
];

describe('a report that is larger than any is refused by its form, before anything is computed from it', () => {
  for (const [what, change, names] of oversized)
    it(what, () => {
      const copy = structuredClone(report);
      change(copy);
      assert.match(refusal(copy, anchor), names);
    });

  it('and one that is as large as it may be is judged in bounded time', () => {
    const began = process.cpuUsage();
    assert.match(refusal(enlarged(report), anchor), /conclusion: summary says what does not follow/);
    const { user } = process.cpuUsage(began);
    assert.ok(user < 4_000_000, `${user} µs`);
  });
});

describe('a change to a report is refused and named', () => {
  for (const [what, change, names] of changes)
    it(what, () => {
      const copy = structuredClone(report);
      change(copy);
      assert.match(refusal(copy, anchor), names);
    });
});

describe('a lying creator, who signs anew', () => {
  it('cannot leave out an answer: the node closed the session with it', () => {
    const copy = structuredClone(report);
    const mine = copy.envelopes.findIndex(({ node }) => node === 'P-2');
    copy.envelopes.splice(mine, 1);
    assert.match(refusal(signedAnew(copy), anchor), /P-2 gave \d+ answers, the report carries \d+/);
  });

  const lies: [what: string, lie: (copy: Report) => void, names: RegExp][] = [
    [
      'swap the first and the last reading of access lists: only nonces tell their order',
      (copy) => {
        const readings = copy.envelopes.filter(
          ({ node, signed }) =>
            node === 'PE-1' &&
            'uri' in signed.statement.operation &&
            signed.statement.operation.uri.includes('access-control'),
        );
        const [one, two] = [readings.at(0), readings.at(-1)];
        assert.ok(one && two && one !== two);
        [one.signed, two.signed] = [two.signed, one.signed];
      },
      /answer e\d+: PE-1 signed it, nonce \d+, before nonce \d+/,
    ],
    [
      'leave out an answer and mark its node for a refusal',
      (copy) => {
        const mine = copy.envelopes.findIndex(({ node }) => node === 'P-2');
        copy.envelopes.splice(mine, 1);
        copy.untrusted.push(mark(copy, 'P-2', 'refused'));
      },
      /P-2 gave \d+ answers, the report carries \d+: one was removed/,
    ],
    [
      'leave out an answer and mark its node for a timeout',
      (copy) => {
        const mine = copy.envelopes.findIndex(({ node }) => node === 'P-2');
        copy.envelopes.splice(mine, 1);
        copy.untrusted.push(mark(copy, 'P-2', 'timeout'));
      },
      /P-2 gave \d+ answers, the report carries \d+: one was removed/,
    ],
    [
      'leave out a closing signature and mark its node for a refusal',
      (copy) => {
        copy.envelopes = copy.envelopes.filter(
          ({ node, signed }) =>
            node !== 'P-2' ||
            !('tool' in signed.statement.operation) ||
            signed.statement.operation.tool !== 'session-conclude',
        );
        delete copy.signatures['P-2'];
        copy.untrusted.push(mark(copy, 'P-2', 'refused'));
      },
      /P-2 did not sign the end of the session, and no mark says that it could not/,
    ],
    ['leave out a node', (copy) => leaveOut(copy, 'P-2'), /P-2 lies on a path, and neither answered nor/],
    [
      'carry the certificate of a node that said nothing',
      (copy) => {
        const { certificates } = copy;
        leaveOut(copy, 'P-2');
        copy.certificates = certificates;
        copy.untrusted.push(mark(copy, 'P-2', 'timeout'));
      },
      /P-2 has a certificate here, and no answer/,
    ],
    [
      'say that probes went over other segments',
      (copy) => {
        firstPath(copy).segments = firstPath(copy).segments.toReversed();
      },
      /answer e\d+ of PE-1 measured flow \d+ over the segments \[.*\], path f1 says \[/,
    ],
    [
      'say that probes had another size',
      (copy) => {
        firstFlow(copy).sizeBytes += 1;
      },
      /measured flow \d+ with octets \d+, path f1 says \d+/,
    ],
    [
      'file a flow under another path',
      (copy) => {
        const other = copy.flows.find(({ path, purpose }) => path !== 'f1' && purpose === 'loss');
        copy.flows.push({ ...firstFlow(copy), flowLabel: 7 });
        firstFlow(copy).path = other?.path ?? '';
      },
      /measured flow \d+ from "PE-1", path r1 says "PE-3"/,
    ],
    [
      'exchange what two flows are for',
      (copy) => {
        for (const flow of copy.flows) flow.purpose = flow.purpose === 'loss' ? 'size' : 'loss';
      },
      /with \d+ probes every \d+ ms, which is no train for (loss|size)/,
    ],
    [
      'leave out the flows that measure sizes',
      (copy) => {
        copy.flows = copy.flows.filter(({ purpose }) => purpose !== 'size');
      },
      /path f1 has no flow that measures size/,
    ],
    [
      'put other flows in place of those that were measured',
      (copy) => {
        for (const flow of copy.flows) flow.flowLabel = (flow.flowLabel % 0xfffff) + 1;
      },
      /measured flow \d+, which is not among flows/,
    ],
    [
      'be an hour ahead',
      (copy) => moveCreated(copy, 3_600_000),
      /created is \S+ as PE-1 says, but \S+ signed/,
    ],
    [
      'be earlier than its answers',
      (copy) => moveCreated(copy, -12_000),
      /created is \S+ as PE-1 says, but \S+ s/,
    ],
    [
      'answer another intent than it was asked: other nodes',
      (copy) => {
        copy.intentText = 'Verify packet loss on the SRv6 path from PE-1 to PE-4 via P-2';
      },
      /intentText does not ask for the path PE-1, P-2, PE-3 of intent/,
    ],
    [
      'answer another intent than it was asked: the other way',
      (copy) => {
        copy.intentText = 'Verify packet loss on the SRv6 path from PE-3 to PE-1 via P-2';
      },
      /intentText does not ask for the path/,
    ],
    [
      'answer another intent than it was asked, by another reasoner',
      (copy) => {
        copy.reasoner = 'oracle';
        copy.intentText = 'Is it lossy between PE-1 and PE-4 over P-2?';
      },
      /intentText does not ask for the path/,
    ],
    [
      'answer another structured intent than it was asked',
      (copy) => {
        copy.intentText = 'head: PE-1\ntail: PE-3';
      },
      /intentText does not ask for the path/,
    ],
  ];
  for (const [what, lie, names] of lies)
    it(`cannot ${what}`, () => {
      const copy = structuredClone(report);
      lie(copy);
      assert.match(refusal(signedAnew(copy), anchor), names);
    });

  it('cannot conclude what does not follow', () => {
    const copy = structuredClone(report);
    copy.findings = [];
    copy.verdict = 'NO_FAULT';
    assert.match(refusal(signedAnew(copy), anchor), /verdict does not follow|findings does not follow/);
  });

  it('cannot measure another path than that of the intent', () => {
    const lies: [change: (copy: Report) => void, names: RegExp][] = [
      [(copy) => copy.paths[0]?.nodes.reverse(), /there is no forward path/],
      [(copy) => copy.paths[0]?.nodes.splice(1, 1, 'P-99'), /path f1 does not run over PE-1, P-2, PE-3/],
      [(copy) => copy.paths[0]?.hops.reverse(), /hops of path f1/],
      [(copy) => copy.paths.push(...copy.paths.slice(0, 1)), /two paths have one name/],
      [(copy) => copy.flows.push(...copy.flows.slice(0, 1)), /two flows have one flow label/],
      [(copy) => copy.paths.pop(), /there is no reverse path/],
      [(copy) => copy.flows.push(strayFlow()), /flow 7 runs over no path/],
    ];
    for (const [lie, names] of lies) {
      const copy = structuredClone(report);
      lie(copy);
      assert.match(refusal(signedAnew(copy), anchor), names);
    }
  });

  it('cannot write what a node did not say', () => {
    const copy = structuredClone(report);
    const envelope = first(copy, 'P-2');
    const creator = identityOf('PE-1');
    const forged = sealAnswer(
      envelope.signed.statement,
      { ...envelope.signed.answer, data: { lost: 0 } },
      { privateKey: creator.keyPair.privateKey, certificatePem: creator.certificatePem },
    );
    const { certificate: _, ...signed } = forged;
    envelope.signed = signed;
    assert.match(refusal(signedAnew(copy), anchor), /of P-2: The signature is not P-2's/);
  });
});

/** As many paths, nodes, flows and marks as the form lets through, none of which anybody signed. */
function enlarged(honest: Report): Report {
  const copy = structuredClone(honest);
  const used = new Set(copy.flows.map(({ flowLabel }) => flowLabel));
  const labels = Array.from({ length: 0xfff }, (_, index) => index + 1).filter((label) => !used.has(label));
  assert.ok(copy.intent.kind === 'path-loss');
  const waypoints = [copy.intent.head, ...copy.intent.via, copy.intent.tail];
  const length = limits.pathNodesMax - waypoints.length;
  while (copy.paths.length < 2 * limits.pathsMax) {
    const id = `x${copy.paths.length}`;
    const direction = copy.paths.length % 2 === 0 ? 'forward' : 'reverse';
    const [first = '', ...others] = direction === 'forward' ? waypoints : waypoints.toReversed();
    const made = Array.from({ length }, (_, index) => `${'N'.repeat(240)}${id}-${index}`);
    const nodes = [first, ...made, ...others];
    const hops = nodes.slice(1).map((to, index) => {
      const from = nodes[index] ?? '';
      return { from, egress: `${'e'.repeat(250)}${index % 7}`, to, ingress: 'i'.repeat(253) };
    });
    copy.paths.push({ id, direction, nodes, hops, segments: nodes.map((_, index) => `fc00::${index}`) });
    copy.untrusted.push(...made.map((node) => mark(copy, node, 'timeout')));
    for (const purpose of ['loss', 'size'] as const)
      copy.flows.push({ flowLabel: labels.pop() ?? 0, path: id, purpose, sizeBytes: 200 });
  }
  while (copy.flows.length < limits.reportFlowsMax)
    copy.flows.push({ flowLabel: labels.pop() ?? 0, path: 'x5', purpose: 'loss', sizeBytes: 200 });
  return copy;
}

function strayFlow(): Flow {
  return { flowLabel: 7, path: 'f9', purpose: 'loss', sizeBytes: 128 };
}

function firstPath({ paths }: Report): Path {
  const [path] = paths;
  assert.ok(path);
  return path;
}

function firstFlow({ flows }: Report): Flow {
  const flow = flows.find(({ path, purpose }) => path === 'f1' && purpose === 'loss');
  assert.ok(flow);
  return flow;
}

function mark({ created }: Report, node: string, reason: Untrusted['reason']): Untrusted {
  return { node, reason, detail: 'so it is said', management: 'out-of-band', until: created };
}

function moveCreated(copy: Report, ms: number): void {
  copy.created = new Date(Date.parse(copy.created) + ms).toISOString();
}

/** Everything that it ever said. */
function leaveOut(copy: Report, node: string): void {
  copy.envelopes = copy.envelopes.filter((one) => one.node !== node);
  const named = copy.envelopes.map(({ pcapSha256 }) => pcapSha256);
  copy.evidence = copy.evidence.filter((file) => named.includes(fileSha256(file)));
  copy.certificates = { ...copy.certificates };
  delete copy.certificates[node];
  delete copy.signatures[node];
}

function first(one: Report, node: string): Envelope {
  const envelope = one.envelopes.find((candidate) => candidate.node === node);
  assert.ok(envelope);
  return envelope;
}

/** One of the answers that share a signature. */
function batched(copy: Report): { signed: Envelope['signed']; batch: InclusionProof } {
  const { signed } = copy.envelopes.find((one) => one.signed.batch !== undefined) ?? at(copy, 0);
  assert.ok(signed.batch !== undefined, 'no answers of this report were signed together');
  return { signed, batch: signed.batch };
}

function at(one: Report, index: number): Envelope {
  const envelope = one.envelopes[index];
  assert.ok(envelope);
  return envelope;
}

/** Another value that often keeps the JSON well formed: those are the changes that are hard to see. */
function withByte(position: number): Uint8Array {
  const copy = Buffer.from(bytes);
  const text = String.fromCharCode(copy[position] ?? 0);
  const swapped = /[0-8a-yA-Y]/.test(text) ? 1 : /[9zZ]/.test(text) ? -1 : 2;
  copy[position] = (copy[position] ?? 0) + swapped;
  return copy;
}

function edited(base64: string): string {
  const packets = Buffer.from(base64, 'base64');
  packets[packets.length - 1] = (packets.at(-1) ?? 0) ^ 1;
  return packets.toString('base64');
}

function signedAnew(copy: Report): Report {
  const { [copy.creator]: _, ...signatures } = copy.signatures;
  const covered = canonicalBytes({ ...copy, signatures } as unknown as JsonObject);
  const signature = signBytes(reportType, covered, identityOf(copy.creator).keyPair.privateKey);
  return { ...copy, signatures: { ...signatures, [copy.creator]: signature } };
}

function refusal(changed: Report, trustAnchorPem: string): string {
  const { ok, checks } = verifyReport(reportBytes(changed), trustAnchorPem);
  assert.ok(!ok, 'it was not refused');
  const last = checks.at(-1);
  assert.ok(checks.slice(0, -1).every((check) => check.ok));
  return `${last?.name}: ${last?.detail}`;
}
