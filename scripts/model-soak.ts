/**
 * node scripts/model-soak.ts [--intents N] [--minutes M] [--model NAME]
 *
 * Asks the models of an agent, as an agent does, for many intents over a long time, and behind every tenth to rank the causes of
 * a report; watches the memory of their cell. Prints what was counted; exits 1 when something is not answered by a model,
 * when the same question is answered differently, when the cell's process ended in between, or when its resident memory
 * (the median of a quarter of the questions, the first tenth left out) is a tenth larger in the last quarter than in the first.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CausesQuestion, ModelExchange } from '../models/language-model.ts';
import { parseCases } from '../src/cli/model/hypotheses.ts';
import { createSystemClock } from '../src/system/clock.ts';
import { installation } from '../src/system/installation.ts';
import { modelChoiceUsual, openModel, shippedModel } from '../src/system/model-store.ts';
import { atLeastOne, atLeastZero, scriptCommand } from './script-command.ts';

const { intents, minutes, model } = scriptCommand('model-soak')
  .option('--intents <n>', 'how many', atLeastOne, 2_000)
  .option('--minutes <m>', 'over how long', atLeastZero, 20)
  .option('--model <name>', 'a folder below models/weights, or a folder in full', shippedModel)
  .allowExcessArguments(false)
  .parse()
  .opts<{ intents: number; minutes: number; model: string }>();

const pauseMs = (minutes * 60_000) / intents;
const rankedEvery = 10;
/** Growth that is no leak: caches of the runtime fill in the first tenth. */
const growthMax = 0.1;
/** Nobody waits for these: what is late because others use the processor is no fault. */
const answerTimeoutMs = 60_000;
const casesFile = join(installation, 'models/training/evidence/held-out-cases.jsonl');

const topics = ['packet loss', 'latency', 'mtu', 'reachability', 'drops', 'bgp session'];
const shapes = [
  (topic: string, a: string, b: string, c: string) => `verify ${topic} from ${a} to ${b} via ${c}`,
  (topic: string, a: string, b: string) => `${topic} ${a} -> ${b}?`,
  (topic: string, a: string, b: string, c: string) =>
    `could you please have a look at the ${topic} between ${a} and ${b}, it goes over ${c} i think, 500 packets`,
  (topic: string, a: string) => `reboot ${a} and then tell me about ${topic}`,
];

/** Texts repeat after a while, with other questions in between. */
function textOf(index: number): string {
  const name = (offset: number) => `r${(index * 7 + offset) % 97}-pe${(index + offset) % 13}`;
  const topic = topics[index % topics.length] ?? '';
  const shape = shapes[index % shapes.length];
  return shape?.(topic, name(0), name(1), name(2)) ?? topic;
}

class Asked {
  readonly times: number[] = [];
  readonly #answers = new Map<string, string>();

  get different(): number {
    return this.#answers.size;
  }

  async ask(question: string, answer: () => Promise<string>): Promise<void> {
    const began = performance.now();
    const said = await answer();
    this.times.push(performance.now() - began);
    const before = this.#answers.get(question);
    if (before !== undefined && before !== said)
      failures.push(`"${question}" was answered ${before}, and now ${said}`);
    this.#answers.set(question, said);
  }

  get p50Ms(): string {
    return `p50 ${[...this.times].sort((a, b) => a - b)[this.times.length >> 1]?.toFixed(1)} ms`;
  }
}

const failures: string[] = [];
const opened = openModel(
  { ...modelChoiceUsual, name: model, memoryMaxMib: 4_096, answerTimeoutMs },
  {
    clock: createSystemClock(),
    log: {
      info() {},
      warn: (message, fields) => void failures.push(`${message}: ${JSON.stringify(fields)}`),
    },
  },
);
const { cell, reader } = opened;
if (cell === undefined || reader === undefined)
  throw new Error(`There is no model ${model}: nothing to ask.`);
await reader.start();
const { cases } = parseCases(readFileSync(casesFile, 'utf8'));
const [read, ranked] = [new Asked(), new Asked()];
const sizesMib: number[] = [];
const processes = new Set([cell.processId]);

/** As an agent asks for one intent: a reasoner of its own, and who answered. */
async function intent(text: string): Promise<string> {
  const exchanges: ModelExchange[] = [];
  const reasoner = opened.model.open?.({ names: [], observe: (one) => void exchanges.push(one) });
  const signal = AbortSignal.timeout(2 * answerTimeoutMs);
  const answer = await reasoner?.complete(text, { signal });
  const [exchange] = exchanges;
  if (exchange?.completion === undefined)
    failures.push(`"${text}" was not read by the model: ${exchange?.why}`);
  return `${answer} ${exchange?.completion}`;
}

async function causes(question: CausesQuestion): Promise<string> {
  const signal = AbortSignal.timeout(2 * answerTimeoutMs);
  const opinion = await opened.model.rank?.(question, { signal });
  if (opinion === undefined || 'why' in opinion)
    failures.push(`causes were not ranked by a model: ${opinion?.why ?? 'there is none'}`);
  return JSON.stringify(opinion);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function print(when: string): void {
  const own = process.memoryUsage.rss() / 2 ** 20;
  console.log(
    `${when}: cell ${cell?.processId} ${cell?.residentMib?.toFixed(1)} MiB; this process ${own.toFixed(1)} MiB`,
  );
}

print('start');
for (let index = 0; index < intents; index++) {
  const began = performance.now();
  const text = textOf(index % Math.ceil(intents / 4));
  await read.ask(text, () => intent(text));
  const one = cases[Math.floor(index / rankedEvery) % Math.ceil(cases.length / 4)];
  if (one !== undefined && index % rankedEvery === 0) await ranked.ask(one.prompt.own, () => causes(one));
  sizesMib.push(cell.residentMib ?? Number.NaN);
  processes.add(cell.processId);
  for (const quarter of [1, 2, 3])
    if (index + 1 === Math.ceil((intents * quarter) / 4)) print(`${index + 1} intents`);
  await sleep(Math.max(0, pauseMs - (performance.now() - began)));
}
print('end');
const { name } = opened.model;
await opened.close();
if (processes.size > 1) failures.push(`the cell was process ${[...processes].join(', then ')}`);
const settled = sizesMib.slice(Math.ceil(intents / 10));
const quarter = Math.ceil(settled.length / 4);
// One sample may lie just before or behind a collection.
const [first, last] = [median(settled.slice(0, quarter)), median(settled.slice(-quarter))];
if (!(last <= first * (1 + growthMax))) failures.push(`the cell grew from ${first} to ${last} MiB`);
console.log(
  `${name}: ${intents} intents of ${read.different} texts, ${read.p50Ms}; ${ranked.times.length} rankings of ${ranked.different} reports, ${ranked.p50Ms}; ` +
    `cell ${first.toFixed(1)} MiB in the first quarter, ${last.toFixed(1)} MiB in the last, ${Math.max(...settled).toFixed(1)} MiB at most; ` +
    `${failures.length} failures`,
);
for (const failure of failures.slice(0, 20)) console.log(`FAILED ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);
