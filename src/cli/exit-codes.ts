/** The contract with scripts. */
export const exitCodes = {
  /** A verified report, whatever its verdict. */
  done: 0,
  /** No report, or it does not verify. */
  noReport: 1,
  /** Usage or bad input. */
  badInput: 2,
} as const;
