/** How probable the correlation holds each possible cause; its findings are always among them. */
import type { Finding, Report, SectionMeasurement } from '../../core/records.ts';
import type { PossibleCause } from './causes.ts';

/** What of a conclusion is looked at. */
export type Weighable = Pick<Report, 'verdict' | 'findings' | 'measurements'>;

export interface WeighedCause extends PossibleCause {
  /** Probability by the correlation, 0..1: findings may be true together. */
  correlator: number;
}

/** The most probable first. */
export function weighedCauses(possible: readonly PossibleCause[], conclusion: Weighable): WeighedCause[] {
  const { verdict, findings, measurements } = conclusion;
  const unlisted = findings.filter((finding) => !possible.some((cause) => isFound(cause, finding)));
  const listed = [
    ...unlisted.map((finding): PossibleCause => ({ ...pick(finding), isShown: true })),
    ...possible,
  ];
  const measured = measurements.filter(({ entered }) => entered > 0);
  const nothing = measured.reduce((product, { probability }) => product * (1 - probability), 1);
  const healthy =
    measured.length === 0 ? 0 : findings.reduce((product, one) => product * (1 - one.probability), nothing);
  const undetermined = verdict === 'INCONCLUSIVE' ? 1 - healthy : 0;
  const weighed = listed.map((cause): WeighedCause => {
    const finding = findings.find((one) => isFound(cause, one));
    const correlator =
      cause.kind === 'healthy'
        ? healthy
        : cause.kind === 'undetermined'
          ? undetermined
          : (finding?.probability ?? (findings.length === 0 ? unexplained(cause, measured) : 0));
    return { ...cause, correlator };
  });
  return weighed.sort((one, other) => other.correlator - one.correlator);
}

/** Where nothing was found, what is lost at a place is shared by what lies there. */
function unexplained(
  { kind, element, direction }: PossibleCause,
  measured: readonly SectionMeasurement[],
): number {
  if (kind !== 'silent-loss' || element === undefined) return 0;
  const there = measured.filter(
    (section) =>
      section.direction === direction &&
      section.purpose === 'loss' &&
      section.elements.some(({ node, peer }) => node === element.node && peer === element.peer),
  );
  return Math.max(0, ...there.map(({ probability, elements }) => probability / (elements.length + 1)));
}

function isFound(cause: PossibleCause, { kind, element, direction }: Finding): boolean {
  const fields = ['node', 'interface', 'peer', 'object'] as const;
  return (
    cause.kind === kind &&
    cause.direction === direction &&
    fields.every((field) => cause.element?.[field] === element[field])
  );
}

function pick({ kind, element, direction }: Finding): Pick<Finding, 'kind' | 'element' | 'direction'> {
  return { kind, element, direction };
}
