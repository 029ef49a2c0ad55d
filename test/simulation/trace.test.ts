/** Events in, one hash and a count out; who wants the count alone pays for no text. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Trace } from '../../src/sim/trace.ts';

function played(trace: Trace): Trace {
  trace.event('one', 'said');
  trace.event('two', () => 'made');
  trace.fault('drop', 'a frame');
  return trace;
}

describe('a trace', () => {
  it('is the same for words and for what makes them', () => {
    const lines: string[] = [];
    const trace = played(new Trace(() => 7, { observe: (line) => lines.push(line) }));
    assert.deepEqual(lines, ['7 one said\n', '7 two made\n', '7 fault drop a frame\n']);
    assert.equal(trace.digest(), played(new Trace(() => 7)).digest());
    assert.notEqual(trace.digest(), played(new Trace(() => 8)).digest());
  });

  it('only counts where nobody wants to know more', () => {
    const trace = new Trace(() => 7, { isTraced: false });
    trace.event('two', () => assert.fail('nobody asked'));
    played(trace);
    assert.equal(trace.events, 4);
    assert.deepEqual([trace.faultEvents, trace.faultCounts.drop], [1, 1]);
  });
});
