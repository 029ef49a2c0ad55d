/** Where packets of routing protocols get: those between neighbours on a link, and TCP between two addresses. */
import { isOperational, lookUp, ownsAddress, type Port, type Router } from '../router.ts';

const hopsMax = 64;
/** TCP's timers double until nothing moves. */
const streamLossPercentMax = 50;
const bgpPort = 179;

/** Whether packets that leave by this port arrive at the other end. */
export function arrives(port: Port): boolean {
  return isOperational(port) && !port.lossPercents.includes(100);
}

/** Whether a BGP session from one address to another gets its segments there, along the first of equal-cost routes. */
export function carriesBgp(from: Router, address: string): boolean {
  return crossed(from, address)?.every(lets) ?? false;
}

/** Egress ports in the order of travel; undefined where the routes do not lead there. */
function crossed(from: Router, address: string): Port[] | undefined {
  const ports: Port[] = [];
  for (let at = from; !ownsAddress(at, address); ) {
    const port = lookUp(at, address)?.nextHops[0]?.port;
    if (port === undefined || at.crashed || ports.length === hopsMax) return undefined;
    ports.push(port);
    at = port.peer.router;
  }
  return ports;
}

function lets(port: Port): boolean {
  const lists = [...port.egress, ...port.peer.ingress];
  if (!isOperational(port) || lists.some(({ tcpPort }) => tcpPort === bgpPort)) return false;
  const losses = [...port.lossPercents, ...lists.map(({ lossPercent }) => lossPercent)];
  return (
    100 * (1 - losses.reduce((share, percent) => share * (1 - percent / 100), 1)) <= streamLossPercentMax
  );
}
