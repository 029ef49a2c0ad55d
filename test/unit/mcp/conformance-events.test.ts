import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { ReplayStore } from '../../../src/mcp/conformance-events.ts';

const said = (method: string): JSONRPCMessage => ({ jsonrpc: '2.0', method });

async function after(store: ReplayStore, id: string) {
  const heard: string[] = [];
  const send = async (_id: string, message: JSONRPCMessage) => void heard.push(JSON.stringify(message));
  const stream = await store.replayEventsAfter(id, { send });
  return { stream, heard };
}

describe('the events of a session', () => {
  it('come again on their own stream only, in order, without the one that holds no message', async () => {
    const store = new ReplayStore();
    const first = await store.storeEvent('a', {} as never);
    await store.storeEvent('b', said('other'));
    await store.storeEvent('a', said('one'));
    const last = await store.storeEvent('a', said('two'));
    assert.deepEqual(await after(store, first), {
      stream: 'a',
      heard: [JSON.stringify(said('one')), JSON.stringify(said('two'))],
    });
    assert.deepEqual(await after(store, last), { stream: 'a', heard: [] });
    assert.equal(await store.getStreamIdForEventId(last), 'a');
  });

  it('are bounded: what is gone is told, not skipped over', async () => {
    const store = new ReplayStore();
    const first = await store.storeEvent('a', said('first'));
    for (let count = 0; count < 256; count += 1) await store.storeEvent('a', said('more'));
    assert.equal(await store.getStreamIdForEventId(first), undefined);
    await assert.rejects(after(store, first), /not kept any more/);
  });
});
