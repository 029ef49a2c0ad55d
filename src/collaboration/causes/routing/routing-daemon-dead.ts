/** routing-daemon-dead: the agent answers, its routing daemons do not, and the neighbours have lost them. */
import { routingPaths } from '../../../core/routing-data.ts';
import type { RoutingProtocol } from '../../../core/topology-routing.ts';
import { nodesOf } from '../../elements.ts';
import type { NodeReadings } from '../../readings.ts';
import { turned } from '../../sections.ts';
import { uncertainProbabilityMax } from '../evidence.ts';
import { hopsOf, type RoutingExplanation, type SessionEvidence } from './evidence.ts';
import { hasNeighbour } from './isis-interfaces.ts';

export function routingDaemonDead(evidence: SessionEvidence): RoutingExplanation[] {
  return nodesOf(evidence.paths).flatMap((node) => {
    const told = evidence.readings.get(node);
    const protocols = told?.device?.value.protocols ?? [];
    const dead = protocols.filter((protocol) => isDead(told, protocol));
    if (told === undefined || dead.length === 0) return [];
    const isLost = dead.some((protocol) => isLostAt(node, protocol, evidence));
    return {
      kind: 'routing-daemon-dead' as const,
      element: { node, ...(dead.length < protocols.length && { object: dead.join(' ') }) },
      direction: 'both' as const,
      supportedBy: dead.flatMap((protocol) => told[protocol].at(-1)?.id ?? []),
      ...(!isLost && { probabilityMax: uncertainProbabilityMax }),
    };
  });
}

/** Whether a protocol that the node is configured to run does not answer there. */
export function isDead(told: NodeReadings | undefined, protocol: RoutingProtocol): boolean {
  return protocol in routingPaths && told?.[protocol].at(-1)?.value['confer-device:running'] === false;
}

/** Whether a neighbour says that it has lost it: without that, only the question may have failed. */
function isLostAt(node: string, protocol: RoutingProtocol, evidence: SessionEvidence): boolean {
  const { ends, readings } = evidence;
  if (protocol === 'bgp')
    return ends.some(
      ({ peer, session }) =>
        peer === node && session !== undefined && session['session-state'] !== 'established',
    );
  const arrivals = hopsOf(evidence)
    .flatMap((hop) => [hop, turned(hop)])
    .filter((hop) => hop.from === node);
  return arrivals.some(({ to, ingress }) => {
    const neighbour = readings.get(to);
    if (protocol === 'bfd')
      return neighbour?.bfd
        .at(-1)
        ?.value.session?.some((one) => one.interface === ingress && one['local-state'] !== 'up');
    const one = neighbour?.isis.at(-1)?.value.interface?.find(({ name }) => name === ingress);
    return one !== undefined && !hasNeighbour(one);
  });
}
