/** Gauss-Legendre quadrature: the integral over [-1, 1] as a weighted sum over a few points. */

export interface Quadrature {
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

/** Exact for polynomials of degree 2 * count - 1. The points are roots of a Legendre polynomial, found by Newton's method. */
export function gaussLegendre(count: number): Quadrature {
  const points = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let at = 0; at < count; at++) {
    let point = -Math.cos((Math.PI * (at + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < 100; step++) {
      const [value, derivative] = legendre(count, point);
      slope = derivative;
      const next = point - value / derivative;
      const isThere = Math.abs(next - point) < 1e-16;
      point = next;
      if (isThere) break;
    }
    points[at] = point;
    weights[at] = 2 / ((1 - point * point) * slope * slope);
  }
  return { points, weights };
}

/** The polynomial of this degree and its derivative, by Bonnet's recursion. */
function legendre(degree: number, point: number): [value: number, derivative: number] {
  let [before, value] = [1, point];
  for (let order = 2; order <= degree; order++)
    [before, value] = [value, ((2 * order - 1) * point * value - (order - 1) * before) / order];
  return [value, (degree * (point * value - before)) / (point * point - 1)];
}
