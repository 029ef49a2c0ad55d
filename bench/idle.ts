/** What an agent costs that has nothing to do: time from its start until it serves, and memory after a while. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, Workplace } from './parties.ts';
import type { Row } from './table.ts';

const rounds = 5;
const settleMs = 2_000;

export async function benchIdle(): Promise<Row[]> {
  using workplace = new Workplace();
  const [starts, sizes]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    workplace.identity(`P-${round}`);
    const beganAt = performance.now();
    const { pid } = await workplace.start('agent-process.ts', workplace.argumentsOf([`P-${round}`]));
    starts.push(performance.now() - beganAt);
    await sleep(settleMs);
    sizes.push(residentMib(pid));
  }
  return [
    {
      what: 'start of the process until it serves',
      figure: `${median(starts).toFixed(0)} ms`,
      target: '<= 250 ms',
    },
    {
      what: `memory, ${settleMs / 1_000} s later`,
      figure: `${median(sizes).toFixed(0)} MiB`,
      target: '<= 60 MB',
    },
  ];
}

/** Linux. */
function residentMib(pid: number): number {
  const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1_024;
}
