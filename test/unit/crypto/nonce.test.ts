import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openAnswer, sealAnswer } from '../../../crypto/envelope.ts';
import {
  NonceSource,
  type NonceStore,
  nonceBlock,
  ReplayWindow,
  replayWindow,
} from '../../../crypto/nonce.ts';
import { deviceOf } from './fixtures.ts';

class MemoryStore implements NonceStore {
  mark = 0;
  saves = 0;
  load() {
    return this.mark;
  }
  async save(mark: number) {
    await Promise.resolve();
    this.mark = mark;
    this.saves++;
  }
}

const take = (source: NonceSource, count: number) =>
  Promise.all(Array.from({ length: count }, () => source.next()));

describe('nonces of a signer', () => {
  it('grow by one, and cost one durable write a block', async () => {
    const store = new MemoryStore();
    const nonces = await take(new NonceSource(store), 3 * nonceBlock);
    assert.deepEqual(
      nonces.toSorted((a, b) => a - b),
      Array.from({ length: 3 * nonceBlock }, (_, index) => index + 1),
    );
    assert.equal(store.saves, 3);
  });

  it('are never used before the mark above them is durable', async () => {
    let finish = () => {};
    const saved: number[] = [];
    const store: NonceStore = {
      load: () => 0,
      save: (mark) => {
        saved.push(mark);
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
    };
    let nonce: number | undefined;
    const next = new NonceSource(store).next().then((value) => {
      nonce = value;
    });
    await new Promise(setImmediate);
    assert.deepEqual(saved, [nonceBlock]);
    assert.equal(nonce, undefined);
    finish();
    await next;
    assert.equal(nonce, 1);
  });

  // Threat 14: the signer stops anywhere and starts again from what its store holds.
  it('are never used twice over any sequence of crashes', async () => {
    const property = fc.asyncProperty(fc.array(fc.nat({ max: 2500 }), { maxLength: 6 }), async (lives) => {
      const store = new MemoryStore();
      let highest = 0;
      for (const calls of lives) {
        for (const nonce of (await take(new NonceSource(store), calls)).toSorted((a, b) => a - b)) {
          assert.ok(nonce > highest);
          highest = nonce;
        }
      }
    });
    await fc.assert(property, { numRuns: 30 });
  });

  it('are not handed out when the store fails, and a failed write uses none up', async () => {
    const store = new MemoryStore();
    const source = new NonceSource(store);
    const save = store.save.bind(store);
    store.save = () => Promise.reject(new Error('disk full'));
    await assert.rejects(source.next(), /disk full/);
    assert.equal(store.mark, 0);
    store.save = save;
    assert.equal(await source.next(), 1);
  });

  it('do not begin from a mark that is no mark', async () => {
    for (const mark of [-1, 1.5, Number.NaN, 2 ** 53, Number.MAX_SAFE_INTEGER]) {
      const source = new NonceSource({ load: () => mark, save: () => assert.fail('saved') });
      await assert.rejects(source.next(), { code: 'nonce-store-broken' });
    }
  });

  it('are refused as replays after the signer restored an old store', async () => {
    const device = deviceOf('P-2', 2);
    const answer = { data: {}, contentHash: '0'.repeat(64), isError: false };
    const request = { operation: { tool: 't' }, argumentsHash: '0'.repeat(64), session: 's', caller: 'PE-1' };
    const open = (nonce: number, nonceAbove: number) => {
      const fields = { ...request, signer: 'P-2', nonce, signedAt: '2026-07-01T12:00:00.000Z' };
      const expected = { ...request, signer: 'P-2', certificate: device.certificatePem, nonceAbove };
      return openAnswer(sealAnswer(fields, answer, device), expected);
    };
    const store = new MemoryStore();
    const before = await new NonceSource(store).next();
    const backup = store.mark;
    const [after = 0] = await take(new NonceSource(store), 1);
    const window = new ReplayWindow(before);
    assert.equal(open(after, window.floor).ok, true);
    assert.equal(window.accept(after), true);
    store.mark = backup - nonceBlock;
    const rolledBack = await new NonceSource(store).next();
    const opened = open(rolledBack, window.floor);
    assert.equal(opened.ok, false);
    assert.match(opened.ok ? '' : `${opened.reason}: ${opened.detail}`, /^replay: .*restored an old store/);
  });
});

describe('the replay window of a verifier', () => {
  it('takes each nonce once, out of order within the window', () => {
    const window = new ReplayWindow(10);
    assert.deepEqual(
      [12, 11, 12, 11, 10, 9, 13].map((nonce) => window.accept(nonce)),
      [true, true, false, false, false, false, true],
    );
    assert.equal(window.highest, 13);
  });

  it('never takes one twice, whatever arrives, and stays bounded', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 4 * replayWindow }), { maxLength: 300 }),
        fc.nat(100),
        (arrivals, above) => {
          const window = new ReplayWindow(above);
          const accepted = arrivals.filter((nonce) => window.accept(nonce));
          assert.equal(new Set(accepted).size, accepted.length);
          assert.ok(accepted.every((nonce) => nonce > above));
          assert.ok(window.floor >= window.highest - replayWindow);
          assert.ok(accepted.length === 0 || window.highest === Math.max(...accepted));
        },
      ),
    );
  });

  it('takes no number that is not a nonce', () => {
    const window = new ReplayWindow(0);
    for (const nonce of [0, -1, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
      assert.equal(window.accept(nonce), false);
    }
  });
});
