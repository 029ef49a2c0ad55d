/** The kinds of intents that are served. */
import { z } from 'zod';
import type { Intent, ServedIntent } from '../../core/records.ts';
import { bgpSession } from './bgp-session.ts';
import { deviceStatus } from './device-status.ts';
import type { IntentKind } from './kind.ts';
import { pathLatency } from './path-latency.ts';
import { pathLoss } from './path-loss.ts';
import { pathMtu } from './path-mtu.ts';
import { reachability } from './reachability.ts';

const kinds: {
  [Kind in ServedIntent['kind']]: IntentKind<Extract<ServedIntent, { kind: Kind }>>;
} = {
  'path-loss': pathLoss,
  'bgp-session': bgpSession,
  reachability,
  'path-mtu': pathMtu,
  'path-latency': pathLatency,
  'device-status': deviceStatus,
};

/** The compiler does not see that an intent's kind is that of the table's entry. */
export function kindOf<I extends ServedIntent>(intent: I): IntentKind<I> {
  return kinds[intent.kind] as unknown as IntentKind<I>;
}

export const intentKinds = Object.keys(kinds) as ServedIntent['kind'][];

/** What YAML, JSON and language models may say. */
export const intentSchema: z.ZodType<Intent> = z.discriminatedUnion('kind', [
  pathLoss.schema,
  bgpSession.schema,
  reachability.schema,
  pathMtu.schema,
  pathLatency.schema,
  deviceStatus.schema,
  z.object({ kind: z.literal('unsupported'), reason: z.string() }),
]);
