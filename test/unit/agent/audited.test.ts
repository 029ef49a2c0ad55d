/** Input: what an agent is asked, and what it asks. Output: on record, both ways, before an answer leaves. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalBytes, type JsonObject } from '../../../crypto/canonical.ts';
import { Audit } from '../../../src/agent/audit.ts';
import { auditLog } from '../../../src/agent/audit-record.ts';
import { AuditedRefusals } from '../../../src/agent/audit-refusals.ts';
import { AuditedPeers } from '../../../src/agent/audited-peers.ts';
import { AuditedService, type StatingService } from '../../../src/agent/audited-service.ts';
import { AnswerSigner, type StatedAnswer } from '../../../src/agent/signing.ts';
import { ConferError, PeerError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Peer, Peers, Store } from '../../../src/core/ports.ts';
import type { CallContext } from '../../../src/core/service.ts';
import { toolNames } from '../../../src/core/tools.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { deviceOf, noon } from '../crypto/fixtures.ts';
import { auditedDevice } from './audit-trails.ts';
import { callerOf } from './callers.ts';

const caller = callerOf('PE-1', 1);
const peerDevice = deviceOf('P-2', 2);
const { signal } = new AbortController();
const context: CallContext = { caller, session: 's1', signal };

describe('the service of an agent with its trail [T37]', () => {
  it('records an answer with its caller, session, arguments, hash, nonce and outcome', async () => {
    const { service, records } = audited();
    const answer = await service.callTool('ping', { destination: 'fc00:1::1' }, context);
    const [, record] = await records();
    const { number, previous, time, ...rest } = record ?? {};
    assert.deepEqual([number, time], [1, new Date(noon).toISOString()]);
    assert.deepEqual(rest, {
      event: 'exchange',
      direction: 'in',
      party: { ...caller },
      session: 's1',
      operation: { tool: 'ping' },
      arguments: { destination: 'fc00:1::1' },
      outcome: 'answered',
      answer: {
        sha256: answer.signed.statement.resultHash,
        nonce: answer.signed.statement.nonce,
        isError: false,
      },
      durationMs: 0,
    });
  });

  it('lets no answer leave before its record is durable', async () => {
    const memory = createMemoryStore();
    const waiting: (() => void)[] = [];
    const store: Store = {
      ...memory,
      append: async (log, record) => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return await memory.append(log, record);
      },
    };
    const { service } = audited(store);
    const told: string[] = [];
    const asked: [string, Promise<unknown>][] = [
      ['tools/call', service.callTool('ping', {}, context)],
      ['resources/read', service.readResource('urn:x', context)],
      ['mcp/initialize', Promise.resolve(service.negotiate(caller, ['ping']))],
      ['tools/list', Promise.resolve(service.tools(caller))],
      ['resources/list', service.resources(caller)],
      ['resources/templates/list', Promise.resolve(service.resourceTemplates(caller))],
      ['prompts/list', Promise.resolve(service.prompts(caller))],
    ];
    const all = asked.map(([name, answer]) => answer.then(() => told.push(name)));
    while (waiting.length < 1) await new Promise(setImmediate);
    waiting.shift()?.(); // the start of the trail
    while (waiting.length < asked.length) await new Promise(setImmediate);
    await new Promise(setImmediate);
    assert.deepEqual(told, []);
    for (const resolve of waiting.splice(0)) resolve();
    await Promise.all(all);
    assert.deepEqual(new Set(told), new Set(asked.map(([name]) => name)));
  });

  it('signs nothing before its record is durable, and then what one commit holds together', async () => {
    const memory = createMemoryStore();
    const waiting: (() => void)[] = [];
    const store: Store = {
      ...memory,
      append: async (log, record) => {
        const index = await memory.append(log, record);
        if (index > 0) await new Promise<void>((resolve) => waiting.push(resolve));
        return index;
      },
    };
    const { service, sealed } = audited(store);
    const asked = [1, 2, 3].map((count) => service.callTool('ping', { count }, context));
    while (waiting.length < asked.length) await new Promise(setImmediate);
    assert.deepEqual(sealed, []);
    for (const resolve of waiting.splice(0)) resolve();
    const batches = (await Promise.all(asked)).map(({ signed }) => signed.batch);
    assert.deepEqual(
      batches.map((batch) => [batch?.index, batch?.size]),
      [
        [0, 3],
        [1, 3],
        [2, 3],
      ],
    );
    assert.equal(sealed.length, 3);
  });

  it('records refusals as well, by their code', async () => {
    const { service, records } = audited();
    await assert.rejects(service.callTool('denied', {}, context));
    await assert.rejects(service.readResource('urn:broken', { caller, signal }));
    const [, denied, failed] = await records();
    assert.deepEqual(
      [denied?.operation, denied?.outcome, denied?.detail],
      [{ tool: 'denied' }, 'access-denied', 'PE-1 may not.'],
    );
    assert.deepEqual(
      [failed?.operation, failed?.outcome, failed?.detail, failed?.session],
      [{ uri: 'urn:broken' }, 'failed', 'unforeseen; see the log', undefined],
    );
  });

  it('has what changes the router on record before it is done', async () => {
    const { service, records, done } = audited();
    await service.callTool(toolNames.countingStart, { 'flow-labels': [1] }, context);
    assert.deepEqual(done, ['counting-start with 2 records']);
    const events = (await records()).map(({ event, operation }) => [event, (operation as JsonObject)?.tool]);
    assert.deepEqual(events, [
      ['started', undefined],
      ['request', toolNames.countingStart],
      ['exchange', toolNames.countingStart],
    ]);
  });

  it('answers nothing when the trail fails', async () => {
    const memory = createMemoryStore();
    const store: Store = {
      ...memory,
      append: async () => {
        throw new ConferError('storage-failure', 'the disk is full');
      },
    };
    const { service } = audited(store);
    const isFailure = (error: unknown) => error instanceof ConferError && error.code === 'storage-failure';
    await assert.rejects(service.callTool('ping', {}, context), isFailure);
    await assert.rejects(service.callTool('denied', {}, context), isFailure);
    await assert.rejects(Promise.resolve(service.tools(caller)), isFailure);
    await assert.rejects(Promise.resolve(service.negotiate(caller, [])), isFailure);
  });

  it('keeps no key, and nothing long in full', async () => {
    const { service, records } = audited();
    const canary = 'canary'.repeat(200);
    await service.callTool('ping', { canary }, { ...context, session: canary });
    await service.readResource(`urn:${canary}`, context);
    await assert.rejects(service.callTool(canary, {}, context));
    const text = JSON.stringify(await records());
    assert.doesNotMatch(text, /PRIVATE|BEGIN/);
    assert.ok(!text.includes('canary'.repeat(50)), text);
    for (const record of await records()) assert.ok(canonicalBytes(record).byteLength < 2_000);
  });
});

describe('the peers of an agent with its trail [T37]', () => {
  it('records the session, what was asked and what came back', async () => {
    const { peers, records } = audited();
    const peer = await peers.open('P-2', { session: 's2', signal });
    const { statement } = await peer.call('ping', { count: 3 }, { signal });
    await peer.call(toolNames.countingStart, {}, { signal });
    await assert.rejects(peer.read('urn:silent', { signal }));
    const [, opened, called, request, changed, silent] = await records();
    const { thumbprint, ...party } = (opened?.party ?? {}) as JsonObject;
    assert.deepEqual(
      [party, opened?.operation, opened?.outcome, opened?.session, opened?.direction],
      [{ name: 'P-2' }, { method: 'mcp/initialize' }, 'answered', 's2', 'out'],
    );
    assert.match(String(thumbprint), /^[0-9a-f]{64}$/);
    assert.deepEqual(
      [called?.operation, called?.arguments, called?.answer, called?.party],
      [
        { tool: 'ping' },
        { count: 3 },
        { sha256: statement.resultHash, nonce: statement.nonce, isError: false },
        { name: 'P-2', thumbprint },
      ],
    );
    assert.deepEqual([request?.event, changed?.event], ['request', 'exchange']);
    assert.deepEqual([silent?.operation, silent?.outcome], [{ uri: 'urn:silent' }, 'timeout']);
  });

  it('records that a certificate is not the advertised one, and no call [threat 1]', async () => {
    const { peers, records } = audited();
    await assert.rejects(peers.open('P-9', { session: 's2', signal }), PeerError);
    const [, opened, ...calls] = await records();
    assert.deepEqual(
      [opened?.operation, opened?.outcome, opened?.detail],
      [{ method: 'mcp/initialize' }, 'authentication', 'P-9 shows another certificate than advertised.'],
    );
    assert.deepEqual(calls, []);
  });

  it('records an answer that is none', async () => {
    const { peers, records } = audited();
    const peer = await peers.open('P-2', { session: 's2', signal });
    await peer.read('urn:garbage', { signal });
    const record = (await records()).at(-1);
    assert.deepEqual([record?.outcome, record?.answer], ['answered', undefined]);
  });
});

describe('connections that are refused [T37]', () => {
  it('are recorded one by one, and beyond so many a minute as a number: nobody pushes out the history', async () => {
    const { audit, clock, records } = audited();
    const refusals = new AuditedRefusals(audit, clock);
    const knock = (times: number) => {
      for (let time = 0; time < times; time += 1)
        refusals.note({ address: '192.0.2.1', reason: 'no-certificate', detail: 'showed none' });
    };
    knock(10_000);
    await clock.advance(60_000);
    knock(2);
    await clock.advance(0);
    const events = (await records()).filter(({ event }) => String(event).startsWith('refused'));
    assert.equal(events.length, limits.auditRefusalsPerMinute + 3);
    assert.equal(events[limits.auditRefusalsPerMinute]?.count, 10_000 - limits.auditRefusalsPerMinute);
    assert.deepEqual(
      [events[0]?.address, events[0]?.reason, events[0]?.detail],
      ['192.0.2.1', 'no-certificate', 'showed none'],
    );
  });
});

/** An agent of which only the trail is real. */
function audited(store: Store = createMemoryStore()) {
  const clock = createVirtualClock(noon);
  const audit = new Audit({ ...auditedDevice, recordsMax: 1_000 }, { clock, store });
  const records = async () => {
    await new Promise(setImmediate); // what is noted is not waited for
    return (await Array.fromAsync(store.scan(auditLog))).map(({ record }) => record);
  };
  const done: string[] = [];
  const signer = new AnswerSigner(auditedDevice, clock, createMemoryStore());
  const state = (operation: { tool: string } | { uri: string }, args: JsonObject) =>
    signer.state({
      operation,
      arguments: args,
      caller,
      session: 's1',
      content: [],
      data: {},
      isError: false,
    });
  const sealed: number[] = [];
  const seal = async (stated: StatedAnswer) => {
    sealed.push(stated.statement.nonce);
    return await signer.seal(stated);
  };
  const inner: StatingService = {
    node: 'PE-3',
    capabilities: ['ping'],
    network: {},
    tools: () => [],
    resources: async () => [],
    resourceTemplates: () => [],
    prompts: () => [],
    negotiate: (_caller, theirs) => theirs,
    callTool: async (tool, args) => {
      if (tool !== 'ping' && tool !== toolNames.countingStart)
        throw new ConferError('access-denied', 'PE-1 may not.');
      done.push(`${tool} with ${(await records()).length} records`);
      return await state({ tool }, args as JsonObject);
    },
    readResource: async (uri) => {
      if (uri === 'urn:broken') throw new TypeError('a secret of the inside');
      return await state({ uri }, {});
    },
  };
  const remote = new AnswerSigner(peerDevice, clock, createMemoryStore());
  const answer = async (operation: { tool: string } | { uri: string }, args: JsonObject) =>
    (
      await remote.seal(
        await remote.state({
          operation,
          arguments: args,
          caller,
          session: 's2',
          content: [],
          data: {},
          isError: false,
        }),
      )
    ).signed;
  const peer: Peer = {
    node: 'P-2',
    certificate: peerDevice.certificatePem,
    authorised: ['ping'],
    call: async (tool, args) => await answer({ tool }, args),
    read: async (uri) => {
      if (uri === 'urn:silent') throw new PeerError('timeout', 'P-2 did not answer in time.');
      return uri === 'urn:garbage' ? ('garbage' as never) : await answer({ uri }, {});
    },
  };
  const dialled: Peers = {
    open: async (node) => {
      if (node === 'P-2') return peer;
      throw new PeerError('authentication', `${node} shows another certificate than advertised.`);
    },
  };
  return {
    audit,
    clock,
    records,
    done,
    sealed,
    service: new AuditedService(inner, { signer: { seal }, audit, clock }),
    peers: new AuditedPeers(dialled, audit, clock),
  };
}
