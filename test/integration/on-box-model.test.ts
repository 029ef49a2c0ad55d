/**
 * An agent with an on-box model. Input: the three routers in virtual time, a sentence, and a model that answers, lies, or
 * dies. Output: the report, who is named as its reasoner, and what the audit trail holds of it.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { completionOf, type ReadIntent } from '../../models/intent/language.ts';
import { tagText } from '../../models/intent/tagging.ts';
import type { ModelExchange } from '../../models/language-model.ts';
import { type AuditEvent, askedModel, auditLog } from '../../src/agent/audit-record.ts';
import { describeReport } from '../../src/cli/report-text.ts';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import { parseTopology } from '../../src/core/topology.ts';
import { createSystemClock } from '../../src/system/clock.ts';
import { absentCompanion } from '../../src/system/companion.ts';
import { ModelCell, ModelCellError, modelCellUsual } from '../../src/system/model-cell.ts';
import { modelChoiceUsual, openModel } from '../../src/system/model-store.ts';
import { type AskedCell, OnBoxModel } from '../../src/system/on-box-model.ts';
import { Domain } from '../support/domain.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { root } from '../support/source.ts';

const file = 'topologies/pe1-p2-pe3.yaml';
const topology = parseTopology(readFileSync(join(root, file), 'utf8'), file);
const draft = 'Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2';
/** Beyond the rules. */
const jargon = 'PE-3 seems to be eating what PE-1 feeds it over P-2, whats dying in there?';
const loss: ReadIntent = { kind: 'path-loss', head: 'PE-1', tail: 'PE-3', via: ['P-2'] };

const companion = absentCompanion('confer-evidence-1', 'it is not there');

function cellThat(ask: AskedCell['ask']): AskedCell {
  return { info: { digest: 'ab'.repeat(32), about: {} } as AskedCell['info'], ask };
}

/** Says in the model's language what `intent` says of `text`. */
function reading(text: string, intent: ReadIntent): AskedCell {
  const names = topology.nodes.map(({ name }) => name);
  const words = completionOf(intent, tagText(text, { names }))?.match(/<\|[a-z0-9-]+\|>/g) ?? [];
  assert.ok(words.length > 0);
  return cellThat(async () => ({
    answer: { task: 'intent', words, logProbability: -0.01, marginMin: 5 },
    cost: { promptTokens: 20, steps: 5, ms: 10 },
  }));
}

/** The report of a sentence, and the records of the audit trail about the model. */
async function troubleshoot(text: string, cell: AskedCell) {
  const stores = new Map(topology.nodes.map(({ name }) => [name, createMemoryStore()]));
  await using domain = await Domain.start(topology, {
    seed: 3,
    store: (node) => stores.get(node) ?? createMemoryStore(),
    model: () =>
      new OnBoxModel(
        { name: 'confer-1', answerTimeoutMs: 5_000, startTimeoutMs: 5_000 },
        { cell, clock: createSystemClock(), companion },
      ),
  });
  const report = await domain.ask('PE-1', text);
  const verification = verifyReport(reportBytes(report), domain.trustAnchorPem);
  assert.ok(verification.ok, JSON.stringify(verification.checks));
  const records = [];
  for await (const { record } of stores.get('PE-1')?.scan(auditLog, 0) ?? []) records.push(record);
  return { report, asked: records.filter(({ event }) => event === 'model') };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('an agent with an on-box model', () => {
  it('[T36] [Y27] serves what the model alone understands, and names it and its hash in the report', async () => {
    const { report, asked } = await troubleshoot(jargon, reading(jargon, loss));
    assert.deepEqual(report.intent, loss);
    assert.equal(report.reasoner, 'confer-1 (sha256:abababababab), sentence by rules');
    assert.equal(asked.length, 1);
    const { ranking, wording } = report;
    const none = 'it is not there';
    assert.deepEqual([ranking?.model, ranking?.why], ['confer-evidence-1', none]);
    assert.deepEqual(wording, { model: 'confer-evidence-1', why: none });
    assert.match(
      describeReport(report),
      /confer-evidence-1: the correlation's ranking stands alone: it is not there\n.*worded by rules \(confer-evidence-1 words nothing: it is not there\)/,
    );
    const [{ prompt, completion, isUsed } = {}] = asked as unknown as Record<
      string,
      { text: string; sha256: string }
    >[];
    assert.match(prompt?.text ?? '', /^<\|intent\|>/);
    assert.ok(!prompt?.text.includes('PE-1'));
    assert.equal(completion?.text, '<|path-loss|><|head|><|e1|><|tail|><|e0|><|via|><|e2|><|end|>');
    assert.equal(completion?.sha256, sha256(completion?.text ?? ''));
    assert.equal(isUsed, true);
  });

  it('loses no intent when the model dies in the middle, and says so', async () => {
    const dying = cellThat(async () => {
      await Promise.resolve();
      throw new ModelCellError('dead', 'its process ended (SIGKILL)');
    });
    const { report, asked } = await troubleshoot(draft, dying);
    assert.deepEqual(report.intent, loss);
    assert.equal(report.reasoner, 'rules (confer-1: its process ended (SIGKILL))');
    assert.deepEqual([asked[0]?.isUsed, asked[0]?.why], [false, 'its process ended (SIGKILL)']);
  });

  it('measures nothing that the model makes up', async () => {
    const lying = cellThat(async () => ({
      answer: {
        task: 'intent',
        words: ['<|path-loss|>', '<|head|>', '<|e7|>', '<|tail|>', '<|e0|>', '<|end|>'],
        logProbability: 0,
        marginMin: 9,
      },
      cost: { promptTokens: 1, steps: 1, ms: 1 },
    }));
    const { report } = await troubleshoot(draft, lying);
    assert.deepEqual(report.intent, loss);
    assert.equal(report.reasoner, 'rules (confer-1: its answer is none of its language)');
  });
});

describe('a dropped-in model', () => {
  it('[Y27] is audited with what it was shown by its chat template, whole', async () => {
    const name = join(root, 'test', 'vectors', 'decoders', 'grouped');
    const choice = { ...modelChoiceUsual, name, answerTimeoutMs: 30_000 };
    const silent = { info() {}, warn() {} };
    const { model, close } = openModel(choice, { clock: createSystemClock(), log: silent });
    try {
      const noted: AuditEvent[] = [];
      const observe = (exchange: ModelExchange) => void noted.push(askedModel(exchange));
      const reasoner = model.open?.({ names: [], observe });
      const signal = AbortSignal.timeout(60_000);
      await reasoner?.complete(draft, { signal });
      const prompt = { own: '<|evidence|>x<|answer|>', plain: ['The task.\n', 'x <|im_end|>\nCause: '] };
      const causes = ['link down', 'healthy'].map((plain) => ({ own: `${plain}<|end|>`, plain }));
      await reasoner?.rank?.({ prompt, causes }, { signal });
      const [intent = '', ranked] = noted.map((one) => {
        assert.ok(one.event === 'model');
        assert.equal(one.prompt.sha256, sha256(one.prompt.text));
        return one.prompt.text;
      });
      assert.equal(
        ranked,
        '<|im_start|>user\nThe task.\nx <|im_end|>\nCause: <|im_end|>\n<|im_start|>assistant\n\nlink down\nhealthy',
      );
      assert.ok(intent.startsWith('<|im_start|>user\nTranslate the request of a network operator'));
      assert.match(
        intent,
        /\nRequest: verify packet loss .*\nAnswer: <\|im_end\|>\n<\|im_start\|>assistant\n$/,
      );
    } finally {
      await close();
    }
  });
});

describe('a model whose process is killed', () => {
  it('in the middle of an answer leaves it to the rules, and answers again once it is back', async () => {
    const folder = join(root, 'test', 'vectors', 'decoders', 'grouped');
    const cell = new ModelCell(
      { ...modelCellUsual, models: [{ name: 'random', folder }], restartMs: 50 },
      { info() {}, warn() {} },
    );
    const inCell = cell.model('random');
    const settings = { name: 'random', answerTimeoutMs: 10_000, startTimeoutMs: 10_000, marginMin: 0 };
    const model = new OnBoxModel(settings, { cell: inCell, clock: createSystemClock(), companion });
    try {
      const signal = AbortSignal.timeout(30_000);
      // Nothing that is plain, so that a model of random weights is asked and used.
      const before = await model.read(jargon, { signal });
      assert.equal(before.by, 'model');
      // The same question takes tens of milliseconds: it is killed before it can have answered.
      const cut = model.read(jargon, { signal });
      process.kill(cell.processId ?? 0, 'SIGKILL');
      const { by, why } = await cut;
      assert.deepEqual([by, why], ['rules', 'its process ended (SIGKILL)']);
      assert.deepEqual((await model.read(draft, { signal })).intent, loss); // at once, without waiting
      while (inCell.trouble !== undefined) await sleep(10);
      assert.deepEqual((await model.read(jargon, { signal })).intent, before.intent);
    } finally {
      await cell.close();
    }
  });
});
