/** BFD in the modelled network (RFC 5880): who hears nothing is down, and tells the other end, which waits in init. */
import type { BfdData } from '../../core/routing-data.ts';
import type { Port, Router } from '../router.ts';
import { arrives } from './reach.ts';
import { arrivedOf } from './state.ts';

const intervalMs = 300;

export function bfdReading(router: Router, nowMs: number): BfdData {
  const { routing } = router;
  if (routing === undefined || !routing.running)
    return { 'ietf-bfd:bfd': { 'confer-device:running': false } };
  const session = [...routing.bfd.entries()].flatMap(([name]) => {
    const port = router.ports.get(name);
    if (port === undefined) return [];
    const isHeard = hears(port);
    const peerSent = port.peer.router.routing?.bfd.get(port.peer.interface);
    return {
      interface: name,
      'dest-addr': port.peer.address,
      'local-state': isHeard ? (hears(port.peer) ? ('up' as const) : ('init' as const)) : ('down' as const),
      'receive-packet-count': String(peerSent === undefined ? 0 : arrivedOf(peerSent, nowMs, intervalMs)),
      'send-packet-count': String(Math.floor(nowMs / intervalMs)),
    };
  });
  return { 'ietf-bfd:bfd': { 'confer-device:running': true, session } };
}

/** Whether the control packets of the other end arrive here. */
function hears({ peer }: Port): boolean {
  const { routing, crashed } = peer.router;
  const sent = routing?.bfd.get(peer.interface);
  return (
    sent !== undefined &&
    routing?.running === true &&
    !crashed &&
    sent.lostSinceMs === undefined &&
    arrives(peer)
  );
}
