/** The cell of the language model: nothing gets out of it, and whatever happens to it, who asks is told. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CellModel,
  type CellModelSettings,
  ModelCell,
  modelCellUsual,
} from '../../../src/system/model-cell.ts';
import type { CellTask, FromCell, ToCell } from '../../../src/system/model-cell-messages.ts';
import { writeManifest } from '../../../src/system/model-files.ts';
import {
  cellCommand,
  type Enclosure,
  enclosures,
  isPossible,
  ModelProcess,
} from '../../../src/system/model-process.ts';
import { isShipped, modelFolder, shippedModel, shippedRanker } from '../../../src/system/model-store.ts';
import { root } from '../../support/source.ts';

const folder = join(root, 'test', 'vectors', 'decoders', 'grouped');
const plainFolder = join(root, 'test', 'vectors', 'decoders', 'plain');
const question: CellTask = { task: 'score', prompt: ['which of', ' these'], candidates: ['one', 'two'] };
const isRoot = process.getuid?.() === 0;

/** With one model, or two where `second` is a folder. */
function cellOf({
  folder: first = folder,
  second,
  models = undefined as readonly CellModelSettings[] | undefined,
  ...settings
}: Partial<typeof modelCellUsual> & {
  folder?: string;
  second?: string;
  models?: readonly CellModelSettings[];
} = {}) {
  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  const usual = [
    { name: 'one', folder: first },
    ...(second === undefined ? [] : [{ name: 'other', folder: second }]),
  ];
  const cell = new ModelCell(
    { ...modelCellUsual, heartbeatMs: 50, restartMs: 50, models: models ?? usual, ...settings },
    { info: note, warn: note },
  );
  const one = cell.model((models ?? usual)[0]?.name ?? '');
  const ask = (signal = AbortSignal.timeout(20_000), model = one) =>
    model.ask(question, { tokensMax: 8, signal });
  return { cell, one, lines, ask, [Symbol.asyncDispose]: () => cell.close() };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let waits = 0; waits < 2_000 && !isSo(); waits++) await sleep(10);
}

function isLoaded({ info }: CellModel): boolean {
  return info !== undefined;
}

/** A copy with a manifest, of which one byte is not what it says. */
function flipped(): { copy: string } & Disposable {
  const copy = mkdtempSync(join(tmpdir(), 'confer-model-'));
  cpSync(folder, copy, { recursive: true });
  writeManifest(copy, {});
  const path = join(copy, 'onnx', 'model_quantized.onnx');
  const bytes = readFileSync(path);
  bytes[9_999] = (bytes[9_999] ?? 0) ^ 4;
  writeFileSync(path, bytes);
  return { copy, [Symbol.dispose]: () => rmSync(copy, { recursive: true }) };
}

/** Reads `/proc/PID/ns/net` by what it names. */
async function namespaceOf(pid: number | undefined): Promise<string> {
  const { readlinkSync } = await import('node:fs');
  return readlinkSync(`/proc/${pid}/ns/net`);
}

describe('the cell of the language model', () => {
  for (const enclosure of (Object.keys(enclosures) as Enclosure[]).filter(isPossible))
    it(`[T36] lets nothing out: ${enclosure}`, async () => {
      const directory = mkdtempSync(join(tmpdir(), 'confer-cell-'));
      let heard = 0;
      const count = () => void heard++;
      const tcp = createServer(count).listen(0, '::');
      const socketPath = join(directory, 'socket');
      const unix = createServer(count).listen(socketPath);
      const udp = createSocket('udp4', count).bind(0, '127.0.0.1');
      await Promise.all([once(tcp, 'listening'), once(unix, 'listening'), once(udp, 'listening')]);
      try {
        const secret = join(directory, 'secret');
        writeFileSync(secret, 'secret');
        const out = join(directory, 'out');
        const tcpPort = (tcp.address() as { port: number }).port;
        const [command, ...args] = cellCommand(
          join(root, 'test', 'support', 'cell-probe.ts'),
          [folder],
          enclosure,
        );
        const child = spawn(
          command,
          [...args, `${tcpPort}`, `${udp.address().port}`, socketPath, secret, out],
          {
            stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
            env: {},
          },
        );
        const [{ outcomes, environment }] = (await once(child, 'message')) as [
          { outcomes: Record<string, string>; environment: string[] },
        ];
        child.kill();
        // A WebSocket says no more than that it failed.
        const { 'a WebSocket': webSocket, ...others } = outcomes;
        assert.notEqual(webSocket, 'got out');
        assert.deepEqual([...new Set(Object.values(others))], ['ERR_ACCESS_DENIED'], JSON.stringify(others));
        assert.equal(Object.keys(outcomes).length, 15);
        assert.equal(heard, 0);
        assert.equal(existsSync(out), false);
        assert.deepEqual(
          environment.filter((name) => !name.startsWith('NODE_CHANNEL')),
          [],
        );
      } finally {
        tcp.close();
        unix.close();
        udp.close();
        rmSync(directory, { recursive: true });
      }
    });

  it('runs in an empty network namespace without any capability, where root allows', {
    skip: !isRoot && 'without root',
  }, async () => {
    await using model = cellOf();
    await model.one.start();
    assert.notEqual(await namespaceOf(model.cell.processId), await namespaceOf(process.pid));
    const devices = readFileSync(`/proc/${model.cell.processId}/net/dev`, 'utf8').trim().split('\n').slice(2);
    const capabilities = readFileSync(`/proc/${model.cell.processId}/status`, 'utf8').match(
      /^Cap\w+:\s+(\w+)$/gm,
    );
    assert.equal(capabilities?.length, 5);
    for (const line of capabilities ?? []) assert.match(line, /\s0{16}$/);
    assert.deepEqual(
      devices.map((line) => line.trim().split(':')[0]),
      ['lo'],
    );
  });

  it('answers, the same for the same question', async () => {
    await using model = cellOf();
    const { answer } = await model.ask();
    assert.equal(answer.task, 'score');
    assert.deepEqual((await model.ask()).answer, answer);
    assert.ok((model.cell.residentMib ?? 0) > 10);
  });

  it('tells everybody who waits when it dies, and comes back', async () => {
    await using model = cellOf();
    const { answer } = await model.ask();
    const waiting = [model.ask(), model.ask()];
    process.kill(model.cell.processId ?? 0, 'SIGKILL');
    for (const one of waiting)
      await assert.rejects(one, { code: 'dead', message: 'its process ended (SIGKILL)' });
    assert.equal(model.one.trouble?.code, 'dead');
    await assert.rejects(model.ask(), { code: 'dead' });
    while (model.one.trouble !== undefined) await sleep(10);
    assert.deepEqual((await model.ask()).answer, answer);
    assert.equal(model.lines.length, 1);
  });

  it('waits longer each time it dies', async () => {
    await using model = cellOf({ restartMs: 40, restartMsMax: 160 });
    const pauses: number[] = [];
    for (let round = 0; round < 4; round++) {
      await model.one.start();
      process.kill(model.cell.processId ?? 0, 'SIGKILL');
      while (model.one.trouble === undefined) await sleep(1);
      const began = performance.now();
      while (model.one.trouble !== undefined) await sleep(1);
      pauses.push(performance.now() - began);
    }
    for (const [index, least] of [40, 80, 160, 160].entries())
      assert.ok((pauses[index] ?? 0) >= least - 5, `${pauses}`);
  });

  it('ends it when it takes too much memory', async () => {
    await using model = cellOf({ memoryMaxMib: 20, restartMs: 60_000 });
    await assert.rejects(model.ask(), { code: 'dead', message: /^it took \d+ MiB of memory, more than 20$/ });
  });

  it('ends it when it gives no sign of life', async () => {
    await using model = cellOf({ silenceMsMax: 300, restartMs: 60_000 });
    await model.one.start();
    process.kill(model.cell.processId ?? 0, 'SIGSTOP');
    await assert.rejects(model.ask(), { code: 'dead', message: 'it gave no sign of life for 300 ms' });
  });

  it('ends it when it is not ready in time', async () => {
    await using model = cellOf({ startTimeoutMs: 1, restartMs: 60_000 });
    await assert.rejects(model.ask(), { code: 'dead', message: 'it was not ready within 1 ms' });
  });

  it('rests while nobody asks, and starts again for the next question', async () => {
    await using model = cellOf({ idleMs: 100 });
    const { answer } = await model.ask();
    const first = model.cell.processId;
    while (model.cell.processId !== undefined) await sleep(10);
    assert.equal(model.one.trouble, undefined);
    assert.deepEqual((await model.ask()).answer, answer);
    assert.notEqual(model.cell.processId, first);
    assert.deepEqual(model.lines, []);
  });

  it('rests too when it was started, and nobody asked', async () => {
    await using model = cellOf({ idleMs: 100 });
    await model.one.start();
    assert.notEqual(model.cell.processId, undefined);
    while (model.cell.processId !== undefined) await sleep(10);
    assert.equal(model.one.trouble, undefined);
  });

  it('refuses a model of which a byte was flipped, and does not try again', async () => {
    using bad = flipped();
    await using model = cellOf({ folder: bad.copy });
    const isRefused = {
      code: 'refused',
      message: /^onnx\/model_quantized\.onnx is not the file of manifest\.json/,
    };
    await assert.rejects(model.ask(), isRefused);
    await sleep(200);
    assert.equal(model.cell.processId, undefined);
    await assert.rejects(model.ask(), isRefused);
    assert.deepEqual(model.lines, ['a language model is refused, and not used']);
  });

  it('refuses a model that is shipped with the hashes of its files and has lost them; a dropped-in one needs none', async () => {
    const models = [
      { name: 'shipped', folder, isShipped: true },
      { name: 'dropped in', folder },
    ];
    await using cell = cellOf({ models });
    await assert.rejects(cell.cell.model('shipped').start(), {
      code: 'refused',
      message: /^manifest\.json is missing: .*Install the model anew; it is not used as it is\.$/,
    });
    assert.equal((await cell.cell.model('dropped in').start()).isVerified, false);
    assert.deepEqual(cell.lines, ['a language model is refused, and not used']);
    assert.deepEqual([shippedModel, shippedRanker, `${modelFolder(shippedModel)}/`].map(isShipped), [
      true,
      true,
      true,
    ]);
    assert.deepEqual(['SmolLM2-135M-Instruct', folder].map(isShipped), [false, false]);
  });

  it('holds two models in one process, each loaded when it is asked for', async () => {
    await using model = cellOf({ second: plainFolder });
    const other = model.cell.model('other');
    const { answer } = await model.ask();
    const process = model.cell.processId;
    assert.equal(isLoaded(other), false);
    const second = await model.ask(undefined, other);
    assert.equal(model.cell.processId, process);
    assert.notDeepEqual(second.answer, answer);
    assert.notEqual(other.info?.digest, model.one.info?.digest);
    const both = await Promise.all([model.ask(), model.ask(undefined, other), model.ask()]);
    assert.deepEqual(
      both.map((reply) => reply.answer),
      [answer, second.answer, answer],
    );
    assert.throws(() => model.cell.model('nobody'), RangeError);
  });

  it('goes on with one model where the other is refused, whichever comes first', async () => {
    using bad = flipped();
    for (const isFirst of [true, false]) {
      await using model = cellOf({ folder: bad.copy, second: folder });
      const other = model.cell.model('other');
      if (isFirst) await assert.rejects(model.ask(), { code: 'refused' });
      const { answer } = await model.ask(undefined, other);
      await assert.rejects(model.ask(), { code: 'refused' });
      assert.deepEqual([model.one.trouble?.code, other.trouble], ['refused', undefined]);
      assert.deepEqual((await model.ask(undefined, other)).answer, answer);
      assert.equal(model.lines.length, 1);
    }
  });

  it('tells who waits for either model when it dies, and comes back with both', async () => {
    await using model = cellOf({ second: plainFolder });
    const other = model.cell.model('other');
    const before = [await model.ask(), await model.ask(undefined, other)];
    const waiting = [model.ask(), model.ask(undefined, other)];
    process.kill(model.cell.processId ?? 0, 'SIGKILL');
    for (const one of waiting) await assert.rejects(one, { code: 'dead' });
    while (model.one.trouble !== undefined) await sleep(10);
    const after = [await model.ask(), await model.ask(undefined, other)];
    assert.deepEqual(
      after.map(({ answer }) => answer),
      before.map(({ answer }) => answer),
    );
    assert.equal(model.lines.length, 1);
  });

  it('says that there is no model', async () => {
    await using model = cellOf({ folder: join(root, 'models', 'weights', 'nobody') });
    await assert.rejects(model.ask(), { code: 'refused', message: /^There is no model in / });
  });

  it('takes no more questions than it has room for, and drops those that nobody waits for', async () => {
    await using model = cellOf({ questionsMax: 2 });
    const controller = new AbortController();
    const reason = new Error('Enough.');
    const first = model.ask();
    const second = model.ask(controller.signal);
    await assert.rejects(model.ask(), { code: 'busy' });
    controller.abort(reason);
    await assert.rejects(second, reason);
    assert.equal((await first).answer.task, 'score');
    assert.equal((await model.ask()).answer.task, 'score');
    await assert.rejects(model.ask(AbortSignal.abort(reason)), reason);
  });

  it('answers that a question does not fit, and goes on with the others', async () => {
    await using model = cellOf({ restartMs: 60_000 });
    const { answer } = await model.ask();
    // The channel is JSON, which has no such number: null arrives.
    const numbers: [string, { value: number }][] = [['N0', { value: Number.NaN }]];
    const misfit = model.one.ask(
      { task: 'intent', tagged: { tokens: ['N0'], names: [], numbers } },
      { tokensMax: 8, signal: AbortSignal.timeout(20_000) },
    );
    const [refused, ...others] = await Promise.allSettled([misfit, model.ask(), model.ask()]);
    assert.ok(refused.status === 'rejected');
    assert.match(
      String(refused.reason),
      /^ModelCellError: the question does not fit: task\.tagged\.numbers\.0\.1\.value: expected a number, found null$/,
    );
    assert.equal(refused.reason.code, 'failed');
    for (const one of others)
      assert.deepEqual(one.status === 'fulfilled' ? one.value.answer : one.reason, answer);
    assert.deepEqual(model.lines, []);
  });

  it('ignores what has no number to be answered by, and lives', async () => {
    const heard: FromCell[] = [];
    const child = new ModelProcess(modelCellUsual, [folder], (message) => heard.push(message));
    try {
      for (const raw of [{ say: 'cancel', id: Number.NaN }, { say: 'nothing' }, 'text', [1]])
        child.say(raw as ToCell);
      child.say({ say: 'ping' });
      await Promise.race([child.ended, until(() => heard.length > 0)]);
      assert.deepEqual(heard[0], { say: 'pong' });
    } finally {
      child.end('the test is over');
    }
    assert.equal(await child.ended, 'the test is over');
  });

  it('answers nobody once it is closed', async () => {
    const model = cellOf();
    const waiting = model.ask();
    await Promise.all([assert.rejects(waiting, { code: 'closed' }), model.cell.close()]);
    await assert.rejects(model.ask(), { code: 'closed' });
    assert.equal(model.cell.processId, undefined);
  });
});
