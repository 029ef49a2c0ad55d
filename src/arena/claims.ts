/** What a method says of a case, in one form for all of them. */
import type { FindingKind } from '../core/fault-kinds.ts';
import type { Direction, Element } from '../core/records.ts';

export interface Claim {
  element: Element;
  direction: Direction | 'both';
  /** Methods that only measure name none. */
  kind?: FindingKind;
  /** 0..1, where the method gives one. */
  probability?: number;
}

export interface Diagnosis {
  claims: readonly Claim[];
  /** Where it may be, when the method does not decide. */
  suspects: readonly Element[];
  /** Neither a claim nor that all is well. */
  isInconclusive: boolean;
}

export const allIsWell: Diagnosis = { claims: [], suspects: [], isInconclusive: false };

/** The same link accused in both directions is one claim. */
export function mergedClaims(claims: readonly Claim[]): Claim[] {
  const places = Map.groupBy(claims, ({ element }) => {
    const { node, peer = '' } = element;
    return node < peer ? `${node} ${peer}` : `${peer} ${node}`;
  });
  return [...places.values()].map((same) => {
    const [first] = same;
    if (first === undefined) throw new Error('a group has a member');
    const directions = new Set(same.map(({ direction }) => direction));
    return directions.size > 1 ? { ...first, direction: 'both' as const } : first;
  });
}
