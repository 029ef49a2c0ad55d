/** The contract with scripts. */
export const exitCodes = {
  /** A verified report, whatever its verdict. */
  done: 0,
  /** No report, or it does not verify. */
  noReport: 1,
  /** Usage or bad input. */
  badInput: 2,
  /** Ctrl-C ended a run that says what it has found so far: 128 and the number of SIGINT, as shells have it. */
  interrupted: 130,
} as const;
