/**
 * device-status: what does one device say of its processor, its memory and its interfaces? It is read twice, so that counters
 * tell what happens now and not what happened since it was switched on.
 */
import { z } from 'zod';
import { dataPaths } from '../../core/device-data.ts';
import { type DeviceStatusIntent, deviceMetrics } from '../../core/records.ts';
import { fanOut } from '../fanout.ts';
import { resourceUri } from '../resources.ts';
import type { IntentKind } from './kind.ts';
import { nodeName } from './node-name.ts';
import { concludeStatus, statusFacts, statusLine } from './status.ts';

/** Between the two readings: long enough for the processor's clock ticks of 10 ms. */
const watchMs = 2_000;

export const deviceStatus: IntentKind<DeviceStatusIntent> = {
  schema: z.strictObject({
    kind: z.literal('device-status'),
    head: nodeName,
    metrics: z
      .array(z.enum(deviceMetrics))
      .min(1)
      .refine((metrics) => new Set(metrics).size === metrics.length, 'Each metric may be named once.')
      .default([...deviceMetrics]),
  }),

  subject: 'device',

  wording: ({ head, metrics }) => `${metrics.join(', ')} of ${head}`,

  names: ({ head }) => [head],

  spelled: (intent, spell) => ({ ...intent, head: spell(intent.head) }),

  async measure({ head, metrics }, { session, clock, signal, observe }) {
    const paths = [
      ...(metrics.includes('cpu') || metrics.includes('memory') ? [dataPaths.system] : []),
      ...(metrics.includes('interface') ? [dataPaths.interfaces] : []),
    ];
    const read = () =>
      fanOut(
        session,
        paths.map((path) => ({ node: head, operation: { uri: resourceUri(path) } })),
      );
    await read();
    observe({ step: 'calls', text: `watching ${head} for ${watchMs / 1_000} seconds`, fraction: 0.5 });
    await clock.sleep(watchMs, signal);
    await read();
    return { paths: [], flows: [] };
  },

  conclude: concludeStatus,
  answer: ({ status = [] }) => status.map(statusLine),
  facts: statusFacts,

  claimFault: ({ paths, flows, envelopes, untrusted }, { head }) => {
    if (paths.length > 0 || flows.length > 0)
      return 'paths and flows are no part of what a device says of itself';
    const isThere = [...envelopes, ...untrusted].some(({ node }) => node === head);
    return isThere ? undefined : `${head} neither answered nor is marked untrusted`;
  },
};
