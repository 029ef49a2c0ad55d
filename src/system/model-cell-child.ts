/**
 * The cell itself: runs in a process of its own, without network, files beyond the models', or children, and answers what
 * comes over the channel, one thing at a time. Started by model-cell.ts, and by nobody else.
 *
 *     node --permission --allow-addons --allow-fs-read=APP --allow-fs-read=MODEL ... model-cell-child.ts
 */
import { z } from 'zod';
import { Decoder } from '../../models/onnx/decoder.ts';
import { ModelError } from '../../models/onnx/errors.ts';
import { mistakesOf } from '../core/expectation.ts';
import { type FromCell, shownCharactersMax, type ToCell, toCellSchema } from './model-cell-messages.ts';
import { openModelFiles } from './model-files.ts';
import { ModelTasks } from './model-tasks.ts';

/** By name; those that were refused are not among them. */
const models = new Map<string, ModelTasks>();
const running = new Map<number, AbortController>();
let last: Promise<unknown> = Promise.resolve();

/** Whoever started it is gone: nobody is left to answer to. */
process.once('disconnect', () => process.exit(0));

process.on('message', (raw) => {
  const parsed = toCellSchema.safeParse(raw);
  if (parsed.success) take(parsed.data);
  else misfit(raw, mistakesOf(parsed.error, raw, 'the message'));
});

function take(message: ToCell): void {
  switch (message.say) {
    case 'ping':
      say({ say: 'pong' });
      break;
    case 'cancel':
      running.get(message.id)?.abort(new Error('Nobody waits any more.'));
      break;
    case 'load':
      last = last.then(async () => say(await loaded(message)));
      break;
    case 'ask': {
      const controller = new AbortController();
      running.set(message.id, controller);
      last = last.then(async () => {
        say(await answered(message, controller.signal));
        running.delete(message.id);
      });
    }
  }
}

const toBeAnsweredSchema = z.object({ say: z.literal('ask'), id: z.number() });
let isNoted = false;

/** What does not fit is one question's trouble: the others go on. Whatever cannot be answered is noted once. */
function misfit(raw: unknown, mistakes: string): void {
  const { data } = toBeAnsweredSchema.safeParse(raw);
  if (data !== undefined)
    say({ say: 'failed', id: data.id, message: `the question does not fit: ${mistakes}`.slice(0, 400) });
  else if (!isNoted) {
    isNoted = true;
    process.stderr.write(`A message that does not fit is ignored: ${mistakes}`.slice(0, 400).concat('\n'));
  }
}

function say(message: FromCell): void {
  process.send?.(message);
}

async function loaded({ model, folder, graph, isShipped }: ToCell & { say: 'load' }): Promise<FromCell> {
  const began = performance.now();
  try {
    const decoder = await Decoder.load(openModelFiles(folder), {
      isShipped,
      ...(graph !== undefined && { graph }),
    });
    const tasks = new ModelTasks(decoder, performance.now() - began);
    models.set(model, tasks);
    return { say: 'loaded', model, info: tasks.info };
  } catch (error) {
    const code = error instanceof ModelError ? error.code : 'unfit';
    return { say: 'refused', model, code, message: wordsOf(error) };
  }
}

async function answered(
  { id, model, task, tokensMax }: ToCell & { say: 'ask' },
  signal: AbortSignal,
): Promise<FromCell> {
  const began = performance.now();
  try {
    signal.throwIfAborted();
    const tasks = models.get(model);
    if (tasks === undefined) throw new Error(`${model} is not loaded.`);
    const show = (prompt: string) => say({ say: 'shown', id, prompt: prompt.slice(0, shownCharactersMax) });
    const { answer, promptTokens, steps } = await tasks.run(task, { tokensMax, signal, show });
    return { say: 'answer', id, answer, cost: { promptTokens, steps, ms: performance.now() - began } };
  } catch (error) {
    return { say: 'failed', id, message: wordsOf(error) };
  }
}

function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 4_000);
}
