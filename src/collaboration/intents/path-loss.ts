/** path-loss: are packets lost on a path, in which direction, where, and why? Probes are counted at every hop. */
import { z } from 'zod';
import { limits } from '../../core/limits.ts';
import type { Flow, Path, PathLossIntent } from '../../core/records.ts';
import { capabilities } from '../../core/tools.ts';
import { pathsBehind } from '../behind.ts';
import { ProbeCaps } from '../caps.ts';
import { correlate } from '../correlation.ts';
import { effortOf } from '../effort.ts';
import { followUps } from '../follow-ups.ts';
import { factsOf } from '../hypothesis.ts';
import { lookUps } from '../look-ups.ts';
import { addressesBy, measure } from '../measure.ts';
import {
  isFaultSure,
  isLinkUnseen,
  openPlaces,
  sectionsIn,
  unexplainedSections,
  worstPlace,
  worthWaitingFor,
} from '../open-questions.ts';
import { surveyPaths } from '../paths.ts';
import { planFlows } from '../plan.ts';
import { parallelPaths } from '../sections.ts';
import type { Session } from '../session.ts';
import { type CorrelationInput, stateOf } from '../weighing.ts';
import type { IntentKind } from './kind.ts';
import { namesOfPath, pathFields, spelledPath, wayOf } from './path-fields.ts';
import { pathLossClaimFault } from './path-loss-claims.ts';
import { tooLargeFor } from './probe-size.ts';
import { toleranceFact, toleranceLine, toleranceOf } from './tolerance.ts';

export const pathLoss: IntentKind<PathLossIntent> = {
  schema: z.strictObject({
    kind: z.literal('path-loss'),
    ...pathFields,
    lossMinPercent: z.number().min(0.01).max(50).multipleOf(0.01).exactOptional(),
    lossMaxPercent: z.number().min(0.01).max(100).multipleOf(0.01).exactOptional(),
    dscp: z.int().min(0).max(63).exactOptional(),
    sizeBytes: z.int().min(limits.probeSizeBytesMin).max(limits.probeSizeBytesMax).exactOptional(),
    count: z.int().min(1).max(limits.probeCountMax).exactOptional(),
    totalMax: z.int().min(1).exactOptional(),
    perSecondMax: z.int().min(1).exactOptional(),
    firstFaultOnly: z.boolean().exactOptional(),
  }),

  subject: 'path',

  wording: (intent) => {
    const { lossMinPercent, lossMaxPercent, dscp, sizeBytes, count, totalMax, perSecondMax, firstFaultOnly } =
      intent;
    const wishes = [
      lossMinPercent !== undefined && `from ${lossMinPercent} % on`,
      lossMaxPercent !== undefined && `${lossMaxPercent} % accepted`,
      dscp !== undefined && `DSCP ${dscp}`,
      sizeBytes !== undefined && `probes of ${sizeBytes} octets`,
      firstFaultOnly && 'the first fault',
      count !== undefined && `at most ${count} probes a path`,
      totalMax !== undefined && `at most ${totalMax} probes in total`,
      perSecondMax !== undefined && `at most ${perSecondMax} probes a second`,
    ].filter((wish) => wish !== false && wish !== undefined);
    return [`packet loss ${wayOf(intent)}`, ...wishes].join(', ');
  },

  names: namesOfPath,

  spelled: spelledPath,

  async measure(intent, { session, directory, clock, random, signal, observe }) {
    const names = pathLoss.names(intent);
    const { paths, pathsFrom } = await surveyPaths(names, session, directory, observe);
    const plan = (fresh: readonly Path[], known: readonly Flow[]) =>
      planFlows(fresh, session.readings(), random, { known, sizeBytes: intent.sizeBytes });
    let planned = { paths, flows: plan(paths, []) };
    const input = inputOf(intent, () => planned, session);
    const behind = async () => {
      const { paths, untrusted } = input();
      const { stops } = stateOf(input());
      const sends = (node: string) => session.offers(node, capabilities.srv6Ping);
      const known = { paths, untrusted, sections: sectionsIn(input()), stops, sends };
      const found = await pathsBehind(names, known, pathsFrom);
      // Each takes small and large probes at least.
      const isRoom = planned.flows.length + 2 * found.length <= limits.reportFlowsMax;
      const fresh = isRoom ? found : [];
      const flows = plan(fresh, planned.flows);
      planned = { paths: [...planned.paths, ...fresh], flows: [...planned.flows, ...flows] };
      return { paths: fresh, flows };
    };
    const addressOf = addressesBy(session, directory);
    await measure(
      {
        session,
        ...planned,
        effort: effortOf(intent, paths.length, paths.some(parallelPaths(paths))),
        caps: new ProbeCaps(intent),
        clock,
        signal,
        observe,
        ...(intent.dscp !== undefined && { dscp: intent.dscp }),
        addressOf,
      },
      {
        openPlaces: () => openPlaces(input()),
        worstPlace: () => worstPlace(input()),
        isFaultSure: () => isFaultSure(input()),
        isLinkUnseen: () => isLinkUnseen(input()),
        followUps: () => [...followUps(unexplainedSections(input()), input()), ...lookUps(input())],
        worthWaitingFor: () => worthWaitingFor(input()),
        behind,
      },
    );
    return planned;
  },

  conclude: (measured) => {
    const conclusion = correlate(measured);
    const tolerance = toleranceOf(measured);
    const tooLarge = conclusion.verdict === 'INCONCLUSIVE' ? tooLargeFor(measured) : undefined;
    return {
      ...conclusion,
      ...(tooLarge !== undefined && { recommendation: tooLarge }),
      ...(tolerance !== undefined && { tolerance }),
    };
  },
  answer: ({ tolerance = [] }) => tolerance.map(toleranceLine),
  facts: (conclusion, measured) => {
    const tolerated = toleranceFact(conclusion, measured.intent);
    return { ...factsOf(conclusion, measured), ...(tolerated !== undefined && { tolerated }) };
  },
  claimFault: pathLossClaimFault,
};

/** What step 4 judges: the same until something new is known, so that it is weighed once. */
function inputOf(
  intent: PathLossIntent,
  planned: () => Pick<CorrelationInput, 'paths' | 'flows'>,
  session: Session,
): () => CorrelationInput {
  let last: CorrelationInput | undefined;
  return () => {
    const { paths, flows } = planned();
    const [readings, untrusted] = [session.readings(), session.away()];
    const isSame = last?.paths === paths && last.readings === readings;
    if (!isSame || JSON.stringify(last?.untrusted) !== JSON.stringify(untrusted))
      last = { intent, paths, flows, readings, untrusted };
    return last as CorrelationInput;
  };
}
