import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError, SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import { ConferError, type ErrorCode, PeerError } from '../../../src/core/errors.ts';
import { peerErrorOf } from '../../../src/mcp/peer-failure.ts';
import { type Era, wireErrorOf } from '../../../src/mcp/wire-errors.ts';

const codes: ErrorCode[] = [
  'bad-input',
  'unsupported-intent',
  'unknown-node',
  'access-denied',
  'not-found',
  'timeout',
  'unreachable',
  'overloaded',
  'device-failure',
  'storage-failure',
  'cancelled',
  'usage',
];

test('N16: the codes of the draft in the older era, none that 2026-07-28 reserves in the newer one', () => {
  const drafted = new Map([
    ['timeout', -32081],
    ['unreachable', -32082],
    ['access-denied', -32083],
  ]);
  for (const code of codes) {
    const error = new ConferError(code, 'Why.');
    const [legacy, modern] = (['legacy', 'modern'] satisfies Era[]).map((era) => wireErrorOf(error, era));
    assert.ok(legacy && modern);
    assert.equal(modern.data.reason, code);
    assert.ok(modern.code > -32020 || modern.code < -32099, `${code}: ${modern.code}`);
    const network = drafted.get(code);
    assert.equal(legacy.data.networkCode, network);
    assert.equal(modern.data.networkCode, network);
    if (network === undefined) continue;
    assert.equal(legacy.code, network);
    assert.ok(modern.code > -32000 || modern.code < -32768);
  }
});

test('an unforeseen failure tells nothing', () => {
  const wire = wireErrorOf(new Error('password=hunter2'), 'modern');
  assert.equal(wire.code, -32603);
  assert.doesNotMatch(JSON.stringify(wire), /hunter2/);
});

test('what a peer says and what connections do become a reason', () => {
  const open = new AbortController().signal;
  const data = (networkCode: number) => ({ networkCode });
  const cases: [unknown, string][] = [
    [new ProtocolError(-31083, 'no', data(-32083)), 'unauthorised'],
    [new ProtocolError(-32083, 'no', data(-32083)), 'unauthorised'],
    [new ProtocolError(-31081, 'late', data(-32081)), 'timeout'],
    [new ProtocolError(-31082, 'cut off', data(-32082)), 'refused'],
    [new ProtocolError(-32602, 'what?'), 'refused'],
    [new SdkError(SdkErrorCode.ConnectionClosed, 'closed'), 'unreachable'],
    [new SdkError(SdkErrorCode.InvalidResult, 'odd'), 'malformed'],
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'unreachable'],
    [Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }), 'authentication'],
    [Object.assign(new Error('x'), { code: 'untrusted' }), 'authentication'],
    [Object.assign(new Error('x'), { code: 'handshake-timeout' }), 'timeout'],
    [
      new Error('fetch failed', { cause: Object.assign(new Error('x'), { code: 'EPROTO' }) }),
      'authentication',
    ],
    [new PeerError('replay', 'again'), 'replay'],
  ];
  for (const [error, reason] of cases)
    assert.equal(peerErrorOf(error, 'P-2', open).reason, reason, String(error));
});

test('whatever happens after the signal was aborted is a timeout', () => {
  const signal = AbortSignal.abort(new ConferError('timeout', 'late'));
  assert.equal(peerErrorOf(new Error('reset'), 'P-2', signal).reason, 'timeout');
});
