/**
 * From two readings of one device to what is conspicuous. A pure function of what the report carries.
 *
 *   NO_FAULT       everything that was asked for is told, and below its threshold
 *   INCONCLUSIVE   something is conspicuous, or not told: `suspects` has it
 *
 * There are no findings: that a processor is busy, or an interface without a carrier, is no fault until somebody says that it
 * should be otherwise; and all of it is the device's own word.
 */
import type { SummaryFacts } from '../../../models/language-model.ts';
import type { Conclusion, DeviceStatusIntent, Element, MetricStatus } from '../../core/records.ts';
import { distinctElements } from '../elements.ts';
import { hypothesisOf, nameOf } from '../hypothesis.ts';
import type { Interface, NodeReadings, Reading } from '../readings.ts';
import { roundPercent } from '../statistics.ts';
import type { Measured } from './kind.ts';

type MeasuredStatus = Measured<DeviceStatusIntent>;

/** docs/intent.md tells these. From here on there is no room for a burst. */
const conspicuousPercent = { cpu: 90, memory: 90 } as const;

const tellers: Record<MetricStatus['metric'], (told: NodeReadings | undefined) => MetricStatus[]> = {
  cpu: (told) => [cpuOf(told)],
  memory: (told) => [memoryOf(told)],
  interface: interfacesOf,
};

export function concludeStatus({ intent, readings, untrusted }: MeasuredStatus): Conclusion {
  const { head, metrics } = intent;
  const told = readings.get(head);
  const status = metrics.flatMap((metric) => tellers[metric](told));
  const suspects = distinctElements(
    status
      .filter(({ state }) => state !== 'normal')
      .map(
        (one): Element => ({ node: head, ...(one.interface !== undefined && { interface: one.interface }) }),
      ),
  );
  const verdict = suspects.length === 0 ? ('NO_FAULT' as const) : ('INCONCLUSIVE' as const);
  const undecorated = { verdict, findings: [], suspects, measurements: [], status };
  return {
    ...undecorated,
    hypothesis:
      verdict === 'NO_FAULT'
        ? hypothesisOf(undecorated)
        : status
            .filter(({ state }) => state !== 'normal')
            .map((one) => `${head} ${wordOf(one)}`)
            .join('; '),
    recommendation: adviceFor(head, status, untrusted.length > 0),
  };
}

function adviceFor(head: string, status: readonly MetricStatus[], isSilent: boolean): string {
  const look = status.filter(({ state }) => state === 'conspicuous').map(wordOf);
  const untold = status.filter(({ state }) => state === 'unknown').map(({ metric }) => metric);
  if (look.length === 0 && untold.length === 0) return 'Nothing to do.';
  const parts = [
    ...(look.length > 0
      ? [`Look at ${head}: ${look.join(', ')}; whether that is wrong, it does not say.`]
      : []),
    ...(untold.length > 0
      ? [
          isSilent
            ? `Ask again once ${head} answers.`
            : `${head} does not tell of ${[...new Set(untold)].join(', ')}.`,
        ]
      : []),
  ];
  return parts.join(' ');
}

function cpuOf(told: NodeReadings | undefined): MetricStatus {
  const readings = told?.system.filter(({ value }) => value.processor !== undefined) ?? [];
  const [first, last] = [readings[0], readings.at(-1)];
  const [before, now] = [first?.value.processor, last?.value.processor];
  const supportedBy = idsOf(first, last);
  if (before === undefined || now === undefined || first === last)
    return { metric: 'cpu', state: 'unknown', supportedBy };
  const [busy, idle] = [
    Number(now['busy-ms']) - Number(before['busy-ms']),
    Number(now['idle-ms']) - Number(before['idle-ms']),
  ];
  // Counters that went back, or did not move, tell nothing.
  if (busy < 0 || idle < 0 || busy + idle === 0) return { metric: 'cpu', state: 'unknown', supportedBy };
  return usedOf('cpu', busy / (busy + idle), supportedBy);
}

function memoryOf(told: NodeReadings | undefined): MetricStatus {
  const last = told?.system.findLast(({ value }) => value.memory !== undefined);
  const memory = last?.value.memory;
  const supportedBy = idsOf(last);
  const total = Number(memory?.['total-kilobytes'] ?? 0);
  const available = Number(memory?.['available-kilobytes'] ?? 0);
  if (memory === undefined || total === 0 || available > total)
    return { metric: 'memory', state: 'unknown', supportedBy };
  return usedOf('memory', 1 - available / total, supportedBy);
}

function usedOf(metric: 'cpu' | 'memory', share: number, supportedBy: string[]): MetricStatus {
  const usedPercent = roundPercent(share);
  const state = usedPercent >= conspicuousPercent[metric] ? 'conspicuous' : 'normal';
  return { metric, state, usedPercent, supportedBy };
}

/** Those of the last reading; without any, it does not tell. */
function interfacesOf(told: NodeReadings | undefined): MetricStatus[] {
  const readings = told?.interfaces ?? [];
  const [first, last] = [readings[0], readings.at(-1)];
  const supportedBy = idsOf(first, last);
  const names = [...new Set((last?.value ?? []).map(({ name }) => name))];
  if (last === undefined || first === undefined || names.length === 0)
    return [{ metric: 'interface', state: 'unknown', supportedBy }];
  return names.map((name): MetricStatus => {
    const [before, now] = [first, last].map(({ value }) => value.find((one) => one.name === name));
    const admin = now?.['admin-status'] ?? 'down';
    const oper = now?.['oper-status'] ?? 'unknown';
    const [errors, discards] = [grown('errors', before, now), grown('discards', before, now)];
    const isDead = admin === 'up' && oper === 'down';
    return {
      metric: 'interface',
      interface: name,
      state: isDead || errors > 0 || discards > 0 ? 'conspicuous' : 'normal',
      admin,
      oper,
      errors,
      discards,
      supportedBy,
    };
  });
}

function grown(
  what: 'errors' | 'discards',
  before: Interface | undefined,
  now: Interface | undefined,
): number {
  const sum = (one: Interface) =>
    Number(one.statistics[`in-${what}`]) + Number(one.statistics[`out-${what}`]);
  if (before === undefined || now === undefined) return 0;
  const growth = Math.max(0, sum(now) - sum(before));
  return Number.isSafeInteger(growth) ? growth : 0;
}

function idsOf(...readings: (Reading<unknown> | undefined)[]): string[] {
  return [...new Set(readings.flatMap((one) => one?.id ?? []))];
}

/** "processor 97 % busy", "interface p2-pe3 down" */
function wordOf(status: MetricStatus): string {
  const { metric, interface: name, state, usedPercent, admin, oper, errors = 0, discards = 0 } = status;
  if (metric === 'interface') {
    if (name === undefined) return 'interfaces not told';
    const dropped = [errors > 0 && `${errors} damaged`, discards > 0 && `${discards} dropped`].filter(
      Boolean,
    );
    const up =
      admin === 'down' ? 'shut' : oper === 'down' ? 'down' : oper === 'up' ? 'up' : 'not known to be up';
    return `interface ${name} ${[up, ...dropped].join(', ')}`;
  }
  const what = metric === 'cpu' ? 'processor' : 'memory';
  if (state === 'unknown' || usedPercent === undefined) return `${what} not told`;
  return metric === 'cpu' ? `processor ${usedPercent} % busy` : `memory ${usedPercent} % in use`;
}

export function statusLine(status: MetricStatus): string {
  return `${wordOf(status)}${status.state === 'conspicuous' ? ' (conspicuous)' : ''}`;
}

/** More interfaces than this are counted and not named, unless they are conspicuous. */
const namedMax = 4;

export function statusFacts(
  { verdict, suspects, status = [] }: Conclusion,
  { intent, untrusted }: MeasuredStatus,
): SummaryFacts {
  const { head } = intent;
  const interfaces = status.filter((one) => one.interface !== undefined);
  const isShort = interfaces.length <= namedMax;
  const named = status.filter((one) => one.interface === undefined || isShort || one.state !== 'normal');
  const left = status.length - named.length;
  const words = [...named.map(wordOf), ...(left > 0 ? [`${left} other interfaces normal`] : [])];
  return {
    verdict,
    head,
    tail: head,
    answer: `${head}: ${words.join(', ')}`,
    findings: [],
    suspects: suspects.map(nameOf),
    untrusted: untrusted.map(({ node, reason }) => `${node} (${reason})`),
    probes: 0,
  };
}
