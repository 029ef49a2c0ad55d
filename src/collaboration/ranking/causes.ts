/**
 * Every cause that the signs of a report allow: kind, place and direction, with healthy and undetermined. Code enumerates;
 * the correlation and a model weigh what is listed here, and nothing else.
 */
import type { SignName } from '../../../models/evidence/words.ts';
import type { Direction, Element, FindingKind } from '../../core/records.ts';
import type { Sign, Signs } from './signs.ts';

export interface PossibleCause {
  kind: FindingKind | 'healthy' | 'undetermined';
  /** Absent for healthy and undetermined. */
  element?: Element;
  direction?: Direction | 'both';
  /** The evidence shows what this kind alone, or hardly anything else, shows. */
  isShown: boolean;
}

interface Rule {
  kind: FindingKind;
  /** Allowed where one of these is seen. */
  by: readonly SignName[];
  /** Faults of both directions alike. */
  isBothWays?: boolean;
  /** Only where the sign's packets are all lost, or only where some arrive. */
  amount?: 'all' | 'not all';
  /** The element is the router alone. */
  isOfRouter?: boolean;
  /** Shown only where one of these is seen at the same place as well. */
  besides?: readonly SignName[];
}

const rules: readonly Rule[] = [
  { kind: 'egress-acl', by: ['acl-egress'] },
  { kind: 'ingress-acl', by: ['acl-ingress'] },
  { kind: 'one-way-acl', by: ['acl-egress', 'acl-ingress'], besides: ['acl-idle'] },
  { kind: 'urpf-drop', by: ['reverse-path'] },
  { kind: 'unidirectional-link', by: ['unheard'] },
  { kind: 'silent-loss', by: ['loses'], amount: 'not all' },
  { kind: 'srh-filtered', by: ['loses'], amount: 'all', besides: ['plain-passes'] },
  { kind: 'corruption', by: ['damaged'] },
  { kind: 'duplex-mismatch', by: ['collisions', 'damaged'], besides: ['collisions'] },
  { kind: 'rate-bottleneck', by: ['queue-steady', 'queue-bursty'] },
  { kind: 'microburst', by: ['queue-bursty', 'queue-steady'], besides: ['queue-bursty'] },
  { kind: 'link-flap', by: ['flaps'], isBothWays: true },
  { kind: 'gray-ecmp-member', by: ['splits-flows'] },
  { kind: 'lag-member', by: ['member-dead'] },
  { kind: 'gray-prefix', by: ['prefix-lost'] },
  { kind: 'mtu-mismatch', by: ['mtu-smaller'], isBothWays: true },
  { kind: 'pmtud-blackhole', by: ['mtu-smaller'], isBothWays: true, besides: ['size-untold'] },
  { kind: 'srv6-encap-mtu', by: ['mtu-small'], isBothWays: true },
  { kind: 'sid-missing', by: ['sid-absent'] },
  { kind: 'seg6-disabled', by: ['sid-refused'] },
  { kind: 'sid-wrong-behaviour', by: ['sid-wrong'] },
  { kind: 'wrong-segment-order', by: ['order-wrong'] },
  { kind: 'locator-unreachable', by: ['route-absent'] },
  { kind: 'static-blackhole', by: ['route-discards'] },
  { kind: 'rib-fib-mismatch', by: ['route-differs'] },
  { kind: 'forwarding-loop', by: ['route-leaves'] },
  { kind: 'neighbour-discovery-failure', by: ['unresolved'], besides: ['heard'] },
  { kind: 'dscp-remark', by: ['marked'] },
  { kind: 'control-plane-overload', by: ['policed'], isBothWays: true, isOfRouter: true },
  { kind: 'nat-exhaustion', by: ['ports-full'] },
  { kind: 'link-down', by: ['down', 'flaps'], isBothWays: true, besides: ['down'] },
  { kind: 'admin-shutdown', by: ['shut'], isBothWays: true },
  { kind: 'node-crash', by: ['silent'], isBothWays: true, isOfRouter: true, besides: ['down', 'unheard'] },
  {
    kind: 'agent-only',
    by: ['silent', 'not-accepted'],
    isBothWays: true,
    isOfRouter: true,
    besides: ['passes'],
  },
];

/** More would take a model too long; those of which most is seen come first. */
const causesMax = 46;

export function possibleCauses({ signs, paths }: Signs): PossibleCause[] {
  const found = signs.flatMap((sign) => rules.flatMap((rule) => allowed(rule, sign, signs)));
  const merged = bothWays(distinct(found))
    .sort((one, other) => Number(other.isShown) - Number(one.isShown))
    .slice(0, causesMax);
  const isClean = paths.length > 0 && paths.every(({ lost }) => lost === 'none' || lost === 'few');
  return [
    ...merged,
    { kind: 'healthy', isShown: isClean && !merged.some(({ isShown }) => isShown) },
    { kind: 'undetermined', isShown: !isClean && !merged.some(({ isShown }) => isShown) },
  ];
}

function allowed(rule: Rule, sign: Sign, signs: readonly Sign[]): PossibleCause[] {
  const { kind, by, isBothWays, isOfRouter, amount, besides } = rule;
  if (!by.includes(sign.sign)) return [];
  if (amount !== undefined && (sign.amount === 'all') !== (amount === 'all')) return [];
  const direction = isBothWays ? 'both' : (sign.direction ?? 'both');
  return sign.elements
    .filter(({ peer }) => isOfRouter || sign.sign !== 'loses' || peer !== undefined)
    .map((element) => ({
      kind,
      element: isOfRouter ? { node: element.node } : element,
      direction,
      isShown:
        sign.elements.length === 1 &&
        sign.certainty !== 'maybe' &&
        (besides === undefined || signs.some((one) => besides.includes(one.sign) && isAt(one, element))),
    }));
}

/** A sign of a router's neighbours counts for the router, and one of either end for the link. */
function isAt({ elements }: Sign, { node, peer }: Element): boolean {
  return elements.some(
    (one) =>
      (peer === undefined && (one.node === node || one.peer === node)) ||
      (one.node === node && (one.peer === undefined || one.peer === peer)) ||
      (one.node === peer && one.peer === node),
  );
}

function distinct(causes: readonly PossibleCause[]): PossibleCause[] {
  const byKey = new Map<string, PossibleCause>();
  for (const cause of causes) {
    const key = keyOf(cause);
    const before = byKey.get(key);
    byKey.set(key, { ...cause, isShown: cause.isShown || before?.isShown === true });
  }
  return [...byKey.values()];
}

/** What is seen in both directions at one place may be one fault of both. */
function bothWays(causes: readonly PossibleCause[]): PossibleCause[] {
  const places = Map.groupBy(causes, ({ kind, element }) => JSON.stringify([kind, element]));
  return [...places.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined || same.length < 2) return same;
    return [{ ...first, direction: 'both' as const, isShown: same.some(({ isShown }) => isShown) }, ...same];
  });
}

function keyOf({ kind, element, direction }: PossibleCause): string {
  return JSON.stringify([kind, element?.node, element?.interface, element?.peer, element?.object, direction]);
}
