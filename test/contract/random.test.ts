/** What every Random must do, over each of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Random } from '../../src/core/ports.ts';
import { createSeededRandom } from '../../src/sim/seeded-random.ts';
import { createSystemRandom } from '../../src/system/random.ts';

function contract(name: string, make: () => Random): void {
  describe(`Random: ${name}`, () => {
    it('gives exactly as many bytes as were asked for, which nobody else can change', () => {
      const random = make();
      for (const length of [0, 1, 16, 1_000]) {
        const bytes = random.bytes(length);
        assert.equal(bytes.length, length);
        assert.equal(bytes.byteOffset, 0);
        assert.equal(bytes.buffer.byteLength, length);
      }
    });

    it('does not repeat itself', () => {
      const random = make();
      const drawn = Array.from({ length: 1_000 }, () => Buffer.from(random.bytes(16)).toString('hex'));
      assert.equal(new Set(drawn).size, drawn.length);
    });

    it('uses every value of a byte', () => {
      assert.equal(new Set(make().bytes(20_000)).size, 256);
    });

    it('draws fractions evenly from 0 up to, but not, 1', () => {
      const random = make();
      const drawn = Array.from({ length: 20_000 }, () => random.fraction());
      assert.ok(drawn.every((fraction) => fraction >= 0 && fraction < 1));
      for (let tenth = 0; tenth < 10; tenth += 1) {
        // 2,000 expected with a standard deviation of 42: 400 is nearly ten of them.
        const inTenth = drawn.filter((fraction) => Math.floor(fraction * 10) === tenth).length;
        assert.ok(Math.abs(inTenth - 2_000) < 400, `${inTenth} fell into tenth ${tenth}`);
      }
    });
  });
}

contract('system', createSystemRandom);
contract('seeded', () => createSeededRandom(20_260_701));

describe('the seeded Random', () => {
  it('repeats itself from its seed, and differs from every other seed', () => {
    const drawn = (seed: number) => Buffer.from(createSeededRandom(seed).bytes(32)).toString('hex');
    const seeds = [0, 1, 2, -1, 2 ** 32, 2 ** 33 + 1];
    assert.equal(new Set(seeds.map(drawn)).size, seeds.length);
    for (const seed of seeds) assert.equal(drawn(seed), drawn(seed));
  });
});
