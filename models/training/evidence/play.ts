/**
 * Plays cases of the arena in the simulator and keeps what was asked, what was wrong and the report, so that evidence can be
 * written anew without playing again.
 *
 *     node models/training/evidence/play.ts OUT.jsonl.gz --seed 1 --cases 0..999 [--shapes chain,rings,wan] [--nodes 16]
 *         [--tiers standard,noisy,low-loss,missing]
 *
 * One gzipped line a case, written at once: a run that was cut goes on behind its last case. A case with more routers than
 * `--nodes` is left out, because it takes long.
 */
import { appendFileSync, existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { tiers as allTiers, drawCase } from '../../../src/arena/cases.ts';
import { playConfer } from '../../../src/arena/confer-method.ts';
import { shapeNames } from '../../../src/arena/shapes.ts';
import { ConferError } from '../../../src/core/errors.ts';
import { faultKindsOf } from '../../../src/core/fault-kinds.ts';
import { type PlayedReport, readPlayed, slimmed } from './played.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '0..99' },
    shapes: { type: 'string', default: 'chain,rings,wan' },
    nodes: { type: 'string', default: '16' },
    tiers: { type: 'string', default: allTiers.join() },
  },
});
const [out] = positionals;
if (out === undefined)
  throw new Error('Say where to write: node models/training/evidence/play.ts OUT.jsonl.gz');

const among = <T extends string>(all: readonly T[], wanted: string) => {
  const names = wanted.split(',');
  return all.filter((name) => names.includes(name));
};
const [shapes, tiers] = [among(shapeNames, values.shapes), among(allTiers, values.tiers)];
const kinds = faultKindsOf('modelled');
const seed = Number(values.seed);
const [first = 0, last = 0] = values.cases.split('..').map(Number);
const done = new Set(existsSync(out) ? await playedIn(out) : []);

for (let index = first; index <= last; index++) {
  if (done.has(index)) continue;
  const given = drawCase(seed, index, { world: 'modelled', kinds, tiers, shapes });
  if (given.topology.nodes.length > Number(values.nodes)) continue;
  const startedMs = process.cpuUsage().user / 1_000;
  const text = `${given.topology.intent}${index % 2 === 0 ? ', from 0.1 % on' : ''}`;
  const { answer } = await playConfer(given, text);
  const { shape, tier, drawn, missing, hops } = given;
  const truths = drawn.map(({ fault, truth }) => ({
    ...truth,
    ...(fault.lossPercent !== undefined && { lossPercent: fault.lossPercent }),
  }));
  const what = truths.map(({ kind }) => kind).join(' + ') || 'healthy';
  const cpuMs = Math.round(process.cpuUsage().user / 1_000 - startedMs);
  if (answer instanceof ConferError) {
    console.log(`${index} ${shape} ${tier} ${what}: ${answer.code}, ${cpuMs} ms`);
    continue;
  }
  const played: PlayedReport = { seed, index, shape, tier, hops, truths, missing, report: slimmed(answer) };
  appendFileSync(out, gzipSync(`${JSON.stringify(played)}\n`));
  console.log(
    `${index} ${shape} ${given.topology.nodes.length} ${tier} ${what}: ${answer.hypothesis}, ${cpuMs} ms`,
  );
}

async function playedIn(file: string): Promise<number[]> {
  const indices: number[] = [];
  for await (const played of readPlayed(file)) if (played.seed === seed) indices.push(played.index);
  return indices;
}
