/**
 * Input: a domain in which one peer lies, repeats itself, keeps silent, dies or offers little.
 * Output: a report, always; the peer is `untrusted(reason)` with the right reason, and no verdict rests on its word.
 * Threats 1, 13, 14, 21 and 30 of the threat table.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { canonicalBytes, type JsonObject } from '../../crypto/canonical.ts';
import { type SignedAnswer, sealAnswer } from '../../crypto/envelope.ts';
import { issueDevice } from '../../crypto/issue.ts';
import { keyPairFromSeed } from '../../crypto/keys.ts';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import { ConferError, PeerError, type UntrustedReason } from '../../src/core/errors.ts';
import { limits } from '../../src/core/limits.ts';
import type { DeviceDriver } from '../../src/core/ports.ts';
import type { Report } from '../../src/core/records.ts';
import { allCapabilities, capabilities, metaKeys, toolNames } from '../../src/core/tools.ts';
import { type Fault, parseTopology, type Topology } from '../../src/core/topology.ts';
import { signedResourceAnswer } from '../../src/mcp/answers.ts';
import { trustAnchorPem, worldStartMs } from '../../src/sim/identities.ts';
import { type Call, Domain, type DomainOptions, identityOf, silence, type Wire } from '../support/domain.ts';

const topology = shipped('pe1-p2-pe3');
const intent = topology.intent ?? '';
const lies = new Set(['P-2']);

/** Puts a lie in place of every answer that P-2 gives to this operation, or to all. */
function lying(
  lie: (call: Call, proceed: () => Promise<SignedAnswer>) => Promise<SignedAnswer>,
  isMeant: (call: Call) => boolean = () => true,
): Wire {
  return {
    call: (call, proceed) => (lies.has(call.to) && isMeant(call) ? lie(call, proceed) : proceed()),
  };
}

/** The honest answer, changed by whoever sits on the wire. */
function changed(change: (answer: SignedAnswer) => unknown): Wire {
  return lying(async (_call, proceed) => change(await proceed()) as SignedAnswer);
}

/** P-2 itself signs something else than what happened. */
function resigned(statement: Partial<SignedAnswer['statement']>, signer = 'P-2'): Wire {
  return changed(({ statement: honest, answer }) => {
    const { keyPair, certificatePem } = identityOf(signer);
    const { resultHash: _, ...fields } = { ...honest, ...statement };
    return sealAnswer(fields, answer, { privateKey: keyPair.privateKey, certificatePem });
  });
}

/** P-2 itself signs this. */
function saying(data: JsonObject): Wire {
  return changed(({ statement, answer }) => signedByP2(statement, { ...answer, data }));
}

function signedByP2({ resultHash: _, ...fields }: SignedAnswer['statement'], answer: SignedAnswer['answer']) {
  const { keyPair, certificatePem } = identityOf('P-2');
  return sealAnswer(fields, answer, { privateKey: keyPair.privateKey, certificatePem });
}

/** What the wire makes of a resource whose signature is this. */
function unsignedAnswer(signed: JsonObject): SignedAnswer {
  const result = { contents: [{ text: '{}' }], _meta: { [metaKeys.signed]: { certificate: '', ...signed } } };
  return signedResourceAnswer(result, 'P-2');
}

const withCapture = (capture: string) => saying({ 'confer-device:counting': { id: 'c', flow: [], capture } });

const hostilities: [what: string, wire: () => Wire, reason: UntrustedReason, detail: RegExp][] = [
  [
    'changes a byte of its signature',
    () => changed((answer) => ({ ...answer, signature: flipped(answer.signature) })),
    'bad-signature',
    /signature is not P-2's/,
  ],
  [
    'changes the data under its signature',
    () => changed((signed) => ({ ...signed, answer: { ...signed.answer, data: { made: 'up' } } })),
    'bad-signature',
    /not the one that was signed/,
  ],
  [
    'lies about isError',
    () => changed((signed) => ({ ...signed, answer: { ...signed.answer, isError: true } })),
    'bad-signature',
    /not the one that was signed/,
  ],
  ['replays its first answer', replaying, 'bad-signature', /another operation/],
  ['signs the same nonce twice', () => resigned({ nonce: 7 }), 'replay', /nonce 7 twice/],
  [
    'answers another question',
    () => resigned({ operation: { tool: 'ping' } }),
    'bad-signature',
    /another operation/,
  ],
  [
    'answers other arguments',
    () => resigned({ argumentsHash: 'a'.repeat(64) }),
    'bad-signature',
    /other arguments/,
  ],
  ['answers another session', () => resigned({ session: 'ffff' }), 'bad-signature', /another session/],
  ['answers another caller', () => resigned({ caller: 'PE-3' }), 'bad-signature', /for PE-3/],
  [
    'hands on what another node signed',
    () => resigned({ signer: 'PE-3' }, 'PE-3'),
    'bad-signature',
    /another connection/,
  ],
  [
    'answers garbage',
    () => lying(async () => signedResourceAnswer({ hello: 'world' }, 'P-2')),
    'malformed',
    /not a signed one: contents: expected a list, which is missing/,
  ],
  [
    'answers nothing at all',
    () => lying(async () => signedResourceAnswer(undefined, 'P-2')),
    'malformed',
    /not a signed one: the answer: expected fields and their values/,
  ],
  ['signs a number beyond 2^53', () => saying({ counter: 2 ** 53 }), 'malformed', /outside what a double/],
  [
    'signs a number beyond every integer',
    () => saying({ counter: 1e300 }),
    'malformed',
    /outside what a doub/,
  ],
  ['nests its answer too deep', () => saying(nested(49)), 'malformed', /deeper than 48 levels/],
  ['sends base64 with spare bits', () => withCapture('QUJ='), 'malformed', /not in plain base64/],
  ['sends base64url', () => withCapture('-_-_'), 'malformed', /not in plain base64/],
  [
    'sends a huge packet file',
    () => withCapture('A'.repeat(2 ** 20)),
    'malformed',
    /packet file has 1048576/,
  ],
  ['says more than fits', () => saying({ x: 'x'.repeat(5 * 2 ** 20) }), 'malformed', /longer than 4194304/],
  [
    'has a clock an hour ahead',
    () => resigned({ signedAt: '2026-07-01T13:00:00.000Z' }),
    'malformed',
    /set the clock/,
  ],
  [
    'has a clock an hour behind',
    () => resigned({ signedAt: '2026-07-01T11:00:00.000Z' }),
    'malformed',
    /set the clock/,
  ],
  ['never answers', () => lying(({ signal, to }) => silence(signal, to)), 'timeout', /No answer/],
  [
    'refuses every call',
    () => lying(async () => Promise.reject(new PeerError('unauthorised', 'P-2: not you'))),
    'unauthorised',
    /not you/,
  ],
  [
    'breaks the wire',
    () => lying(async () => Promise.reject(new TypeError('cannot read'))),
    'malformed',
    /cannot read/,
  ],
  [
    'makes us cut what we quote of it in the middle of a character',
    () =>
      lying(async () => unsignedAnswer({ statement: `${'a'.repeat(58)}${'😀'.repeat(9)}`, signature: '' })),
    'malformed',
    /found "a+\ufffd?\.\.\./,
  ],
  [
    'breaks the wire with half a character and as much text as a message holds',
    () => lying(async () => Promise.reject(new TypeError(`\udc00${'x'.repeat(16 * 2 ** 20)}`))),
    'malformed',
    /^\ufffdx{400,}\.\.\.$/,
  ],
  [
    'refuses with as much text as a message holds',
    () => lying(async () => Promise.reject(new PeerError('refused', `P-2: ${'x'.repeat(16 * 2 ** 20)}`))),
    'refused',
    /^P-2: x{400,}\.\.\.$/,
  ],
  [
    'cannot be opened',
    () => ({ open: (_from, to, proceed) => refuse(to, proceed) }),
    'authentication',
    /thumbprint/,
  ],
  [
    'never finishes the handshake',
    () => ({ open: (_from, to, proceed) => (lies.has(to) ? new Promise(() => {}) : proceed()) }),
    'timeout',
    /No answer within/,
  ],
];

describe('a hostile peer', () => {
  for (const [what, wire, reason, detail] of hostilities)
    it(`that ${what} becomes untrusted(${reason}), and the report ships`, async () => {
      const report = await reportOf({ wire: wire() });
      const [mark, ...others] = report.untrusted;
      assert.deepEqual(others, []);
      assert.equal(mark?.node, 'P-2');
      assert.equal(mark.reason, reason, mark.detail);
      assert.match(mark.detail, detail);
      // P-2's certificate, or its judgement of ours: others took ours.
      const found = reason === 'authentication' ? ['agent-only'] : [];
      assert.deepEqual(
        report.findings.map(({ kind }) => kind),
        found,
        report.summary,
      );
      assert.equal(report.verdict, found.length > 0 ? 'LIKELY' : 'NO_FAULT', report.summary);
      assert.match(report.summary, new RegExp(`P-2 \\(${reason}\\)`));
      assert.match(report.recommendation, /agent of P-2/);
    });

  it('with a clean data path and a silent agent, the sections around it cover the fault that is there', async () => {
    const wire = lying(({ signal, to }) => silence(signal, to));
    const report = await reportOf({ wire, faults: [acl('P-2', 'p2-pe3')] });
    assert.equal(report.verdict, 'INCONCLUSIVE');
    assert.deepEqual(report.findings, []);
    assert.ok(report.suspects.some(({ node, peer }) => node === 'P-2' && peer === undefined));
    assert.ok(report.suspects.every(({ node }) => node === 'PE-1' || node === 'P-2'));
  });

  it('a fault next to a silent agent is still named by whoever sees it', async () => {
    const wire = lying(({ signal, to }) => silence(signal, to));
    const report = await reportOf({ wire, faults: [acl('PE-1', 'pe1-p2')] });
    assert.equal(report.verdict, 'CONFIRMED');
    assert.deepEqual(
      report.findings.map(({ kind, element }) => [kind, element.node, element.object]),
      [['egress-acl', 'PE-1', '77']],
    );
  });

  it('that dies between calls leaves what it said before', async () => {
    let calls = 0;
    const wire = lying((_call, proceed) =>
      ++calls > 6 ? Promise.reject(new PeerError('unreachable', 'P-2: connection reset')) : proceed(),
    );
    const report = await reportOf({ wire });
    assert.deepEqual(
      report.untrusted.map(({ node, reason }) => [node, reason]),
      [['P-2', 'unreachable']],
    );
    assert.ok(report.envelopes.some(({ node }) => node === 'P-2'));
    assert.equal(report.verdict, 'NO_FAULT');
  });

  it('is not asked again while its mark is in force: no retry storm', async () => {
    let calls = 0;
    const wire = lying(({ signal, to }) => {
      calls += 1;
      return silence(signal, to);
    });
    await reportOf({ wire });
    assert.ok(calls <= 6, `${calls} calls to a silent peer`);
  });

  it('that is late once is asked again in the same session when its mark has expired', async () => {
    // Slow answers of PE-3, and a loss so small that all rounds of probes are needed: the session outlasts the mark.
    const askedAtMs: number[] = [];
    const wire: Wire = {
      call: async (call, proceed) => {
        const clock = scene.domain?.clock;
        assert.ok(clock);
        const probes = 'tool' in call.operation && call.operation.tool === toolNames.srv6Ping;
        if (call.to === 'PE-3') await clock.sleep(probes ? 3_500 : 4_800);
        if (call.to !== 'P-2') return await proceed();
        const isLate = (askedAtMs[0] ?? clock.elapsed()) === clock.elapsed();
        askedAtMs.push(clock.elapsed());
        return isLate ? await silence(call.signal, 'P-2') : await proceed();
      },
    };
    const scene: Scene = {
      wire,
      faults: [{ ...acl('P-2', 'p2-pe3'), lossPercent: 0.25 }],
      topology: without(capabilities.relay),
    };
    const report = await reportOf(scene);
    assert.deepEqual(
      report.untrusted.map(({ node, reason }) => [node, reason]),
      [['P-2', 'timeout']],
    );
    const sinceFirstMs = askedAtMs.map((at) => at - (askedAtMs[0] ?? 0));
    const markedMs = limits.readTimeoutMs + limits.untrustedForMs;
    assert.ok(
      sinceFirstMs.every((ms) => ms === 0 || ms >= markedMs),
      `asked after ${sinceFirstMs.join(', ')} ms`,
    );
    assert.ok((sinceFirstMs.at(-1) ?? 0) >= markedMs, 'the session was over before the mark: slow it down');
    assert.ok(report.envelopes.some(({ node }) => node === 'P-2') && report.signatures['P-2'] !== undefined);
  });

  it('that runs on an old copy of its store is refused: its nonces go back', async () => {
    let restored: number | undefined;
    const wire = changed(({ statement, answer }) => {
      if (restored === undefined) return signedByP2(statement, answer);
      restored += 1;
      return signedByP2({ ...statement, nonce: restored }, answer);
    });
    await using domain = await Domain.start(topology, { seed: 1, wire });
    const before = await domain.ask('PE-1', intent);
    assert.deepEqual(before.untrusted, []);
    restored = 0;
    const after = await domain.ask('PE-1', intent);
    assert.deepEqual(
      after.untrusted.map(({ node, reason }) => [node, reason]),
      [['P-2', 'replay']],
    );
    assert.match(after.untrusted[0]?.detail ?? '', /nonce \d+, not above \d+: .*restored an old store/);
    assert.ok(verifyReport(reportBytes(after), domain.trustAnchorPem).ok);
  });

  it('that answers two intents at once is believed in both', async () => {
    await using domain = await Domain.start(topology, { seed: 1 });
    await domain.ask('PE-1', intent);
    const reports = await Promise.all([domain.ask('PE-1', intent), domain.ask('PE-1', intent)]);
    for (const report of reports) {
      assert.deepEqual(report.untrusted, []);
      assert.ok(verifyReport(reportBytes(report), domain.trustAnchorPem).ok);
    }
  });

  it('that nests as deep as it may is carried, and the report verifies', async () => {
    const report = await reportOf({ wire: saying(nested(48)) });
    assert.ok(report.envelopes.some(({ node }) => node === 'P-2'));
  });

  const concluding = ({ operation }: Call) =>
    'tool' in operation && operation.tool === toolNames.sessionConclude;
  const endings: [what: string, wire: Wire, detail: RegExp][] = [
    [
      'refuses to close the session',
      lying(async () => Promise.reject(new PeerError('refused', 'P-2: no')), concluding),
      /did not sign the end of the session: P-2: no/,
    ],
    [
      'answers with an error instead of closing',
      lying(async (_call, proceed) => {
        const { statement, answer } = await proceed();
        return signedByP2(statement, { ...answer, data: { error: 'no' }, isError: true });
      }, concluding),
      /did not sign the end of the session: P-2 could not do it/,
    ],
    [
      'closes with a shorter list',
      lying(async (_call, proceed) => {
        const { statement, answer } = await proceed();
        return signedByP2(statement, { ...answer, data: shortened(answer.data as JsonObject) });
      }, concluding),
      /signature of P-2 over its answers does not verify/,
    ],
  ];
  for (const [what, wire, detail] of endings)
    it(`that ${what} is marked, and the report verifies`, async () => {
      const report = await reportOf({ wire });
      assert.deepEqual(
        report.untrusted.map(({ node, reason }) => [node, reason]),
        [['P-2', 'bad-signature']],
      );
      assert.match(report.untrusted[0]?.detail ?? '', detail);
      assert.ok(report.envelopes.some(({ node }) => node === 'P-2'));
      assert.equal(report.signatures['P-2'], undefined);
    });

  it('whose probe fails signs the failure, which counts as an answer and as no measurement', async () => {
    const failing = (node: string, modelled: DeviceDriver): DeviceDriver =>
      node !== 'PE-3'
        ? modelled
        : {
            facts: () => modelled.facts(),
            read: (path, signal) => modelled.read(path, signal),
            apply: (change) => modelled.apply(change),
            run: () => Promise.reject(new ConferError('device-failure', 'no raw socket')),
          };
    const report = await reportOf({ driver: failing });
    assert.deepEqual(
      report.untrusted.map(({ node, reason }) => [node, reason]),
      [['PE-3', 'refused']],
    );
    assert.ok(report.envelopes.some(({ node, signed }) => node === 'PE-3' && signed.answer.isError));
    assert.ok(report.signatures['PE-3'] !== undefined);
    assert.equal(report.verdict, 'INCONCLUSIVE');
  });

  it('whose certificate ends between its answers and the report does not void it', async () => {
    const honest = await reportOf({});
    const closedAt = honest.envelopes
      .filter(({ node }) => node === 'P-2')
      .map(({ signed }) => Date.parse(signed.statement.signedAt))
      .reduce((a, b) => Math.max(a, b));
    const endsAtMs = Math.ceil((closedAt + 1) / 1_000) * 1_000;
    const certificate = endingAt('P-2', endsAtMs);
    const late: Wire = {
      open: async (_from, to, proceed) => {
        const peer = await proceed();
        return to === 'P-2' ? { ...peer, certificate } : peer;
      },
      call: async (call, proceed) => {
        const signed = await proceed();
        if (call.to === 'PE-3' && concluding(call)) await scene.domain?.clock.sleep(3_000);
        return call.to === 'P-2' ? { ...signed, certificate } : signed;
      },
    };
    const scene: Scene = { wire: late };
    const report = await reportOf(scene);
    assert.ok(Date.parse(report.created) > endsAtMs, 'the certificate has ended');
    assert.deepEqual(report.untrusted, []);
    assert.ok(report.signatures['P-2'] !== undefined);
  });

  it('that answers with megabytes is bounded or carried, never fatal', async () => {
    const huge = 'x'.repeat(4 * 1024 * 1024);
    const wire = changed((signed) => ({ ...signed, answer: { ...signed.answer, data: { huge } } }));
    const report = await reportOf({ wire });
    assert.equal(report.untrusted[0]?.reason, 'bad-signature');
    assert.ok(reportBytes(report).byteLength < 1024 * 1024);
  });

  it('that gives its interfaces endless names does not make the report longer than a message', async () => {
    const wire = changed(({ statement, answer }) => {
      const renamed = JSON.stringify(answer.data).replace(/"(p2-pe\d)"/g, `"$1${'x'.repeat(100_000)}"`);
      return signedByP2(statement, { ...answer, data: JSON.parse(renamed) });
    });
    const report = await reportOf({ wire });
    const { envelopes: _, ...written } = report;
    assert.ok(canonicalBytes(written as unknown as JsonObject).byteLength < 100_000);
  });

  it('that signs measurements of the wrong shape is heard by nobody', async () => {
    const wire = lying(
      async (_call, proceed) => {
        const { statement, answer } = await proceed();
        const { keyPair, certificatePem } = identityOf('P-2');
        const data: JsonObject = { 'confer-device:counting': { id: 1, flow: 'many' } };
        const key = { privateKey: keyPair.privateKey, certificatePem };
        return sealAnswer(statement, { ...answer, data }, key);
      },
      ({ operation }) => 'uri' in operation && operation.uri.includes('counting'),
    );
    const report = await reportOf({ wire });
    assert.equal(report.verdict, 'NO_FAULT');
  });

  it('that invents loss is contradicted by its neighbours: never accuses anybody else', async () => {
    const wire = lying(
      async (_call, proceed) => {
        const { statement, answer } = await proceed();
        const { keyPair, certificatePem } = identityOf('P-2');
        const data = JSON.parse(JSON.stringify(answer.data).replace(/"(in|out)":"\d+"/g, '"$1":"0"'));
        return sealAnswer(statement, { ...answer, data }, { privateKey: keyPair.privateKey, certificatePem });
      },
      ({ operation }) =>
        ('uri' in operation && operation.uri.includes('counting')) ||
        ('tool' in operation && operation.tool === toolNames.countingStop),
    );
    const report = await reportOf({ wire });
    assert.notEqual(report.verdict, 'CONFIRMED', report.summary);
    assert.deepEqual(report.findings, []);
  });
});

describe('a peer that offers less', () => {
  it('without counting is covered by the sections around it', async () => {
    const healthy = await reportOf({ topology: without(capabilities.counting) });
    assert.equal(healthy.verdict, 'NO_FAULT');
    assert.deepEqual(healthy.untrusted, []);
    const report = await reportOf({
      topology: without(capabilities.counting),
      faults: [acl('P-2', 'p2-pe3')],
    });
    assert.deepEqual(
      report.findings.map(({ kind, element, direction }) => [kind, element.node, element.object, direction]),
      [['egress-acl', 'P-2', '77', 'forward']],
      report.summary,
    );
  });

  it('without counters is named as suspect, nothing more', async () => {
    const report = await reportOf({
      topology: without(capabilities.interfaceCounters),
      faults: [acl('P-2', 'p2-pe3')],
    });
    assert.equal(report.verdict, 'INCONCLUSIVE', report.summary);
    assert.deepEqual(report.suspects, [{ node: 'P-2' }]);
  });

  it('without probes cannot be the head: INCONCLUSIVE, never NO_FAULT', async () => {
    const restricted = {
      ...topology,
      nodes: topology.nodes.map((node) =>
        node.name === 'PE-3'
          ? { ...node, capabilities: [capabilities.counting, capabilities.interfaceCounters] }
          : node,
      ),
    };
    const report = await reportOf({ topology: restricted });
    assert.equal(report.verdict, 'INCONCLUSIVE', report.summary);
  });
});

/** P-2 does not offer this. */
function without(capability: string): Topology {
  return {
    ...topology,
    nodes: topology.nodes.map((node) =>
      node.name === 'P-2'
        ? { ...node, capabilities: allCapabilities.filter((one) => one !== capability) }
        : node,
    ),
  };
}

interface Scene {
  wire?: Wire;
  driver?: DomainOptions['driver'];
  /** Set once it runs. */
  domain?: Domain;
  faults?: Fault[];
  topology?: Topology;
}

/** Every report that ships verifies, whoever lied. */
async function reportOf(scene: Scene): Promise<Report> {
  const { wire, driver } = scene;
  const options = { seed: 1, ...(wire !== undefined && { wire }), ...(driver !== undefined && { driver }) };
  await using domain = await Domain.start(scene.topology ?? topology, options);
  scene.domain = domain;
  domain.inject(...(scene.faults ?? []));
  const report = await domain.ask('PE-1', intent);
  const verification = verifyReport(reportBytes(report), domain.trustAnchorPem);
  assert.ok(verification.ok, JSON.stringify(verification.checks.at(-1)));
  return report;
}

function replaying(): Wire {
  let first: SignedAnswer | undefined;
  return lying(async (_call, proceed) => {
    first ??= await proceed();
    return first;
  });
}

function refuse(to: string, proceed: () => ReturnType<NonNullable<Wire['open']>>) {
  if (!lies.has(to)) return proceed();
  return Promise.reject(new PeerError('authentication', `${to}: another thumbprint than it announced`));
}

/** Levels of nesting. */
function nested(levels: number): JsonObject {
  return levels === 1 ? {} : { deeper: nested(levels - 1) };
}

function shortened(conclusion: JsonObject): JsonObject {
  return { ...conclusion, statements: (conclusion.statements as string[]).slice(1) };
}

/** The node's key, certified until then. */
function endingAt(node: string, endsAtMs: number): string {
  const seed = createHash('sha256').update('key authority').digest();
  return issueDevice({
    authority: { certificatePem: trustAnchorPem, privateKey: keyPairFromSeed(seed).privateKey },
    node,
    publicKey: identityOf(node).keyPair.publicKey,
    hosts: [],
    now: worldStartMs,
    lifetimeMs: endsAtMs - worldStartMs,
    serial: Buffer.alloc(16, 5),
  });
}

function acl(node: string, interfaceName: string): Fault {
  return {
    id: 'x',
    kind: 'egress-acl',
    node,
    interface: interfaceName,
    object: '77',
    lossPercent: 10,
    active: true,
  };
}

function flipped(signature: string): string {
  const last = signature[20] === 'A' ? 'B' : 'A';
  return `${signature.slice(0, 20)}${last}${signature.slice(21)}`;
}

function shipped(name: string): Topology {
  const file = `topologies/${name}.yaml`;
  return parseTopology(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'), file);
}
