/** Input: a node that is lost, and who might carry. Output: whom the search asks, and whom it leaves alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Requests } from '../../../src/collaboration/detour.ts';
import { Detours } from '../../../src/collaboration/detours.ts';
import { PeerError } from '../../../src/core/errors.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { noon } from '../crypto/fixtures.ts';

/** Every opening fails; `blocked` are no candidates any more. */
function searching(blocked: Set<string>, failing: (relay: string) => void) {
  const asked: string[] = [];
  const free = (names: string[]) => names.filter((name) => !blocked.has(name));
  const detours = new Detours({
    session: 's1',
    signal: new AbortController().signal,
    clock: createVirtualClock(noon),
    requests: {} as Requests,
    candidates: () => ({ known: free(['B']), strangers: free(['C', 'D']) }),
    open: async (relay) => {
      asked.push(relay);
      failing(relay);
      throw new PeerError('timeout', `${relay} did not answer in time.`);
    },
    carry: () => assert.fail('nobody was opened'),
    opened: () => assert.fail('nobody was opened'),
  });
  return { detours, asked };
}

describe('the search for who could carry', () => {
  it('asks those that answer first, then the others, each once', async () => {
    const { detours, asked } = searching(new Set(), () => {});
    assert.equal(await detours.find('X'), false);
    assert.deepEqual(asked, ['B', 'C', 'D']);
    assert.equal(await detours.find('X'), false);
    assert.deepEqual(asked, ['B', 'C', 'D']);
  });

  it('leaves alone who has failed since it began', async () => {
    const blocked = new Set<string>();
    const { detours, asked } = searching(blocked, () => blocked.add('C'));
    assert.equal(await detours.find('X'), false);
    assert.deepEqual(asked, ['B', 'D']);
  });
});
