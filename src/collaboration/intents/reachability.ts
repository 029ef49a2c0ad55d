/**
 * reachability: does anything arrive over the path, in both directions, and where nothing does, why? A few probes are counted
 * at every hop; a loss that lets some of them pass is not what is asked.
 */
import { z } from 'zod';
import type { ReachabilityIntent } from '../../core/records.ts';
import { ProbeCaps } from '../caps.ts';
import { correlate } from '../correlation.ts';
import type { Effort } from '../effort.ts';
import { followUps } from '../follow-ups.ts';
import { lookUps } from '../look-ups.ts';
import { addressesBy, measure } from '../measure.ts';
import { unexplainedSections, worthWaitingFor } from '../open-questions.ts';
import { surveyPaths } from '../paths.ts';
import { planFlows } from '../plan.ts';
import { isTrainFor } from '../probe-questions.ts';
import type { IntentKind } from './kind.ts';
import { asLoss, namesOfPath, pathFields, spelledPath, wayOf } from './path-fields.ts';
import { pathsFault, probingFault } from './path-loss-claims.ts';
import { concludeReach, reachFacts, reachLine } from './reach.ts';

/** A path of which none of so many arrive carries nothing, or next to nothing. */
const probes = 20;
const effort: Effort = { enough: probes, probesMax: probes, firstFaultOnly: false, intervalMs: 10 };

export const reachability: IntentKind<ReachabilityIntent> = {
  schema: z.strictObject({ kind: z.literal('reachability'), ...pathFields }),

  subject: 'path',

  wording: (intent) => `reachability ${wayOf(intent)}`,

  names: namesOfPath,

  spelled: spelledPath,

  async measure(intent, { session, directory, clock, random, signal, observe }) {
    const { paths } = await surveyPaths(namesOfPath(intent), session, directory, observe);
    const flows = planFlows(paths, session.readings(), random).filter(({ purpose }) => purpose === 'loss');
    const input = () => ({
      intent: asLoss(intent),
      paths,
      flows,
      readings: session.readings(),
      untrusted: session.away(),
    });
    const addressOf = addressesBy(session, directory);
    await measure(
      { session, paths, flows, effort, caps: new ProbeCaps(), clock, signal, observe, addressOf },
      {
        // One portion is enough: what arrives in part is not asked.
        openPlaces: () => [],
        worstPlace: () => undefined,
        isFaultSure: () => false,
        isLinkUnseen: () => false,
        followUps: () =>
          isSomethingDead(input())
            ? [...followUps(unexplainedSections(input()), input()), ...lookUps(input())]
            : [],
        worthWaitingFor: () => worthWaitingFor(input()),
        // Whatever stops it first is the answer.
        behind: async () => ({ paths: [], flows: [] }),
      },
    );
    return { paths, flows };
  },

  conclude: concludeReach,
  answer: ({ reachability: told = [] }) => told.map(reachLine),
  facts: reachFacts,

  claimFault: (report, intent) =>
    pathsFault(report, namesOfPath(intent)) ??
    probingFault(report, ['loss'], ({ purpose }, train) => isTrainFor(purpose, train, effort)),
};

function isSomethingDead(input: Parameters<typeof correlate>[0]): boolean {
  return correlate(input).measurements.some(({ entered, left }) => entered > 0 && left === 0);
}
