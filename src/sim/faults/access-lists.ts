import { added, type Injection, needed, type Place, portOf } from './place.ts';

export const egressAccessList: Injection = (place) => bound(place, 'egress');
export const ingressAccessList: Injection = (place) => bound(place, 'ingress');

/** Bound in both directions; its entries match in one. */
export const oneWayAccessList: Injection = (place) => {
  const hits = needed(place.fault, 'hits');
  const undos = (['ingress', 'egress'] as const).map((direction) =>
    bound(place, direction, direction === hits ? needed(place.fault, 'lossPercent') : 0),
  );
  return () => {
    for (const undo of undos) undo();
  };
};

function bound(
  place: Place,
  direction: 'ingress' | 'egress',
  lossPercent = needed(place.fault, 'lossPercent'),
): () => void {
  return added(portOf(place)[direction], { name: needed(place.fault, 'object'), lossPercent, hits: 0 });
}
