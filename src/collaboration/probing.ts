/**
 * Step 3, the probes: portion after portion over the paths, until what they show decides. How large a portion is, and when
 * a path has had enough, stands in effort.ts.
 */
import { counted } from '../core/counted.ts';
import type { Path } from '../core/records.ts';
import { clean } from './belief.ts';
import type { Pace } from './effort.ts';
import { fanOut } from './fanout.ts';
import type { Counters, Judgement, Measuring } from './measure.ts';
import type { OpenPlace } from './open-questions.ts';
import { warmUpCount, warmUpIntervalMs, wavesOf } from './plan.ts';
import { questionFor } from './probe-questions.ts';
import { Probes } from './probes.ts';

/** From here on the other paths wait for this one, where a single fault is enough. */
const suspiciousFrom = 0.1;
/** Whoever loses replies all the time would else have everybody's counters read after each portion. */
const readInVainMax = 4;
/** Of a cap on all probes, what those that warm up may use. */
const warmUpShare = 0.1;

/** Without counting: resolves every neighbour on the way, in both directions. */
export async function warmUp(work: Measuring): Promise<void> {
  const trains = work.paths.map((path) => ({ path, count: warmUpCount, intervalMs: warmUpIntervalMs }));
  const questions = work.caps.granted(trains, warmUpShare).flatMap(({ path, ...train }) => {
    const size = work.flows.find((flow) => flow.path === path.id)?.sizeBytes;
    return questionFor(work, path, { ...train, ...(size !== undefined && { size }) }) ?? [];
  });
  await fanOut(work.session, questions);
}

export async function probeUntilDecided(
  work: Measuring,
  judgement: Judgement,
  counters: Counters,
): Promise<void> {
  const [first = [], ...reserve] = wavesOf(work.flows);
  const probes = new Probes(work, counters, first);
  if (work.effort.firstFaultOnly) {
    await findFirst(work, judgement, probes);
    if (judgement.isFaultSure()) return;
  }
  await probes.send({ loss: probes.belowEnough(), size: work.paths });
  for (const wave of reserve) {
    if (!judgement.isLinkUnseen()) break;
    tell(work, 'a parallel link carried no probe yet, other flows follow');
    await probes.sendWave(wave);
  }
  for (;;) {
    const places = judgement.openPlaces();
    // A slow train ends before the path has had enough: its counters would not wait.
    const loss = new Set([...probes.belowEnough(), ...probes.extensible(places, 'loss')]);
    const next = { loss: [...loss], size: probes.extensible(places, 'size') };
    if (next.loss.length === 0 && next.size.length === 0) break;
    tell(work, `not decided yet, more probes follow; ${beliefOf(places)}`);
    await probes.send(next);
  }
  const worst = judgement.worstPlace();
  if (worst !== undefined) tell(work, `${beliefOf([worst])}; no more probes follow`);
}

/**
 * Small portions, and once a place is suspicious only over its paths, until it is sure. As long as all comes back, nobody is
 * asked what it counted: on long paths the report has no room for so many answers.
 */
async function findFirst(work: Measuring, judgement: Judgement, probes: Probes): Promise<void> {
  let next: Path[] = [...work.paths];
  let pace: Pace = 'quiet';
  let readInVain = 0;
  while (next.length > 0) {
    const isRead = await probes.sendFew(next, pace);
    if (!isRead) {
      tell(work, 'everything came back; more probes follow');
      if (pace !== 'suspicious') next = probes.belowEnough();
      continue;
    }
    if (judgement.isFaultSure()) return;
    const places = judgement.openPlaces();
    const suspicious = places.filter(({ probability }) => probability > suspiciousFrom);
    if (suspicious.length === 0) readInVain += 1;
    pace = suspicious.length > 0 ? 'suspicious' : readInVain > readInVainMax ? 'costly' : 'quiet';
    const worst = probes.extensible(suspicious, 'loss');
    next = worst.length > 0 ? worst : probes.belowEnough();
    tell(work, `${beliefOf(places)}; more probes over ${counted(next.length, 'path')}`);
  }
}

function beliefOf([most]: readonly OpenPlace[]): string {
  if (most === undefined || most.probability <= clean) return 'nothing is suspicious';
  const { from, to, entered, left, probability } = most;
  return `${Math.floor(100 * probability)} % sure that packets are lost between ${from} and ${to} (${entered - left} of ${entered})`;
}

function tell(work: Measuring, text: string): void {
  work.observe({ step: 'calls', text, fraction: 0.5 });
}
