/**
 * Frames below IPv6 (LLDP, IS-IS) over modelled links. The bytes are real; only the wire is memory, and it has the
 * faults of its link. Access lists match IPv6 only and let these frames pass.
 */
import { type ForwardingWorld, isLostOnWire } from './forwarding.ts';
import { ethernetHeaderBytes } from './packet.ts';
import { isOperational, type Router } from './router.ts';

export type FrameHandler = (interfaceName: string, frame: Uint8Array) => void;

/** How an agent reaches its links below IP. */
export interface FramePort {
  interfaces(): string[];
  /** Fire and forget, as on a wire. Unknown interfaces and oversized frames are dropped. */
  send(interfaceName: string, frame: Uint8Array): void;
  /** Frames from the neighbours; returns how to stop. */
  onFrame(handler: FrameHandler): () => void;
}

/** Whoever listens on each router. */
export type FrameListeners = Map<string, Set<FrameHandler>>;

export function framePortOf(world: ForwardingWorld, router: Router, listeners: FrameListeners): FramePort {
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
      const copy = Uint8Array.from(frame);
      queueMicrotask(() => {
        for (const handler of listeners.get(arrival.node) ?? []) handler(arrival.interface, copy);
      });
    },
    onFrame(handler) {
      const handlers = listeners.get(router.node.name) ?? new Set();
      listeners.set(router.node.name, handlers.add(handler));
      return () => handlers.delete(handler);
    },
  };
}
