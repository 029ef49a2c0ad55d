/** In-band management: a TCP connection survives some loss, and stalls where a hop loses most of what it gets. */
import { type CompiledRoute, isOperational, lookUp, type Port, type Router } from './router.ts';

/** TCP's timers double until nothing moves in the time that a call has. */
const lossPercentMax = 50;
const hopsMax = 255;

/** One direction, along the first of equal-cost routes. */
export function carriesStream(from: Router, to: Router, backgroundLossPercent: number): boolean {
  if (from.crashed || to.crashed) return false;
  let at = from;
  for (let hop = 0; hop < hopsMax; hop++) {
    if (at === to) return true;
    const egress = firstPort(lookUp(at, to.node.address));
    if (egress === undefined || !isOperational(egress)) return false;
    const losses = [
      backgroundLossPercent,
      ...egress.lossPercents,
      ...egress.egress.map((list) => list.lossPercent),
      ...egress.peer.ingress.map((list) => list.lossPercent),
    ];
    const arrives = losses.reduce((share, percent) => share * (1 - percent / 100), 1);
    if (100 * (1 - arrives) > lossPercentMax) return false;
    at = egress.peer.router;
  }
  return false;
}

function firstPort(route: CompiledRoute | undefined): Port | undefined {
  return route?.nextHops[0]?.port;
}
