/** Gauss-Legendre with n points is exact up to degree 2n - 1; odd powers vanish, even ones give 2 / (power + 1). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gaussLegendre } from '../../../src/inference/quadrature.ts';

describe('quadrature', () => {
  for (const count of [1, 2, 5, 24, 64])
    it(`with ${count} points integrates powers up to ${2 * count - 1}`, () => {
      const { points, weights } = gaussLegendre(count);
      for (let power = 0; power < 2 * count; power++) {
        const sum = points.reduce((total, point, at) => total + (weights[at] as number) * point ** power, 0);
        const exact = power % 2 === 1 ? 0 : 2 / (power + 1);
        assert.ok(Math.abs(sum - exact) < 1e-13, `${power}: ${sum}, not ${exact}`);
      }
    });

  it('gives the points of Abramowitz and Stegun, table 25.4', () => {
    const { points, weights } = gaussLegendre(3);
    assert.ok(Math.abs((points[2] as number) - 0.774596669241483) < 1e-14);
    assert.ok(Math.abs((weights[1] as number) - 0.888888888888889) < 1e-14);
  });
});
