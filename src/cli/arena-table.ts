/** The scores of the arena as a person reads them. */
import type { ArenaScore, CaseOutcome, MethodScore } from '../arena/index.ts';
import { aheadOfConfer, quantile, wrongClaims } from '../arena/index.ts';

/** Repeated in full; more are counted. */
const wrongShown = 20;

export function arenaText(
  score: ArenaScore,
  outcomes: readonly CaseOutcome[],
  repeat: (index: number) => string,
): string {
  return [
    ...mainTable(score),
    '',
    ...cellTable('tier', score.tiers),
    '',
    ...cellTable('faults', score.faults),
    '',
    ...cellTable('hops', score.hops),
    '',
    ...cellTable('kind', score.kinds),
    '',
    ...foundTable(score),
    '',
    ...cpuLines(outcomes),
    '',
    ...aheadLines(score),
    ...wrongLines(outcomes, repeat),
  ].join('\n');
}

/** One case: what was wrong, and what each method says. */
export function caseText({ index, tier, shape, hops, truths, missing, methods }: CaseOutcome): string {
  const place = (element: object) => Object.values(element).join(' ');
  return [
    `case ${index}: ${shape}, ${hops} hops, tier ${tier}`,
    ...missing.map(({ node, how }) => `  ${node} is ${how}`),
    ...(truths.length === 0 ? ['  healthy'] : []),
    ...truths.map(({ kind, direction, elements, lossPercent }) => {
      const rate = lossPercent === undefined ? '' : ` loses ${lossPercent.toFixed(3)} %`;
      return `  fault: ${kind} ${direction} at ${elements.map(place).join(', or ')}${rate}`;
    }),
    ...Object.entries(methods).flatMap(([name, { verdict, claims, suspects, probes }]) => [
      `${name}: ${verdict}, ${probes.forward} probes forward, ${probes.reverse} in reverse`,
      ...claims.map(({ kind = 'loss', element, direction, probability }) => {
        const sure = probability === undefined ? '' : `, probability ${probability}`;
        return `  ${kind} ${direction} at ${place(element)}${sure}`;
      }),
      ...(suspects.length > 0 ? [`  ${suspects.length} suspects: ${suspects.map(place).join(', ')}`] : []),
    ]),
  ].join('\n');
}

function mainTable({ methods, cases }: ArenaScore): string[] {
  const [any] = Object.values(methods);
  return [
    `${cases} cases; standard tier: ${any?.cases ?? 0}, of them ${any?.healthy ?? 0} healthy`,
    ...table(
      [
        'method',
        'where P',
        'R',
        'F1',
        '95 %',
        'full F1',
        '95 %',
        'false accusations',
        'undecided (right)',
        'probes',
        'over floor',
        'p90',
        'seconds',
        'calibration',
      ],
      Object.entries(methods).map(([name, one]) => [
        name,
        three(one.where.precision),
        three(one.where.recall),
        three(one.where.f1),
        interval(one.where.intervals.f1),
        three(one.full.f1),
        interval(one.full.intervals.f1),
        `${one.falseAccusations} of ${one.healthy}`,
        `${one.inconclusive} (${one.inconclusiveRight})`,
        whole(one.probes.median),
        one.probesOverFloor.median === null ? '-' : `${one.probesOverFloor.median.toFixed(2)}x`,
        one.probesOverFloor.p90 === null ? '-' : `${one.probesOverFloor.p90.toFixed(1)}x`,
        one.tookMs.median === null ? '-' : (one.tookMs.median / 1_000).toFixed(1),
        one.calibrationError === null ? '-' : three(one.calibrationError),
      ]),
    ),
  ];
}

/** Where F1 of every method, and the full F1 of Confer. */
function cellTable(what: string, cells: Record<string, Record<string, MethodScore>>): string[] {
  const filled = Object.entries(cells).filter(([, methods]) =>
    Object.values(methods).some(({ cases }) => cases > 0),
  );
  const [first] = filled;
  if (first === undefined) return [`no ${what} was drawn`];
  const names = Object.keys(first[1]);
  const f1 = (score: MethodScore | undefined, strictness: 'where' | 'full') =>
    score === undefined || score.cases === score.healthy ? '-' : three(score[strictness].f1);
  return table(
    [
      what,
      'cases',
      ...names.map((name) => `${name} where`),
      ...(names.includes('confer') ? ['confer full'] : []),
    ],
    filled.map(([cell, methods]) => [
      cell,
      String(Object.values(methods)[0]?.cases ?? 0),
      ...names.map((name) => f1(methods[name], 'where')),
      ...(names.includes('confer') ? [f1(methods.confer, 'full')] : []),
    ]),
  );
}

/** Of every fault of a kind, also beside another one: what Confer finds of it, or who else is asked first. */
function foundTable({ found }: ArenaScore): string[] {
  const [method] = Object.keys(Object.values(found)[0] ?? {});
  if (method === undefined) return ['no fault was drawn'];
  return table(
    [`found by ${method}`, 'faults', 'place', '95 %', 'kind, element and direction', '95 %'],
    Object.entries(found).flatMap(([kind, methods]) => {
      const one = methods[method];
      if (one === undefined) return [];
      const { faults, where, full, intervals } = one;
      return [
        [
          kind,
          String(faults),
          three(where / faults),
          interval(intervals.where),
          three(full / faults),
          interval(intervals.full),
        ],
      ];
    }),
  );
}

function cpuLines(outcomes: readonly CaseOutcome[]): string[] {
  const names = Object.keys(outcomes[0]?.methods ?? {});
  const told = names.map((name) => {
    const spent = outcomes.flatMap(({ methods }) => methods[name]?.cpuMs ?? []);
    return `${name} ${whole(quantile(spent, 0.5) ?? null)} (p90 ${whole(quantile(spent, 0.9) ?? null)})`;
  });
  return [`processor milliseconds a case, this machine: ${told.join(', ')}`];
}

function aheadLines(score: ArenaScore): string[] {
  if (score.methods.confer === undefined) return [];
  const ahead = aheadOfConfer(score);
  if (ahead.length === 0) return ['No other method is ahead of Confer in any cell above.'];
  return [
    'Ahead of Confer:',
    ...ahead.map(
      ({ method, cell, measure, theirs, confers }) =>
        `  ${method} in ${measure}, ${cell}: ${three(theirs)} against ${three(confers)}`,
    ),
  ];
}

function wrongLines(outcomes: readonly CaseOutcome[], repeat: (index: number) => string): string[] {
  const wrong = outcomes.flatMap((one) => (wrongClaims(one, 'confer').length > 0 ? [one.index] : []));
  if (wrong.length === 0) return [];
  const more = wrong.length > wrongShown ? [`  and ${wrong.length - wrongShown} more`] : [];
  return [
    '',
    `Cases in which Confer accuses a place that is not at fault: ${wrong.length}`,
    ...wrong.slice(0, wrongShown).map((index) => `  ${repeat(index)}`),
    ...more,
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

function three(value: number): string {
  return value.toFixed(3);
}

function whole(value: number | null): string {
  return value === null ? '-' : value.toFixed(0);
}

function interval(of: readonly [number, number] | null): string {
  return of === null ? '-' : `${three(of[0])}-${three(of[1])}`;
}
