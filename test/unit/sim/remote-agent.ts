/** Stands for an agent in a process of its own: does what its parent asks with the router behind the IPC channel. */
import { connectDevice } from '../../../src/sim/remote-device.ts';
import { label } from './world.ts';

const device = await connectDevice(process);
device.frames.onFrame((interfaceName, frame) => report('frame', { interfaceName, frame: [...frame] }));

function report(what: string, value: unknown): void {
  process.send?.({ what, value });
}

/** A value or what was thrown. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: { code?: string; message: string }) => ({
    code: error.code,
    message: error.message,
  }));
}

const tasks: Record<string, () => Promise<unknown>> = {
  facts: () => device.driver.facts(),
  interfaces: async () => device.frames.interfaces(),
  reach: () => device.reach('fc00:2::1', 9_514),
  unknown: () => device.driver.read('/nothing', new AbortController().signal),
  async frame() {
    device.frames.send('pe1-p2', Uint8Array.of(1, 2, 3));
  },
  async count() {
    await using _counting = await device.driver.apply(counting);
    const progress: number[] = [];
    const result = await device.driver.run(probe(20), {
      signal: new AbortController().signal,
      onProgress: ({ fraction }) => progress.push(fraction),
    });
    const data = await device.driver.read('/confer-device:counting=c1', new AbortController().signal);
    return { result, progress, data };
  },
  countedAfterUndo: () => device.driver.read('/confer-device:counting=c1', new AbortController().signal),
  leaveCounting: () => device.driver.apply(counting).then(() => 'left'),
  async abort() {
    const controller = new AbortController();
    const running = device.driver.run(probe(100_000), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 100);
    return running;
  },
  badArguments: () => device.driver.run({ ...probe(1), count: -1 }, { signal: new AbortController().signal }),
};

const counting = { kind: 'count', id: 'c1', flowLabels: [label], capturePacketsMax: 2 } as const;

function probe(count: number) {
  return {
    kind: 'srv6-ping',
    destination: 'fc00:3::1',
    segments: ['fc00:2::e', 'fc00:3::d'],
    count,
    intervalMs: 5,
    sizeBytes: 200,
    flowLabels: [label],
    dscp: 0,
  } as const;
}

process.on('message', async (message: { task?: string }) => {
  const task = message.task === undefined ? undefined : tasks[message.task];
  if (task !== undefined) report(message.task ?? '', await outcome(task()));
});
report('ready', process.pid);
