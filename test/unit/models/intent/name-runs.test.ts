import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { legalNext } from '../../../../models/intent/language.ts';
import { nameRuns } from '../../../../models/intent/name-runs.ts';
import { tagText } from '../../../../models/intent/tagging.ts';

/** What may follow, with the names as typed in place of their placeholders. */
function next(text: string, ...written: string[]): string[] {
  const tagged = tagText(text);
  const placeholder = (word: string) => [...tagged.names].find(([, name]) => name === word)?.[0] ?? word;
  return legalNext(written.map(placeholder), tagged).map((token) => tagged.names.get(token) ?? token);
}

const path = (head: string, tail: string) => ['<|path-loss|>', '<|head|>', head, '<|tail|>', tail];

describe('names that were typed as one list [T20]', () => {
  it('leads to no answer that leaves out a hop of a list', () => {
    const text = 'loss pe1 -> p2, p4 then pe3';
    assert.deepEqual(next(text, ...path('pe1', 'pe3')), ['<|via|>']);
    assert.deepEqual(next(text, ...path('pe1', 'pe3'), '<|via|>'), ['p2']);
    assert.deepEqual(next(text, ...path('pe1', 'pe3'), '<|via|>', 'p2'), ['p4']);
    assert.deepEqual(next(text, ...path('pe1', 'pe3'), '<|via|>', 'p2', 'p4'), ['<|end|>']);
    assert.ok(!next('pe1 -> p2 -> pe3', ...path('pe1', '').slice(0, 4)).includes('p2'));
    const list = 'drops from pe1 to pe3 over p2 / p4 / p6';
    assert.deepEqual(next(list, ...path('pe1', 'pe3'), '<|via|>', 'p2'), ['p4']);
  });

  it('takes what stands between brackets behind "via" for hops, all of it', () => {
    const text = 'start: pe1 tail: pe3 through: [p2 and p4]';
    assert.deepEqual(next(text, ...path('pe1', 'pe3'), '<|via|>', 'p2'), ['p4']);
    const words = 'start: pe1 tail: pe3 through: [172.16.0.1 and mike]';
    assert.deepEqual(next(words, ...path('pe1', 'pe3'), '<|via|>', '172.16.0.1'), ['mike']);
    assert.deepEqual(next('loss via (p2, p4) pe1 to pe3', ...path('pe1', '').slice(0, 2)), ['pe1', 'pe3']);
    // The brackets have the ends as well.
    assert.ok(next('loss via [pe1, p2, pe3]', ...path('pe1', '').slice(0, 2)).includes('pe3'));
  });

  it('goes on behind "after that" and "finally"', () => {
    const text = 'drops from pe1 to pe3 over p2 and after that p4 and after that p6';
    assert.deepEqual(next(text, ...path('pe1', 'pe3'), '<|via|>', 'p2'), ['p4']);
    assert.deepEqual(next(text, ...path('pe1', 'pe3'), '<|via|>', 'p2', 'p4'), ['p6']);
    const list = 'drops from pe1 to pe3 over p2, finally p4';
    assert.deepEqual(next(list, ...path('pe1', 'pe3'), '<|via|>', 'p2'), ['p4']);
  });

  it('leaves alone what a comma may divide', () => {
    const text = 'loss from pe1 to pe3 via p2, p9 looks fine';
    assert.ok(next(text, ...path('pe1', 'pe3'), '<|via|>', 'p2').includes('<|end|>'));
    assert.ok(next('ignore p9, p2 between pe1 and pe3', ...path('pe1', 'pe3'), '<|via|>').includes('p2'));
  });

  it('takes words of a sentence for no members', () => {
    const { tokens, names } = tagText('loss from pe1 to pe3 and also pakcet and latencyy');
    const used = new Set(['<|e0|>', '<|e1|>']);
    assert.equal(names.size > 2, true);
    assert.equal(nameRuns(tokens).mayEnd(undefined, used), true);
  });

  it('takes what the text calls head and tail for nothing else', () => {
    const head = ['<|path-loss|>', '<|head|>'];
    assert.deepEqual(next('loss, tail pe3, over p2, head is router pe1', ...head), ['pe1']);
    assert.deepEqual(next('loss, tail pe3, over p2, head is router pe1', ...path('pe1', '').slice(0, 4)), [
      'pe3',
    ]);
    assert.deepEqual(next('loss with pe1 as the head, pe3 as tail and p2 between', ...head), ['pe1']);
    assert.deepEqual(next('loss src=pe1 dst=pe3 via=p2', ...path('pe1', 'pe3'), '<|via|>'), ['p2']);
    assert.deepEqual(next('mtu via p2 between pe1 and pe3', ...path('pe1', 'pe3')), ['<|via|>']);
    assert.deepEqual(next('mtu via p2 between pe1 and pe3', ...head), ['pe1', 'pe3']);
    assert.deepEqual(next('path pe1, p2, p4 and pe3', ...path('pe1', '').slice(0, 4)), ['pe3']);
    // Two are called so: the model decides.
    assert.deepEqual(next('loss source pe1, source pe2, to pe3', ...head), ['pe1', 'pe2', 'pe3']);
  });

  it('begins a path along arrows where they begin, and takes "to ... to" for arrows', () => {
    const head = ['<|path-loss|>', '<|head|>'];
    assert.deepEqual(next('drops on pe1 --> p2 --> pe3', ...head), ['pe1']);
    assert.deepEqual(next('loss on the lsp pe1 to p2 to p4 to pe3', ...head), ['pe1']);
    assert.deepEqual(next('loss on the lsp pe1 to p2 to p4 to pe3', ...path('pe1', '').slice(0, 4)), ['pe3']);
    assert.deepEqual(next('loss on the lsp pe1 to p2 to p4 to pe3', ...path('pe1', 'pe3')), ['<|via|>']);
    assert.ok(next('loss -> pe1 to pe3', ...head).includes('pe1'));
    // One "to" may be of another clause; what is said twice may have two parts.
    assert.ok(next('i get to p2 to see loss from pe1 to pe3', ...head).includes('pe1'));
    assert.ok(next('loss from p2 to pe3, path pe1 -> p2 -> pe3', ...head).includes('p2'));
  });

  it('takes more words for "via"', () => {
    const hops = (text: string) => next(text, ...path('pe1', 'pe3'), '<|via|>');
    assert.deepEqual(hops('pe1 to pe3 (explicit path p2), loss'), ['p2']);
    assert.deepEqual(hops('loss between pe1 and pe3 segment list p2'), ['p2']);
    assert.deepEqual(hops('loss from pe1 in between there is p2 / p4 / p6 to pe3'), ['p2']);
    // A name that may be a typing error of a word is one behind a label.
    assert.deepEqual(hops('loss head=pe1 via=olive tail=pe3'), ['olive']);
    assert.deepEqual(next('pe1 the head, pe3 the tail, loss', '<|path-loss|>', '<|head|>'), ['pe1']);
  });

  it('leads to no answer that leaves out a number of which the text says what it is', () => {
    const text = 'loss from pe1 to pe3, 500 probes, dscp 34, below 2 %';
    assert.deepEqual(next(text, ...path('pe1', 'pe3')), ['<|count|>']);
    assert.deepEqual(next(text, ...path('pe1', 'pe3'), '<|count|>', '<|n0|>'), ['<|loss-max|>', '<|dscp|>']);
    assert.ok(next('one in ten packets from pe1 to pe3 is lost', ...path('pe1', 'pe3')).includes('<|end|>'));
  });
});
