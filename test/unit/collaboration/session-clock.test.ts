/** Somebody sets the wall clock while a session runs: its marks hold for as long as they should all the same. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReplayWindow } from '../../../crypto/nonce.ts';
import { Session } from '../../../src/collaboration/session.ts';
import { PeerError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import { createProcessClock } from '../../../src/sim/process-clock.ts';
import { createVirtualClock } from '../../../src/sim/virtual-clock.ts';
import { identityOf } from '../../support/domain.ts';
import { noRelays } from '../../support/no-relays.ts';

function world() {
  const virtual = createVirtualClock();
  const clock = createProcessClock(virtual, 0);
  let opened = 0;
  const open = async () => {
    opened += 1;
    throw new PeerError('unreachable', 'gone');
  };
  const ports = {
    clock,
    peers: { open },
    nonces: { windowOf: async () => new ReplayWindow(0), alarm: () => {} },
    self: 'A',
    certificate: identityOf('A').certificatePem,
    management: () => 'out-of-band' as const,
    ...noRelays,
  };
  const session = new Session('s1', ports, new AbortController().signal);
  return { virtual, clock, session, opened: () => opened };
}

describe('a session whose wall clock is set', () => {
  for (const [what, stepMs] of [
    ['forward', 900_000],
    ['back', -900_000],
  ] as const)
    it(`${what} asks nobody early and forgets no mark late`, async () => {
      const { virtual, clock, session, opened } = world();
      await session.open('B');
      clock.step(stepMs);
      await session.open('B');
      assert.equal(opened(), 1);
      await virtual.advance(limits.untrustedForMs);
      await session.open('B');
      assert.equal(opened(), 2);
    });

  it('keeps its own time', async () => {
    const { virtual, clock, session } = world();
    const startedMs = session.nowMs();
    clock.step(900_000);
    await virtual.advance(1_000);
    assert.equal(session.nowMs(), startedMs + 1_000);
  });
});
