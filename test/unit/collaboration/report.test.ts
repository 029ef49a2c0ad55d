/** Input: a session's answers and a conclusion. Output: the report, or why there can be none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { notAfterOf } from '../../../crypto/certificate.ts';
import { ReplayWindow } from '../../../crypto/nonce.ts';
import { assembleReport, type Draft } from '../../../src/collaboration/report.ts';
import { Session } from '../../../src/collaboration/session.ts';
import { ConferError } from '../../../src/core/errors.ts';
import { identityOf } from '../../support/domain.ts';
import { noRelays } from '../../support/no-relays.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const { keyPair, certificatePem: certificate } = identityOf('A');

function draft(): Draft {
  const session = new Session(
    's1',
    {
      clock: createVirtualClock(),
      peers: { open: () => Promise.reject(new Error('nobody is asked')) },
      nonces: { windowOf: async () => new ReplayWindow(0), alarm() {} },
      self: 'A',
      certificate,
      management: () => 'out-of-band',
      ...noRelays,
    },
    new AbortController().signal,
  );
  return {
    intent: { kind: 'path-loss', head: 'A', tail: 'B', via: [] },
    intentText: 'loss from A to B',
    session,
    paths: [],
    flows: [],
    conclusion: {
      verdict: 'INCONCLUSIVE',
      findings: [],
      suspects: [],
      measurements: [],
      hypothesis: '',
      recommendation: '',
    },
    summary: '',
    reasoner: 'rules',
  };
}

describe('the report of a node', () => {
  const at = (nowMs: number) => assembleReport(draft(), { node: 'A', privateKey: keyPair.privateKey, nowMs });
  const endsAtMs = notAfterOf(certificate);

  it('carries its certificate, whether it answered anything itself or not', () => {
    assert.deepEqual(at(endsAtMs - 1).certificates, { A: certificate });
  });

  it('is none when nobody could verify it: its certificate has ended', () => {
    assert.throws(
      () => at(endsAtMs),
      (error) =>
        error instanceof ConferError && /certificate of A ended at .*confer pki issue/.test(error.message),
    );
  });
});
