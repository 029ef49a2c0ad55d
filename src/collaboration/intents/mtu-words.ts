/** How sizes are worded, for terminals, pages and the summary. */
import type { SummaryFacts } from '../../../models/language-model.ts';
import type { Conclusion, PathMtu } from '../../core/records.ts';
import { findingFacts, nameOf } from '../hypothesis.ts';
import { isExact } from './mtu.ts';
import type { MeasuredMtu } from './size-trials.ts';

export function mtuLine(mtu: PathMtu): string {
  const { path, direction, passesBytes, failsBytes, hostBytes, toldBytes, limitedBy, required } = mtu;
  const told = toldBytes === undefined ? '' : `, the routers tell ${toldBytes}`;
  if (passesBytes === undefined) return `${path} ${direction}: not known${told}`;
  const exact = isExact(mtu);
  const limit = exact
    ? `${passesBytes} octets pass`
    : `${passesBytes} octets pass${failsBytes === undefined ? '' : `, ${failsBytes} do not`}`;
  const where = limitedBy.length > 0 ? `, limited by ${limitedBy.map(nameOf).join(', ')}` : '';
  const wish = required === undefined ? '' : `; the size asked for: ${required}`;
  return `${path} ${direction}: ${limit} (${hostBytes} of a host)${where}${told}${wish}`;
}

export function mtuFacts(conclusion: Conclusion, { intent, untrusted }: MeasuredMtu): SummaryFacts {
  const { head, tail, sizeBytes } = intent;
  const { mtu = [] } = conclusion;
  const ways = (['forward', 'reverse'] as const).map((direction) => {
    const own = mtu.filter((one) => one.direction === direction);
    const least = Math.min(...own.map(({ passesBytes = 0 }) => passesBytes));
    const [from, to] = direction === 'forward' ? [head, tail] : [tail, head];
    if (own.length === 0 || least === 0) return `how much passes from ${from} to ${to} is not known`;
    return `${own.every(isExact) ? '' : 'at least '}${least} octets pass from ${from} to ${to}`;
  });
  const states = mtu.map(({ required }) => required);
  const wish =
    sizeBytes === undefined
      ? ''
      : states.includes('broken')
        ? `Packets of ${sizeBytes} octets do not pass: `
        : states.every((state) => state === 'kept')
          ? `Packets of ${sizeBytes} octets pass: `
          : `Whether packets of ${sizeBytes} octets pass is not known: `;
  return {
    verdict: conclusion.verdict,
    head,
    tail,
    answer: `${wish}${ways.join(', ')}`,
    findings: findingFacts(conclusion),
    suspects: conclusion.suspects.map(nameOf),
    untrusted: untrusted.map(({ node, reason }) => `${node} (${reason})`),
    probes: 0,
  };
}
