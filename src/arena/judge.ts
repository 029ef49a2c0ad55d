/** Compares what a method claims with what was done to the network. */
import type { Element } from '../core/records.ts';
import type { Truth } from '../sim/drawn-faults.ts';
import type { Claim, Diagnosis } from './claims.ts';
import { isAtPlace, placeOf, placesOf } from './where.ts';

/** Of the claims of one case: right, wrong, and the faults that none is about. */
export interface Hits {
  right: number;
  wrong: number;
  missed: number;
}

/** full: kind, element and direction. where: the place, with its direction. */
export type Strictness = 'full' | 'where';

function isRightClaim(claim: Claim, truth: Truth, strictness: Strictness): boolean {
  if (claim.direction !== truth.direction) return false;
  if (strictness === 'full')
    return (
      claim.kind === truth.kind && truth.elements.some((element) => isSameElement(claim.element, element))
    );
  return placesOf(truth.elements).some((place) => isAtPlace(placeOf(claim.element), place));
}

/** Each fault is found once: whoever names it twice is wrong the second time. */
export function hitsOf(claims: readonly Claim[], truths: readonly Truth[], strictness: Strictness): Hits {
  const right = rightClaims(claims, truths, strictness).filter(Boolean).length;
  return { right, wrong: claims.length - right, missed: truths.length - right };
}

/** For each claim whether it is right. */
export function rightClaims(
  claims: readonly Claim[],
  truths: readonly Truth[],
  strictness: Strictness,
): boolean[] {
  return truthsMeant(claims, truths, strictness).map((truth) => truth !== undefined);
}

/** For each fault whether a claim is right about it. */
export function foundTruths(
  claims: readonly Claim[],
  truths: readonly Truth[],
  strictness: Strictness,
): boolean[] {
  const meant = truthsMeant(claims, truths, strictness);
  return truths.map((truth) => meant.includes(truth));
}

/** For each claim the fault that it is right about, if it is, each only once. */
function truthsMeant(
  claims: readonly Claim[],
  truths: readonly Truth[],
  strictness: Strictness,
): (Truth | undefined)[] {
  const left = [...truths];
  return claims.map((claim) => {
    const index = left.findIndex((truth) => isRightClaim(claim, truth, strictness));
    return index < 0 ? undefined : left.splice(index, 1)[0];
  });
}

/** What a method accuses in a case although it is not at fault there, whatever it calls it. */
export function wrongClaims(
  { truths, methods }: { truths: readonly Truth[]; methods: Record<string, Diagnosis> },
  method: string,
): Claim[] {
  const claims = methods[method]?.claims ?? [];
  const right = rightClaims(claims, truths, 'where');
  return claims.filter((_, index) => !right[index]);
}

/** Whether what is suspected holds every fault. */
export function holdsTruth({ suspects }: Pick<Diagnosis, 'suspects'>, truths: readonly Truth[]): boolean {
  return truths.every((truth) =>
    placesOf(truth.elements).some((place) => suspects.some((one) => isAtPlace(placeOf(one), place))),
  );
}

function isSameElement(one: Element, other: Element): boolean {
  const fields = ['node', 'interface', 'peer', 'object'] as const;
  return fields.every((field) => one[field] === other[field]);
}
