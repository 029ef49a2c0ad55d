/**
 * The cell itself: runs in a process of its own, without network, files beyond the model's, or children, and answers what
 * comes over the channel, one thing at a time. Started by model-cell.ts, and by nobody else.
 *
 *     node --permission --allow-addons --allow-fs-read=APP --allow-fs-read=MODEL model-cell-child.ts MODEL [GRAPH]
 */
import { Decoder } from '../../models/onnx/decoder.ts';
import { ModelError } from '../../models/onnx/errors.ts';
import { type FromCell, type ToCell, toCellSchema } from './model-cell-messages.ts';
import { openModelFiles } from './model-files.ts';
import { ModelTasks } from './model-tasks.ts';

const [folder = '', graph] = process.argv.slice(2);

function say(message: FromCell): void {
  process.send?.(message);
}

/** Whoever started it is gone: nobody is left to answer to. */
process.once('disconnect', () => process.exit(0));

const tasks = await load();
if (tasks !== undefined) {
  const running = new Map<number, AbortController>();
  let last: Promise<unknown> = Promise.resolve();
  process.on('message', (raw) => {
    const message: ToCell = toCellSchema.parse(raw);
    if (message.say === 'ping') say({ say: 'pong' });
    else if (message.say === 'cancel') running.get(message.id)?.abort(new Error('Nobody waits any more.'));
    else {
      const controller = new AbortController();
      running.set(message.id, controller);
      last = last.then(async () => {
        say(await answered(tasks, message, controller.signal));
        running.delete(message.id);
      });
    }
  });
  say({ say: 'ready', info: tasks.info });
}

async function load(): Promise<ModelTasks | undefined> {
  const began = performance.now();
  try {
    const decoder = await Decoder.load(openModelFiles(folder), graph === undefined ? {} : { graph });
    return new ModelTasks(decoder, performance.now() - began);
  } catch (error) {
    const code = error instanceof ModelError ? error.code : 'unfit';
    const message = error instanceof Error ? error.message : String(error);
    say({ say: 'refused', code, message: message.slice(0, 4_000) });
    process.disconnect?.(); // what was said is sent before
    return undefined;
  }
}

async function answered(
  tasks: ModelTasks,
  { id, task, tokensMax }: ToCell & { say: 'ask' },
  signal: AbortSignal,
): Promise<FromCell> {
  const began = performance.now();
  try {
    signal.throwIfAborted();
    const { answer, promptTokens, steps } = await tasks.run(task, { tokensMax, signal });
    return { say: 'answer', id, answer, cost: { promptTokens, steps, ms: performance.now() - began } };
  } catch (error) {
    return {
      say: 'failed',
      id,
      message: (error instanceof Error ? error.message : String(error)).slice(0, 4_000),
    };
  }
}
