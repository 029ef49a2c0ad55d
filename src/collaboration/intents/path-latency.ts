/**
 * path-latency: how long do packets take over the path, hop by hop? Every router stamps the same probes with its own clock where
 * they come in and go out; where two clocks agree, their difference is the delay one way. Besides, each router pings the next
 * one over the very link, which bounds the delay by one clock alone.
 */
import { z } from 'zod';
import type { JsonObject } from '../../../crypto/canonical.ts';
import { dataPaths } from '../../core/device-data.ts';
import { limits } from '../../core/limits.ts';
import type { Hop, Path, PathLatencyIntent } from '../../core/records.ts';
import { toolNames } from '../../core/tools.ts';
import { ProbeCaps } from '../caps.ts';
import type { Effort } from '../effort.ts';
import { nodesOf } from '../elements.ts';
import { fanOut } from '../fanout.ts';
import { linkAddress } from '../follow-ups.ts';
import { addressesBy, readAll, startCounting } from '../measure.ts';
import { surveyPaths } from '../paths.ts';
import { freshLabel, smallBytes } from '../plan.ts';
import { questionFor } from '../probe-questions.ts';
import { settleMs } from '../probes.ts';
import { warmUp } from '../probing.ts';
import type { Readings } from '../readings.ts';
import type { Question } from '../session.ts';
import type { IntentKind } from './kind.ts';
import { concludeLatency } from './latency.ts';
import { latencyFacts, latencyLine } from './latency-words.ts';
import { namesOfPath, pathFields, spelledPath, wayOf } from './path-fields.ts';
import { pathsFault, probingFault } from './path-loss-claims.ts';

const countUsual = 20;
/** Of one figure: each takes 20 ms, and an intent has its time. */
const countMax = 1_000;
const intervalMs = 20;

export const pathLatency: IntentKind<PathLatencyIntent> = {
  schema: z.strictObject({
    kind: z.literal('path-latency'),
    ...pathFields,
    count: z.int().min(1).max(countMax).exactOptional(),
  }),

  subject: 'path',

  wording: (intent) =>
    `latency ${wayOf(intent)}${intent.count === undefined ? '' : `, ${intent.count} probes each`}`,

  names: namesOfPath,

  spelled: spelledPath,

  async measure(intent, { session, directory, clock, random, signal, observe }) {
    const { count = countUsual } = intent;
    const { paths } = await surveyPaths(namesOfPath(intent), session, directory, observe);
    const nodes = nodesOf(paths);
    const used = new Set<number>();
    const flows = paths.map((path) => ({
      flowLabel: freshLabel(used, random),
      path: path.id,
      purpose: 'loss' as const,
      sizeBytes: smallBytes(path),
    }));
    const effort: Effort = { enough: count, probesMax: count, firstFaultOnly: false, intervalMs };
    const addressOf = addressesBy(session, directory);
    const work = { session, paths, flows, effort, caps: new ProbeCaps(), clock, signal, observe, addressOf };

    await readAll(work, nodes, [dataPaths.system]);
    await warmUp(work);
    const perPath = stampedOf(count, paths.length);
    await using counters = await startCounting(work, nodes, { 'stamps-max': limits.stampsMax });
    observe({ step: 'calls', text: `${count} probes over each link`, fraction: 0.5 });
    const trains = paths.flatMap((path, index): Question[] => {
      const flow = flows[index];
      if (flow === undefined) return [];
      const train = { count: perPath, intervalMs, size: flow.sizeBytes, flowLabels: [flow.flowLabel] };
      const question = questionFor(work, path, train);
      return question === undefined ? [] : [question];
    });
    await fanOut(session, [...trains, ...linkPings(paths, count, session.readings())]);
    await clock.sleep(settleMs, signal);
    await counters.stop();
    return { paths, flows };
  },

  conclude: concludeLatency,
  answer: ({ latency = [] }) => latency.map(latencyLine),
  facts: latencyFacts,

  claimFault: (report, { count = countUsual, ...intent }) =>
    pathsFault(report, namesOfPath(intent)) ??
    probingFault(
      report,
      ['loss'],
      (_, train) => train.intervalMs === intervalMs && train.count === stampedOf(count, report.paths.length),
    ),
};

/** A router that is on every path stamps each probe as it comes and as it goes, and has room for so many. */
function stampedOf(count: number, paths: number): number {
  return Math.max(1, Math.min(count, Math.floor(limits.stampsMax / (2 * Math.max(1, paths)))));
}

/** Over each link from its sending end, so that the packets take no other way, nor their answers. */
function linkPings(paths: readonly Path[], count: number, readings: Readings): Question[] {
  const hops = new Map<string, Hop>();
  for (const hop of paths.flatMap((path) => path.hops)) hops.set(JSON.stringify(hop), hop);
  return [...hops.values()].flatMap((hop): Question[] => {
    const source = linkAddress(hop.from, hop.egress, readings);
    const destination = linkAddress(hop.to, hop.ingress, readings);
    if (source === undefined || destination === undefined) return [];
    const args: JsonObject = { destination, source, count, interval: intervalMs };
    return [
      {
        node: hop.from,
        operation: { tool: toolNames.ping },
        arguments: args,
        timeoutMs: count * intervalMs + limits.probeSlackMs,
      },
    ];
  });
}
