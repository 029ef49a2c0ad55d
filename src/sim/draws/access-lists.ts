import type { Draw } from './drawing.ts';

export const egressAccessList: Draw = ({ near, object, lossPercent, outward, direction, ...draw }) =>
  draw.drawn({ ...draw.at(near), object, lossPercent }, { ...outward, object }, direction);

export const ingressAccessList: Draw = ({ far, object, lossPercent, inward, direction, ...draw }) =>
  draw.drawn({ ...draw.at(far), object, lossPercent }, { ...inward, object }, direction);

export const oneWayAccessList: Draw = ({ near, far, object, lossPercent, direction, ...draw }) => {
  const hits = draw.fraction() < 0.5 ? 'egress' : 'ingress';
  const [end, element] = hits === 'egress' ? [near, draw.outward] : [far, draw.inward];
  return draw.drawn({ ...draw.at(end), object, hits, lossPercent }, { ...element, object }, direction);
};
