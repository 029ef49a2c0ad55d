import type { JsonObject } from '../../../crypto/canonical.ts';
import { ConferError } from '../../core/errors.ts';
import { routingPaths } from '../../core/routing-data.ts';
import type { Router } from '../router.ts';
import { bfdReading } from './bfd.ts';
import { bgpReading } from './bgp.ts';
import { isisReading } from './isis.ts';

const protocolAt = new Map(
  Object.entries(routingPaths).map(([protocol, path]) => [
    path as string,
    protocol as keyof typeof routingPaths,
  ]),
);

/** What the routing protocols say; undefined for other paths. Throws ConferError `not-found` where none runs. */
export function readRoutingPath(
  routers: ReadonlyMap<string, Router>,
  router: Router,
  path: string,
  nowMs: number,
): JsonObject | undefined {
  const protocol = protocolAt.get(path);
  if (protocol === undefined) return undefined;
  if (router.routing?.protocols.includes(protocol) !== true)
    throw new ConferError(
      'not-found',
      `${router.node.name} runs no ${protocol}, so there is nothing at ${path}.`,
    );
  switch (protocol) {
    case 'bgp':
      return bgpReading(routers, router);
    case 'bfd':
      return bfdReading(router, nowMs);
    case 'isis':
      return isisReading(router, nowMs);
  }
}
