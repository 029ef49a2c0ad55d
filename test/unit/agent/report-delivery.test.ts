/** New reports go to connected controllers at once; only their own signed receipt counts as an acknowledgement. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf, type JsonObject } from '../../../crypto/canonical.ts';
import { type Answer, type SignedAnswer, sealAnswer } from '../../../crypto/envelope.ts';
import { type ConnectedController, ReportDelivery } from '../../../src/agent/report-delivery.ts';
import { ReportShelf, reportBoundsUsual } from '../../../src/agent/report-shelf.ts';
import { reportUriPrefix } from '../../../src/collaboration/report.ts';
import { PeerError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Report } from '../../../src/core/records.ts';
import { identityOf } from '../../support/domain.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const report = {
  uri: `${reportUriPrefix}r1`,
  created: 'then',
  hypothesis: 'none',
  verdict: 'NO_FAULT',
} as Report;
const { signal } = new AbortController();

async function device() {
  const clock = createVirtualClock();
  const warnings: string[] = [];
  const log = {
    info: () => {},
    warn: (message: string, fields: JsonObject = {}) =>
      void warnings.push(`${message}: ${fields.reason ?? ''}`),
  };
  const reports = new ReportShelf({ store: createMemoryStore(), log }, reportBoundsUsual);
  await reports.keep(report);
  const delivery = new ReportDelivery('PE-1', { clock, log, reports });
  const acknowledgedBy = async () => (await reports.list())[0]?.['acknowledged-by'];
  return { clock, delivery, warnings, acknowledgedBy };
}

interface Lies {
  data?: JsonObject;
  node?: string;
  signAs?: string;
  session?: string;
  caller?: string;
  about?: JsonObject;
  nonce?: number;
  change?(signed: SignedAnswer): SignedAnswer;
}

let nonces = 0;

/** A controller that answers as a controller does, but for these lies. */
function controller(lies: Lies = {}) {
  const end = new AbortController();
  const calls: { tool: string; args: JsonObject }[] = [];
  const node = lies.node ?? 'noc';
  const { keyPair, certificatePem } = identityOf(lies.signAs ?? node);
  const connected: ConnectedController = {
    node,
    certificate: identityOf(node).certificatePem,
    session: 'reports',
    ended: end.signal,
    call: async (tool, args) => {
      calls.push({ tool, args });
      const answer: Answer = {
        data: lies.data ?? { stored: true },
        contentHash: digestOf([]),
        isError: false,
      };
      nonces += 1;
      const statement = {
        operation: { tool },
        argumentsHash: digestOf(lies.about ?? args),
        nonce: lies.nonce ?? nonces,
        session: lies.session ?? 'reports',
        signer: lies.signAs ?? node,
        caller: lies.caller ?? 'PE-1',
        signedAt: '2026-07-01T12:00:00.000Z',
      };
      const signed = sealAnswer(statement, answer, { privateKey: keyPair.privateKey, certificatePem });
      return lies.change?.(signed) ?? signed;
    },
  };
  return { connected, calls, end };
}

describe('a new report [T28]', () => {
  it('goes to every connected controller, and is acknowledged by what each signs', async () => {
    const { delivery, acknowledgedBy, warnings } = await device();
    const both = [controller(), controller({ node: 'noc-2' })];
    for (const { connected } of both) delivery.attach(connected);
    await delivery.offer(report, signal);
    for (const { calls } of both)
      assert.deepEqual(calls, [{ tool: 'ietf-mcp-report-deliver', args: { report } }]);
    assert.deepEqual([...((await acknowledgedBy()) ?? [])].sort(), ['noc', 'noc-2']);
    assert.deepEqual(warnings, []);
  });

  it('waits on the shelf when nobody is connected, or no more', async () => {
    const { delivery, acknowledgedBy } = await device();
    const { connected, calls, end } = controller();
    delivery.attach(connected);
    end.abort();
    await delivery.offer(report, signal);
    assert.equal(calls.length, 0);
    assert.deepEqual(await acknowledgedBy(), []);
  });

  const lies: [string, Lies, RegExp][] = [
    ['refuses it', { data: { stored: false, reason: 'form: no' } }, /noc refuses the report: form: no/],
    ['answers something else', { data: { thanks: true } }, /no receipt/],
    ['is signed by somebody else', { signAs: 'P-2' }, /signed of another connection/],
    ['is about another report', { about: { report: {} } }, /to a call with other arguments/],
    ['is for another device', { caller: 'PE-3' }, /for PE-3, not PE-1/],
    ['is of another session', { session: 'other' }, /in another session/],
    [
      'was changed',
      { change: (signed) => ({ ...signed, signature: `A${signed.signature.slice(1)}` }) },
      /signature is not/,
    ],
  ];
  for (const [what, lie, told] of lies)
    it(`stays unacknowledged when the receipt ${what}`, async () => {
      const { delivery, acknowledgedBy, warnings } = await device();
      delivery.attach(controller(lie).connected);
      await delivery.offer(report, signal);
      assert.deepEqual(await acknowledgedBy(), []);
      assert.match(warnings[0] ?? '', told);
    });

  it('stays unacknowledged when a receipt is replayed', async () => {
    const { delivery, warnings } = await device();
    delivery.attach(controller({ nonce: 7 }).connected);
    await delivery.offer(report, signal);
    await delivery.offer(report, signal);
    assert.match(warnings[0] ?? '', /repeats a receipt/);
  });

  it('waits for a controller that says nothing only so long, and never fails the intent', async () => {
    const { delivery, acknowledgedBy, warnings, clock } = await device();
    const silent: ConnectedController = {
      ...controller().connected,
      call: (_tool, _args, options) =>
        new Promise((_resolve, reject) => {
          options.signal.addEventListener('abort', () =>
            reject(new PeerError('timeout', 'noc did not answer.')),
          );
        }),
    };
    delivery.attach(silent);
    const offered = delivery.offer(report, signal);
    await clock.advance(limits.reportDeliveryTimeoutMs);
    await offered;
    assert.deepEqual(await acknowledgedBy(), []);
    assert.match(warnings[0] ?? '', /noc did not answer/);
    assert.equal(clock.waiting, 0);
  });

  it('goes to a bounded number of controllers; the others fetch it', async () => {
    const { delivery, warnings } = await device();
    const many = Array.from({ length: limits.controllersMax + 1 }, () => controller());
    for (const { connected } of many) delivery.attach(connected);
    await delivery.offer(report, signal);
    assert.equal(many.filter(({ calls }) => calls.length > 0).length, limits.controllersMax);
    assert.match(warnings[0] ?? '', /too many controllers/);
  });
});
