/** How delays are worded, for terminals, pages and the summary. */
import type { SummaryFacts } from '../../../models/language-model.ts';
import type { Conclusion, Delay } from '../../core/records.ts';
import { nameOf } from '../hypothesis.ts';
import type { MeasuredLatency } from './latency.ts';

const reasons: Record<NonNullable<Delay['because']>, string> = {
  clocks: 'the clocks do not allow more',
  stamps: 'no time stamps',
  contradiction: 'the time stamps contradict it',
};

export function latencyLine(delay: Delay): string {
  const { path, direction, place, from, to, interface: name, method, because, errorMs, probes } = delay;
  const { minMs, medianMs, p99Ms } = delay;
  const where =
    place === 'router' ? `inside ${from}` : `${from}${name === undefined ? '' : ` ${name}`} -> ${to}`;
  const how =
    method === 'one-way'
      ? `one way${errorMs === undefined || errorMs === 0 ? '' : ` within ${errorMs} ms`}`
      : `there and back${because === undefined ? '' : `, for ${reasons[because]}`}`;
  return `${path} ${direction} ${where}: ${medianMs} ms (${minMs} to ${p99Ms}), ${how}, ${probes} probes`;
}

export function latencyFacts(conclusion: Conclusion, { intent, untrusted }: MeasuredLatency): SummaryFacts {
  const { head, tail } = intent;
  const { latency = [] } = conclusion;
  const ways = (['forward', 'reverse'] as const).map((direction) => {
    const [from, to] = direction === 'forward' ? [head, tail] : [tail, head];
    const own = latency.filter((delay) => delay.direction === direction && delay.place === 'path');
    const [slowest] = own.toSorted((a, b) => b.medianMs - a.medianMs);
    if (slowest === undefined) return `how long ${from} to ${to} takes is not known`;
    const { method, medianMs } = slowest;
    return method === 'one-way'
      ? `${from} to ${to} takes ${medianMs} ms one way`
      : `${from} to ${to} takes at most the ${medianMs} ms there and back`;
  });
  const links = latency.filter(({ place }) => place === 'link');
  const [slowest] = links.toSorted((a, b) => b.medianMs - a.medianMs);
  // A round trip and a way cannot be compared.
  const isAlike = links.every(({ method }) => method === slowest?.method);
  const back = slowest?.method === 'one-way' ? '' : ' there and back';
  const link =
    slowest === undefined || !isAlike
      ? ''
      : `; most on the link ${slowest.from} -> ${slowest.to} with ${slowest.medianMs} ms${back}`;
  return {
    verdict: conclusion.verdict,
    head,
    tail,
    answer: `${ways.join(', ')}${link}`,
    findings: [],
    suspects: conclusion.suspects.map(nameOf),
    untrusted: untrusted.map(({ node, reason }) => `${node} (${reason})`),
    probes: 0,
  };
}
