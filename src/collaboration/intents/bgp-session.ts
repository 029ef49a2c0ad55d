/**
 * bgp-session: is the BGP session of two routers up, and what is wrong with it and with what it rests on: their routing
 * daemons, their routes, access lists on the way, BFD and IS-IS of the links between them. Nothing but state is read, twice,
 * and a few plain packets are sent.
 */
import { z } from 'zod';
import type { JsonObject } from '../../../crypto/canonical.ts';
import { dataPaths } from '../../core/device-data.ts';
import type { BgpSessionIntent } from '../../core/records.ts';
import { routingPaths } from '../../core/routing-data.ts';
import { toolNames } from '../../core/tools.ts';
import { bothWays, type End } from '../causes/routing/evidence.ts';
import { nodesOf } from '../elements.ts';
import { fanOut } from '../fanout.ts';
import { surveyPaths } from '../paths.ts';
import { resourceUri } from '../resources.ts';
import type { Question } from '../session.ts';
import { concludeSession, evidenceOf, sessionFacts } from '../session-correlation.ts';
import type { IntentKind } from './kind.ts';
import { nodeName } from './node-name.ts';
import { pathsFault } from './path-loss-claims.ts';

/** Between the two readings: several hellos, BFD packets and attempts to connect. */
const watchMs = 3_000;
const pingCount = 10;
const pingIntervalMs = 20;

export const bgpSession: IntentKind<BgpSessionIntent> = {
  schema: z.strictObject({
    kind: z.literal('bgp-session'),
    head: nodeName.exactOptional(),
    neighbor: nodeName,
  }),

  subject: 'session',

  wording: ({ head, neighbor }) => `BGP session of ${head ?? 'this router'} with ${neighbor}`,

  names: ({ head, neighbor }) => [...(head === undefined ? [] : [head]), neighbor],

  spelled: ({ head, neighbor, ...intent }, spell, self) => ({
    ...intent,
    head: head === undefined ? self : spell(head),
    neighbor: spell(neighbor),
  }),

  async measure(intent, { session, directory, clock, signal, observe }) {
    const { paths } = await surveyPaths(bgpSession.names(intent), session, directory, observe);
    const nodes = nodesOf(paths);
    const readings = () => session.readings();
    const read = () =>
      nodes.flatMap((node): Question[] => {
        const protocols = readings().get(node)?.device?.value.protocols ?? [];
        const wanted = [...protocols.map((protocol) => routingPaths[protocol]), dataPaths.accessLists];
        return wanted.map((path) => ({ node, operation: { uri: resourceUri(path) } }));
      });
    observe({ step: 'calls', text: `routing protocols of ${nodes.join(', ')}`, fraction: 0.4 });
    await fanOut(session, read());
    const evidence = evidenceOf({ intent, paths, readings: readings(), untrusted: [] });
    await fanOut(
      session,
      bothWays(evidence).flatMap(([own]) => ping(own) ?? []),
    );
    observe({ step: 'calls', text: `watching for ${watchMs / 1_000} seconds`, fraction: 0.6 });
    await clock.sleep(watchMs, signal);
    await fanOut(session, read());
    return { paths, flows: [] };
  },

  conclude: concludeSession,
  answer: () => [],
  facts: sessionFacts,

  claimFault: (report, intent) =>
    pathsFault(report, bgpSession.names(intent)) ??
    (report.flows.length > 0 ? 'flows are measured for packet loss alone' : undefined),
};

/** To the address of the session, from its own. */
function ping({ node, session }: End) {
  if (session === undefined) return undefined;
  const source = session['local-address'];
  const args: JsonObject = {
    destination: session['remote-address'],
    ...(source !== undefined && { source }),
    count: pingCount,
    interval: pingIntervalMs,
  };
  return { node, operation: { tool: toolNames.ping }, arguments: args };
}
