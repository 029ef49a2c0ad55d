/** The ids of a report's envelopes: e1, e2, ... in the order in which the answers were asked for. */

export function envelopeId(number: number): string {
  return `e${number}`;
}

export function numberOf(id: string): number {
  return Number(id.slice(1));
}

/** Each once, in the order in which the answers were asked for. */
export function inOrder(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort((a, b) => numberOf(a) - numberOf(b));
}
