/**
 * path-mtu: how large may packets be over the path, in each direction, and which link is it that limits them? Real probes of
 * several sizes tell; what the routers say of their MTUs is where the search begins, and what its end is held against.
 */
import { z } from 'zod';
import { limits } from '../../core/limits.ts';
import type { PathMtuIntent } from '../../core/records.ts';
import { ProbeCaps } from '../caps.ts';
import type { Effort } from '../effort.ts';
import { addressesBy } from '../measure.ts';
import { surveyPaths } from '../paths.ts';
import type { IntentKind } from './kind.ts';
import { concludeMtu } from './mtu.ts';
import { isSizeTrain, planSizes, searchSizes } from './mtu-search.ts';
import { mtuFacts, mtuLine } from './mtu-words.ts';
import { namesOfPath, pathFields, spelledPath, wayOf } from './path-fields.ts';
import { pathsFault, probingFault } from './path-loss-claims.ts';

/** Of small probes: whether anything passes, and how many of a larger size may be lost by chance. */
const smallTrain = { count: 20, intervalMs: 10 };
const effort: Effort = {
  enough: smallTrain.count,
  probesMax: smallTrain.count,
  firstFaultOnly: false,
  intervalMs: smallTrain.intervalMs,
};

export const pathMtu: IntentKind<PathMtuIntent> = {
  schema: z.strictObject({
    kind: z.literal('path-mtu'),
    ...pathFields,
    sizeBytes: z.int().min(limits.probeSizeBytesMin).max(limits.probeSizeBytesMax).exactOptional(),
  }),

  subject: 'path',

  wording: (intent) => {
    const { sizeBytes } = intent;
    return `path MTU ${wayOf(intent)}${sizeBytes === undefined ? '' : `, for packets of ${sizeBytes} octets`}`;
  },

  names: namesOfPath,

  spelled: spelledPath,

  async measure(intent, { session, directory, clock, random, signal, observe }) {
    const { paths } = await surveyPaths(namesOfPath(intent), session, directory, observe);
    const plan = planSizes(paths, session.readings(), random);
    const addressOf = addressesBy(session, directory);
    const work = {
      session,
      paths,
      flows: plan.flows,
      effort,
      caps: new ProbeCaps(),
      clock,
      signal,
      observe,
      addressOf,
    };
    const flows = await searchSizes(work, plan, intent);
    return { paths, flows };
  },

  conclude: concludeMtu,
  answer: ({ mtu = [] }) => mtu.map(mtuLine),
  facts: mtuFacts,

  claimFault: (report, intent) =>
    pathsFault(report, namesOfPath(intent)) ??
    probingFault(report, ['loss', 'size'], ({ purpose }, train) =>
      purpose === 'loss'
        ? train.count === smallTrain.count && train.intervalMs === smallTrain.intervalMs
        : isSizeTrain(train),
    ),
};
