import type { Draw } from './drawing.ts';

/** Kinds that stop something in one direction of a link. */
export const oneWay: Draw = ({ near, outward, direction, ...draw }) =>
  draw.drawn(draw.at(near), outward, direction);

/** Kinds that lose a share in one direction of a link, and not everything. */
export const lossyWay: Draw = ({ near, outward, direction, lossPercent, ...draw }) =>
  draw.drawn({ ...draw.at(near), lossPercent: Math.min(lossPercent, 99.9) }, outward, direction);

export const grayEcmpMember: Draw = ({ near, outward, direction, ...draw }) => {
  const members = 2 + Math.floor(draw.fraction() * 3);
  return draw.drawn({ ...draw.at(near), members }, outward, direction);
};

/** The member that the model lets die is the first. */
export const lagMember: Draw = ({ near, outward, direction, ...draw }) => {
  const members = 2 + Math.floor(draw.fraction() * 3);
  return draw.drawn({ ...draw.at(near), members }, { ...outward, object: 'member-1' }, direction);
};

/** Duplex is of the whole link; what is lost is what the half-duplex end sends. */
export const duplexMismatch: Draw = ({ near, outward, direction, lossPercent, ...draw }) =>
  draw.drawn({ ...draw.at(near), lossPercent: Math.min(lossPercent, 50) }, outward, direction);

/** Below what the probes of a path make, and what the answers to those of the other direction make alone. */
export const rateBottleneck: Draw = ({ near, outward, direction, ...draw }) => {
  const rateKbps = 100 + Math.floor(draw.fraction() * 150);
  return draw.drawn({ ...draw.at(near), rateKbps }, outward, direction);
};

/** A queue that is full for a good part of the time is no burst. */
export const microburst: Draw = ({ near, outward, direction, lossPercent, ...draw }) =>
  draw.drawn({ ...draw.at(near), lossPercent: Math.min(lossPercent, 15) }, outward, direction);

export const linkFlap: Draw = ({ near, outward, inward, ...draw }) => {
  const periodMs = 400 + Math.floor(draw.fraction() * 800);
  const downMs = Math.max(100, Math.floor(periodMs * (0.1 + 0.4 * draw.fraction())));
  return draw.drawn({ ...draw.at(near), periodMs, downMs }, [outward, inward], 'both');
};

export const mtuMismatch: Draw = ({ near, outward, ...draw }) => {
  // A veth also takes in frames that are up to 4 octets too long.
  const mtuBytes = 1_280 + Math.floor(draw.fraction() * 200);
  return draw.drawn({ ...draw.at(near), mtuBytes }, outward, 'both');
};

/** Not where the path begins: a router that sends of its own needs no message to know what fits. */
export const pmtudBlackhole: Draw = ({ links, route: { head, tail }, ...draw }) => {
  const ways = links.flatMap(({ from, to }) => [
    ...(from.node === head ? [] : [{ near: from, far: to }]),
    ...(to.node === tail ? [] : [{ near: to, far: from }]),
  ]);
  const { near, far } = draw.pick(ways);
  const mtuBytes = 1_280 + Math.floor(draw.fraction() * 200);
  const element = { node: near.node, interface: near.interface, peer: far.node };
  return draw.drawn({ ...draw.at(near), mtuBytes }, element, 'both');
};

/** From what a host may always send to what that is with the encapsulation of the intent's policy. */
export const srv6EncapMtu: Draw = ({ near, outward, inward, route, ...draw }) => {
  const segments = route.via.length + 1;
  const mtuBytes = 1_280 + Math.floor(draw.fraction() * (40 + 8 + 16 * segments));
  return draw.drawn({ ...draw.at(near), mtuBytes }, [outward, inward], 'both');
};

export const linkDown: Draw = ({ near, outward, inward, ...draw }) =>
  draw.drawn(draw.at(near), [outward, inward], 'both');

export const adminShutdown: Draw = ({ near, outward, ...draw }) => draw.drawn(draw.at(near), outward, 'both');
