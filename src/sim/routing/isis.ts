/** IS-IS in the modelled network (ISO 10589, RFC 5303): adjacencies by hellos, link state by adjacencies. */
import type { IsisData } from '../../core/routing-data.ts';
import type { Port, Router } from '../router.ts';
import { arrives } from './reach.ts';
import { arrivedOf, type IsisInterface } from './state.ts';

const helloIntervalMs = 1_000;
/** ISO 10589 section 7.3.21: maximumLSPGenerationInterval. */
const refreshMs = 900_000;
/** Every router has refreshed its link state some times already. */
const sequenceFirst = 16;
const areaAddress = '49.0001';

export function isisReading(router: Router, nowMs: number): IsisData {
  const { routing, node } = router;
  if (routing === undefined || !routing.running)
    return { 'ietf-isis:isis': { 'confer-device:running': false } };
  const names = [...routing.isis.entries()].flatMap(([name, settings]) => {
    const port = router.ports.get(name);
    return port === undefined ? [] : [{ port, settings }];
  });
  return {
    'ietf-isis:isis': {
      'confer-device:running': true,
      'system-id': node.name,
      'area-address': [areaAddress],
      interface: names.map(({ port, settings }) => ({
        name: port.interface,
        'level-type': settings.level === 1 ? ('level-1' as const) : ('level-2' as const),
        'confer-device:authentication': settings.authentication,
        adjacency: adjacencyOf(port),
        iih: {
          in: String(heardHellos(port, nowMs)),
          out: String(Math.floor(nowMs / helloIntervalMs)),
        },
      })),
      lsp: reached(router).map((name) => ({
        'lsp-id': `${name}.00-00`,
        sequence: sequenceOf(routing.stale.get(name) ?? nowMs) - (routing.stale.has(name) ? 1 : 0),
      })),
    },
  };
}

function sequenceOf(atMs: number): number {
  return sequenceFirst + Math.floor(atMs / refreshMs);
}

function speakerAt(port: Port): IsisInterface | undefined {
  const { routing, crashed } = port.router;
  return routing?.running && !crashed ? routing.isis.get(port.interface) : undefined;
}

/** Whether the hellos of the other end arrive here. */
function hears({ peer }: Port): boolean {
  const speaker = speakerAt(peer);
  return speaker !== undefined && speaker.hellos.lostSinceMs === undefined && arrives(peer);
}

function heardHellos({ peer }: Port, nowMs: number): number {
  const sent = peer.router.routing?.isis.get(peer.interface)?.hellos;
  return sent === undefined ? 0 : arrivedOf(sent, nowMs, helloIntervalMs);
}

function agree(port: Port): boolean {
  const [own, other] = [speakerAt(port), speakerAt(port.peer)];
  return own?.level === other?.level && own?.authentication === other?.authentication;
}

/** Three-way handshake (RFC 5303): whoever hears a neighbour that does not hear it waits. */
function adjacencyOf(port: Port): { 'neighbor-sysid': string; state: 'up' | 'init' }[] {
  if (!hears(port) || !agree(port)) return [];
  return [{ 'neighbor-sysid': port.peer.router.node.name, state: hears(port.peer) ? 'up' : 'init' }];
}

/** Everybody that link state is flooded from. */
function reached(router: Router): string[] {
  const known = new Set([router]);
  for (const one of known)
    for (const [name] of one.routing?.isis ?? []) {
      const port = one.ports.get(name);
      if (port !== undefined && adjacencyOf(port)[0]?.state === 'up') known.add(port.peer.router);
    }
  return [...known].map(({ node }) => node.name).sort();
}
