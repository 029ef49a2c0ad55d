/**
 * The on-box language models in their cell, as an agent asks them: intents of sentences, causes behind the evidence of reports,
 * decoding beside what memory could deliver, memory and loading. CONFER_BENCH_MODEL names another folder than the shipped
 * models', which then does both.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type HypothesisCase, parseCases } from '../src/cli/model/hypotheses.ts';
import { createSystemClock } from '../src/system/clock.ts';
import { installation } from '../src/system/installation.ts';
import {
  hasModel,
  modelChoiceUsual,
  modelFolder,
  type OpenedModel,
  openModel,
  shippedModel,
  shippedRanker,
} from '../src/system/model-store.ts';
import { decodingRows } from './model-decoding.ts';
import { median } from './parties.ts';
import type { Row } from './table.ts';

const intentRounds = 400;
const evidenceRounds = 240;
const warmUps = 10;
const starts = 5;
const answerTimeoutMs = 60_000;

const sentences = [
  'Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2',
  'loss lon-core-1 -> ams-core-2, 500 probes',
  'can you check whether r7 still reaches r9 over r8 please',
  'bgp between edge-a and edge-b keeps flapping, why',
  'how big a packet fits from fra01 to muc02, we need 9000 bytes',
  'latency tokyo osaka via nagoya, dscp EF',
  'cpu and memory of spine-12',
  'reboot leaf-3',
];
/** Reports of networks that were simulated, with every cause that code lists. */
const casesFile = join(installation, 'models/training/evidence/held-out-cases.jsonl');

export async function benchModel(): Promise<Row[]> {
  const folder = process.env.CONFER_BENCH_MODEL;
  const name = folder ?? shippedModel;
  if (!hasModel(name))
    return [{ what: `no weights in ${modelFolder(name)}: nothing to measure`, figure: '' }];
  const names = [...new Set([name, folder ?? shippedRanker])].filter(hasModel);
  const { cases } = parseCases(readFileSync(casesFile, 'utf8'));
  const opened = open(name);
  const asked = [...(await intentRows(opened)), ...(await evidenceRows(opened, cases))];
  const residentMib = opened.cell?.residentMib ?? Number.NaN;
  await opened.close();
  const loading = await loadingRows(names);
  const rows: Row[] = [
    ...asked,
    {
      what: `memory of the cell after all this, ${names.map((one) => basename(one)).join(' and ')} in it`,
      figure: `${residentMib.toFixed(0)} MiB`,
      target: '<= 220 MB',
    },
    ...loading,
  ];
  for (const one of names) rows.push(...(await decodingRows(modelFolder(one), basename(one))));
  return rows;
}

async function intentRows(opened: OpenedModel): Promise<Row[]> {
  const { cell, onBox } = opened;
  const timed = await timings(opened, intentRounds, async (round) => {
    const signal = AbortSignal.timeout(answerTimeoutMs);
    const { model, why } = (await onBox?.read(sentences[round % sentences.length] ?? '', { signal })) ?? {};
    if (model === undefined) throw new Error(`The model did not read it: ${why}.`);
  });
  return cell === undefined ? [] : rowsOf('intent', timed, '<= 30 ms');
}

async function evidenceRows(opened: OpenedModel, cases: readonly HypothesisCase[]): Promise<Row[]> {
  const { rank } = opened.model;
  if (rank === undefined) return [{ what: 'evidence: no model that ranks causes', figure: '' }];
  const timed = await timings(opened, evidenceRounds, async (round) => {
    const one = cases[round % cases.length];
    if (one === undefined) throw new Error(`${casesFile} holds no case.`);
    const { prompt, causes } = one;
    const opinion = await rank({ prompt, causes }, { signal: AbortSignal.timeout(answerTimeoutMs) });
    if ('why' in opinion) throw new Error(`The model did not rank: ${opinion.why}.`);
  });
  const counts = cases.map(({ causes }) => causes.length);
  const most = `${Math.min(...counts)} to ${Math.max(...counts)}`;
  return rowsOf(`evidence of ${cases.length} held-out reports, ${most} causes`, timed, '<= 100 ms');
}

interface Timings {
  /** Sorted. */
  wallMs: number[];
  /** Of the cell, per question; not a number where the system does not tell. */
  processorMs: number;
}

async function timings(
  { cell }: OpenedModel,
  rounds: number,
  action: (round: number) => Promise<void>,
): Promise<Timings> {
  for (let round = 0; round < warmUps; round++) await action(round);
  const before = processorTimeMs(cell?.processId);
  const wallMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    await action(round);
    wallMs.push(performance.now() - began);
  }
  const after = processorTimeMs(cell?.processId);
  return { wallMs: wallMs.sort((a, b) => a - b), processorMs: (after - before) / rounds };
}

function rowsOf(what: string, { wallMs, processorMs }: Timings, target: string): Row[] {
  return [
    { what: `${what}, p50`, figure: ms(quantile(wallMs, 0.5)), target },
    { what: `${what}, p99`, figure: ms(quantile(wallMs, 0.99)) },
    { what: `${what}, processor time of the cell`, figure: ms(processorMs) },
  ];
}

/** From nothing: the process, and a model in it; then the time that the model alone says that its loading took. */
async function loadingRows(names: readonly string[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of names) {
    const [whole, alone]: [number[], number[]] = [[], []];
    for (let round = 0; round < starts; round++) {
      const opened = open(name);
      const began = performance.now();
      const info = await opened.reader?.start();
      whole.push(performance.now() - began);
      alone.push(info?.loadMs ?? Number.NaN);
      await opened.close();
    }
    rows.push(
      { what: `loading ${basename(name)}`, figure: ms(median(alone)) },
      { what: `start of the cell until ${basename(name)} can be asked`, figure: ms(median(whole)) },
    );
  }
  return rows;
}

/** With as much memory and time as it takes. */
function open(name: string): OpenedModel {
  const warn = (message: string, fields: object = {}) => console.error(message, fields);
  return openModel(
    { ...modelChoiceUsual, name, memoryMaxMib: 8_192, answerTimeoutMs },
    { clock: createSystemClock(), log: { info() {}, warn } },
  );
}

const ticksPerSecond = 100; // USER_HZ, which Linux tells everybody on every machine

/** Of a process and all its threads, so far; not a number where the system does not tell. */
function processorTimeMs(pid: number | undefined): number {
  try {
    const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\)/s, '')
      .split(' ')
      .slice(12, 14);
    return ((Number(user) + Number(system)) * 1_000) / ticksPerSecond;
  } catch {
    return Number.NaN;
  }
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
