/**
 * Diagnosing through the fault. [T29]
 * Input: a ring that is managed in-band, with a fault that cuts the asker off from nodes of the tested path; then relays
 * that lie, drop, refuse and keep silent.
 * Output: without relays INCONCLUSIVE or worse, with them CONFIRMED and right; the answers are as good as direct ones, and
 * a dishonest relay costs nothing but what it was to carry.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { digestOf, type JsonObject } from '../../crypto/canonical.ts';
import { type SignedAnswer, sealAnswer, signedAnswerShape } from '../../crypto/envelope.ts';
import { sealRequest } from '../../crypto/request.ts';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import { PeerError } from '../../src/core/errors.ts';
import type { Report } from '../../src/core/records.ts';
import { allCapabilities, capabilities, toolNames } from '../../src/core/tools.ts';
import { type Fault, parseTopology, type Topology } from '../../src/core/topology.ts';
import { type Call, Domain, identityOf, silence, type Wire } from '../support/domain.ts';

const file = 'topologies/ring-6.yaml';
const ring: Topology = { ...parseTopology(readFileSync(file, 'utf8'), file), management: 'in-band' };
const withoutRelays: Topology = {
  ...ring,
  nodes: ring.nodes.map((node) => ({
    ...node,
    capabilities: allCapabilities.filter((one) => one !== capabilities.relay),
  })),
};

/** PE-1 - P-2 - P-3 - PE-4 is tested; beyond the fault, P-5 and P-6 reach what PE-1 does not. */
const faults: Partial<Fault>[] = [
  { kind: 'unidirectional-link', node: 'P-2', interface: 'p2-p3' },
  { kind: 'silent-loss', node: 'P-3', interface: 'p3-p2', lossPercent: 80 },
  { kind: 'link-down', node: 'P-3', interface: 'p3-pe4' },
  { kind: 'egress-acl', node: 'PE-4', interface: 'pe4-p3', object: '77', lossPercent: 100 },
];
const [cut = {}] = faults;

async function reportOf(
  seed: number,
  given: readonly Partial<Fault>[],
  { topology = ring, wire }: { topology?: Topology; wire?: Wire } = {},
): Promise<{ report: Report; domain: Domain }> {
  await using domain = await Domain.start(topology, { seed, ...(wire && { wire }) });
  domain.inject(
    ...given.map((fault) => ({ id: 'x', active: true, direction: 'both', ...fault }) as unknown as Fault),
  );
  const report = await domain.ask('PE-1', ring.intent ?? '');
  const verification = verifyReport(reportBytes(report), domain.trustAnchorPem);
  assert.ok(verification.ok, String(verification.checks.at(-1)?.detail));
  return { report, domain };
}

const found = ({ findings }: Report) =>
  findings.map(({ kind, element }) => [kind, element.node, element.interface]);

describe('a node that the fault cuts off', () => {
  for (const fault of faults)
    for (const seed of [1, 2, 3])
      it(`is asked through another one: ${fault.kind} at ${fault.node} is named, seed ${seed}`, async () => {
        const alone = await reportOf(seed, [fault], { topology: withoutRelays });
        assert.notEqual(alone.report.verdict, 'CONFIRMED');
        const { report } = await reportOf(seed, [fault]);
        assert.equal(report.verdict, 'CONFIRMED', report.summary);
        const [[kind, ...place] = []] = found(report);
        assert.equal(kind, fault.kind);
        const otherEnd = fault.interface?.split('-').reverse().join('-');
        assert.ok(
          place.includes(fault.interface ?? '') || (kind === 'link-down' && place.includes(otherEnd ?? '')),
        );
      });

  for (const seed of [1, 2, 3])
    it(`accuses nobody where nothing but management is cut, seed ${seed}`, async () => {
      // Nothing of PE-1 reaches P-3 and PE-4 directly, and all probes pass.
      const wire: Wire = {
        open: (from, to, proceed) =>
          from === 'PE-1' && ['P-3', 'PE-4'].includes(to) ? lostOpening(to) : proceed(),
      };
      const { report } = await reportOf(seed, [], { wire });
      assert.equal(report.verdict, 'NO_FAULT', report.summary);
      assert.deepEqual(
        report.untrusted.map(({ node, reason, reachedThrough }) => [node, reason, typeof reachedThrough]),
        [
          ['P-3', 'unreachable', 'string'],
          ['PE-4', 'unreachable', 'string'],
        ],
      );
      assert.equal(report.recommendation, 'Nothing to do.');
    });

  it('signs who carried its answers and closes the session, and the report says so', async () => {
    const { report } = await reportOf(1, [cut]);
    for (const node of ['P-3', 'PE-4']) {
      const mark = report.untrusted.find((one) => one.node === node);
      assert.equal(mark?.reason, 'timeout');
      const { reachedThrough: relay = '' } = mark;
      assert.ok(relay === 'P-5' || relay === 'P-6', relay);
      const answers = report.envelopes.filter((one) => one.node === node);
      assert.ok(answers.length > 5, String(answers.length));
      for (const { signed } of answers) {
        const { statement } = signed;
        assert.deepEqual([statement.relay, statement.caller, statement.signer], [relay, 'PE-1', node]);
      }
      assert.ok(report.signatures[node], `${node} closed the session`);
    }
    const relayed = report.envelopes.filter(({ node }) => node === 'P-5' || node === 'P-6');
    assert.deepEqual(relayed, [], 'what a relay carried is the answer of the node, not its own');
  });

  it('is marked as lost where its mark is changed, and the report is refused', async () => {
    const { report, domain } = await reportOf(1, [cut]);
    const changed: [RegExp, (copy: Report) => void][] = [
      [
        /which carried no answer of it/,
        (copy) => {
          for (const mark of copy.untrusted) mark.reachedThrough = 'P-2';
        },
      ],
      [
        /no mark says that/,
        (copy) => {
          copy.untrusted = copy.untrusted.filter(({ node }) => node !== 'P-3');
        },
      ],
      [
        /signature is not P-3's/,
        (copy) => {
          const one = copy.envelopes.find(({ node }) => node === 'P-3');
          if (one !== undefined) one.signed.statement.relay = 'P-6';
        },
      ],
    ];
    for (const [reason, change] of changed) {
      const copy = structuredClone(report);
      change(copy);
      const { ok, checks } = verifyReport(reportBytes(copy), domain.trustAnchorPem);
      assert.ok(!ok);
      assert.match(checks.at(-1)?.detail ?? '', reason);
    }
  });
});

const isRelay = ({ operation }: Call) => 'tool' in operation && operation.tool === toolNames.relay;
const relays = new Set(['P-5', 'P-6']);

/** In place of what P-5 and P-6 bring to PE-1 of another node; what they sign themselves is in order. */
function bringing(change: (inner: SignedAnswer, call: Call) => unknown): Wire {
  return {
    call: async (call, proceed) => {
      const honest = await proceed();
      if (call.from !== 'PE-1' || !relays.has(call.to) || !isRelay(call)) return honest;
      const inner = signedAnswerShape.safeParse((honest.answer.data as JsonObject).answer).data;
      if (inner === undefined) return honest;
      const { resultHash: _, ...fields } = honest.statement;
      const { keyPair, certificatePem } = identityOf(call.to);
      const data = (await change(inner, call)) as JsonObject;
      const key = { privateKey: keyPair.privateKey, certificatePem };
      return sealAnswer(fields, { ...honest.answer, data }, key);
    },
  };
}

/** The liar signs in the node's name, or as itself. */
function signedBy(node: string, { statement, answer }: SignedAnswer, changes: JsonObject = {}) {
  const { resultHash: _, ...fields } = { ...statement, ...changes };
  const { keyPair, certificatePem } = identityOf(node);
  return { answer: sealAnswer(fields, answer, { privateKey: keyPair.privateKey, certificatePem }) };
}

function remembered(): (inner: SignedAnswer) => SignedAnswer {
  let first: SignedAnswer | undefined;
  return (inner) => {
    first ??= inner;
    return first;
  };
}

/** Holds each first answer back until there is a second, and brings each for the question of the other. */
function swapping(): Wire {
  let held: ((other: SignedAnswer) => void) | undefined;
  let first: SignedAnswer | undefined;
  const swap = async (inner: SignedAnswer, signal: AbortSignal): Promise<SignedAnswer> => {
    const [release, earlier] = [held, first];
    held = undefined;
    if (release !== undefined && earlier !== undefined) {
      release(inner);
      return earlier;
    }
    first = inner;
    const other = new Promise<SignedAnswer>((resolve) => {
      held = resolve;
    });
    return await Promise.race([other, silence(signal, 'a relay')]);
  };
  return bringing(async (inner, { signal }) => ({ answer: await swap(inner, signal) }));
}

const lies: [what: string, () => Wire][] = [
  ['signs in the name of the node', () => bringing((inner, { to }) => signedBy(to, inner))],
  ['signs as itself', () => bringing((inner, { to }) => signedBy(to, inner, { signer: to }))],
  [
    'shows a certificate of the node that it made',
    () =>
      bringing((inner, { to }) => ({
        answer: { ...signedBy(to, inner).answer, certificate: inner.certificate },
      })),
  ],
  [
    'changes the data',
    () => bringing((inner) => ({ answer: { ...inner, answer: { ...inner.answer, data: { made: 'up' } } } })),
  ],
  [
    'brings the first answer again and again',
    () => {
      const first = remembered();
      return bringing((inner) => ({ answer: first(inner) }));
    },
  ],
  [
    'brings the answer of another node',
    () => {
      const first = remembered();
      return bringing((inner) => ({ answer: inner.statement.signer === 'PE-4' ? first(inner) : inner }));
    },
  ],
  ['swaps two answers', swapping],
  [
    'shows its own certificate for that of the node',
    () => ({
      call: async (call, proceed) => {
        const honest = await proceed();
        const opened =
          isRelay(call) && relays.has(call.to) && 'certificate' in (honest.answer.data as JsonObject);
        if (!opened) return honest;
        const { certificatePem, keyPair } = identityOf(call.to);
        const { resultHash: _, ...fields } = honest.statement;
        const data = { ...(honest.answer.data as JsonObject), certificate: certificatePem };
        const key = { privateKey: keyPair.privateKey, certificatePem };
        return sealAnswer(fields, { ...honest.answer, data }, key);
      },
    }),
  ],
  ['brings no answer', () => bringing(() => ({ answer: { nothing: true } }))],
  ['says that the node is silent', () => bringing(() => ({ silent: 'P-3 did not answer me.' }))],
  [
    'fails',
    () => ({
      call: (call, proceed) =>
        relays.has(call.to) && isRelay(call) ? Promise.reject(new PeerError('malformed', 'no')) : proceed(),
    }),
  ],
  [
    'refuses',
    () => ({
      call: (call, proceed) =>
        relays.has(call.to) && isRelay(call)
          ? Promise.reject(new PeerError('unauthorised', `${call.to} does not want to`))
          : proceed(),
    }),
  ],
  [
    'keeps silent',
    () => ({
      call: (call, proceed) =>
        relays.has(call.to) && isRelay(call) ? silence(call.signal, call.to) : proceed(),
    }),
  ],
];

describe('a node that is asked through another one [T3]', () => {
  it('wants both to be allowed what is asked, and answers the asker', async () => {
    await using domain = await Domain.start(ring, { seed: 1 });
    const { service } = domain.agent('PE-4');
    const { keyPair, certificatePem } = identityOf('PE-1');
    const key = { privateKey: keyPair.privateKey, certificatePem };
    const relay = domain.caller('P-5');
    let nonce = 0;
    const carrying = (tool: string, args: JsonObject) => {
      nonce += 1;
      const request = sealRequest(
        {
          operation: { tool },
          arguments: args,
          session: 's1',
          caller: 'PE-1',
          node: 'PE-4',
          relay: 'P-5',
          capabilities: [capabilities.ping],
          nonce,
          signedAt: new Date(domain.clock.now()).toISOString(),
        },
        key,
      );
      const asked = { node: 'PE-4', request: request as unknown as JsonObject };
      const { signal } = new AbortController();
      return domain.pass(service.callTool(toolNames.relay, asked, { caller: relay, session: 's1', signal }));
    };
    const ping = { destination: ring.nodes[0]?.address ?? '', count: 1 };
    await service.negotiate(relay, [capabilities.relay]);
    await assert.rejects(carrying(toolNames.ping, ping), /P-5 \(device\) may not call ping/);
    await service.negotiate(relay, allCapabilities);
    await assert.rejects(
      carrying(toolNames.countingStart, { 'flow-labels': [7] }),
      /PE-1 \(device\) may not call counting-start/,
    );
    await assert.rejects(carrying(toolNames.troubleshoot, { intent: 'x' }), /nothing that a relay carries/);
    const { statement } = (await carrying(toolNames.ping, ping)).signed;
    assert.deepEqual([statement.caller, statement.relay, statement.session], ['PE-1', 'P-5', 's1']);
    const closing = await carrying(toolNames.sessionConclude, { session: 's1' });
    const told = closing.data.statements as string[];
    assert.deepEqual(told, [digestOf(statement as unknown as JsonObject)]);
  });
});

describe('a relay', () => {
  for (const [what, wire] of lies)
    it(`that ${what} costs nothing but what it was to carry`, async () => {
      const { report } = await reportOf(1, [cut], { wire: wire() });
      assert.ok(
        report.envelopes.every(({ node, signed }) => !relays.has(node) && signed.answer.data !== null),
      );
      const reasons = new Set(report.untrusted.map(({ reason }) => reason));
      assert.deepEqual([...reasons], ['timeout'], JSON.stringify(report.untrusted));
      assert.ok(report.untrusted.every(({ node }) => !relays.has(node)));
      if (report.verdict === 'CONFIRMED')
        assert.deepEqual(found(report), [[cut.kind, cut.node, cut.interface]]);
      else assert.equal(report.verdict, 'INCONCLUSIVE', report.summary);
    });

  it('that lies is left for an honest one', async () => {
    let liar: string | undefined;
    const wire = bringing((inner, { to }) => {
      liar ??= to;
      return to === liar ? signedBy(to, inner) : { answer: inner };
    });
    const { report } = await reportOf(1, [cut], { wire });
    assert.equal(report.verdict, 'CONFIRMED', report.summary);
    const through = report.untrusted.map(({ reachedThrough }) => reachedThrough);
    assert.ok(liar !== undefined && !through.includes(liar), String(through));
  });
});

function lostOpening(node: string): Promise<never> {
  return Promise.reject(new PeerError('unreachable', `No way to ${node}.`));
}
