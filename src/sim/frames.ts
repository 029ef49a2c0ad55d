/**
 * Frames below IPv6 (LLDP, IS-IS) over modelled links. The bytes are real; only the wire is memory, and it has the
 * faults of its link. Access lists match IPv6 only and let these frames pass.
 */
import type { FramePort } from '../../discovery/speaker.ts';
import { type ForwardingWorld, isLostOnWire } from './forwarding.ts';
import { ethernetHeaderBytes } from './packet.ts';
import { isOperational, type Router } from './router.ts';

/** Who receives on each router. */
export type FrameReceivers = Map<string, (interfaceName: string, frame: Uint8Array) => void>;

/** Sending is fire and forget, as on a wire; unknown interfaces and oversized frames are dropped. */
export function framePortOf(world: ForwardingWorld, router: Router, receivers: FrameReceivers): FramePort {
  return {
    interfaces: () => [...router.ports.keys()],
    send(interfaceName, frame) {
      const egress = router.ports.get(interfaceName);
      if (egress === undefined || !isOperational(egress)) return;
      const payloadBytes = frame.length - ethernetHeaderBytes;
      if (payloadBytes > egress.mtuBytes) return;
      egress.out.packets++;
      egress.out.octets += frame.length;
      if (isLostOnWire(world, egress) || payloadBytes > egress.peer.mtuBytes) return;
      const arrival = egress.peer;
      arrival.in.packets++;
      arrival.in.octets += frame.length;
      // A copy, and later: the receiver must not share memory or the call stack with the sender.
      const copy = new Uint8Array(frame);
      queueMicrotask(() => receivers.get(arrival.node)?.(arrival.interface, copy));
    },
    onFrame(handler) {
      receivers.set(router.node.name, handler);
    },
  };
}
