/**
 * Asks the on-box model in its cell for many intents over a long time, and watches its memory.
 *
 *     node scripts/model-soak.ts [--intents 2000] [--minutes 20] [--model NAME]
 *
 * Fails when an intent is not answered, when the same text is read differently, or when the cell's resident memory after
 * the first tenth grows by more than a tenth.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { tagText } from '../models/intent/tagging.ts';
import { ModelCell, modelCellUsual } from '../src/system/model-cell.ts';
import { modelFolder, shippedModel } from '../src/system/model-store.ts';
import { cellTagged } from '../src/system/on-box-model.ts';

const { values } = parseArgs({
  options: {
    intents: { type: 'string', default: '2000' },
    minutes: { type: 'string', default: '20' },
    model: { type: 'string', default: shippedModel },
  },
});
const count = Number(values.intents);
const pauseMs = (Number(values.minutes) * 60_000) / count;
/** Growth that is no leak: caches of the runtime fill in the first tenth. */
const growthMax = 0.1;

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

const cell = new ModelCell(
  { ...modelCellUsual, folder: modelFolder(values.model), memoryMaxMib: 4_096 },
  { info() {}, warn: (message, fields) => console.error(message, fields) },
);
await cell.start();
const answers = new Map<string, string>();
const sizes: number[] = [];
const times: number[] = [];
for (let index = 0; index < count; index++) {
  const text = textOf(index % Math.ceil(count / 4));
  const began = performance.now();
  const { answer } = await cell.ask(
    { task: 'intent', tagged: cellTagged(tagText(text)) },
    { tokensMax: 64, signal: AbortSignal.timeout(60_000) },
  );
  times.push(performance.now() - began);
  const said = JSON.stringify(answer);
  if ((answers.get(text) ?? said) !== said) throw new Error(`"${text}" is read differently: ${said}`);
  answers.set(text, said);
  sizes.push(cell.residentMib ?? Number.NaN);
  if ((index + 1) % Math.ceil(count / 20) === 0)
    console.log(`${index + 1} intents, ${sizes.at(-1)?.toFixed(1)} MiB`);
  await sleep(Math.max(0, pauseMs - (performance.now() - began)));
}
await cell.close();
times.sort((a, b) => a - b);
const settled = sizes.slice(Math.ceil(count / 10));
const [first = Number.NaN, largest] = [settled[0], Math.max(...settled)];
console.log(
  `${count} intents, ${answers.size} texts, p50 ${times[count >> 1]?.toFixed(1)} ms; ${first.toFixed(1)} MiB after a tenth, ${largest.toFixed(1)} MiB at most`,
);
if (!(largest <= first * (1 + growthMax))) throw new Error(`The cell grew from ${first} to ${largest} MiB.`);
