/** Shares of packets, as reports show them. */

/** 95 % score interval of a share (Wilson 1927), in percent with two decimals. */
export function lossIntervalPercent(entered: number, left: number): [number, number] {
  if (entered === 0) return [0, 100];
  const z = 1.96;
  const share = Math.max(0, entered - left) / entered;
  const scale = 1 + (z * z) / entered;
  const centre = (share + (z * z) / (2 * entered)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / entered + (z * z) / (4 * entered * entered));
  return [roundPercent(Math.max(0, centre - half)), roundPercent(Math.min(1, centre + half))];
}

export function lossPercent(entered: number, left: number): number {
  return entered === 0 ? 0 : roundPercent(Math.max(0, entered - left) / entered);
}

export function roundPercent(share: number): number {
  return Math.round(share * 10_000) / 100;
}
