/** The network between simulated agents: who reaches whom, what a dead process leaves behind, and what is counted. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PeerError } from '../../src/core/errors.ts';
import { noFaults } from '../../src/sim/fault-mix.ts';
import { FaultyWire } from '../../src/sim/faulty-wire.ts';
import { ManagementNetwork } from '../../src/sim/management-network.ts';
import type { MemorySocket } from '../../src/sim/memory-socket.ts';
import { createSeededRandom } from '../../src/sim/seeded-random.ts';
import { Trace } from '../../src/sim/trace.ts';
import { createVirtualClock } from '../../src/sim/virtual-clock.ts';

function world() {
  const clock = createVirtualClock();
  const elapsed = () => clock.elapsed();
  const trace = new Trace(elapsed);
  const random = createSeededRandom(1);
  const wire = new FaultyWire({
    trace,
    random,
    mix: () => noFaults,
    elapsed,
    flightMs: [1, 2],
    stalls: true,
  });
  const cut = { partitioned: false, carried: true };
  const network = new ManagementNetwork({
    trace,
    wire,
    after: clock.after,
    elapsed,
    carries: () => cut.carried,
    isPartitioned: () => cut.partitioned,
  });
  const accepted: MemorySocket[] = [];
  const listen = (refusal?: string) =>
    network.listen('B', {
      certificatePem: 'certificate of B',
      accept: (socket) => {
        accepted.push(socket);
        return refusal;
      },
    });
  const stop = new AbortController();
  /** What became of connecting from A to B, after ten seconds. */
  const connect = async () => {
    let became: MemorySocket | Error | undefined;
    network.connect({ node: 'A', certificatePem: 'certificate of A' }, 'B', stop.signal).then(
      ({ socket }) => {
        became = socket;
      },
      (error: Error) => {
        became = error;
      },
    );
    await clock.advance(10_000);
    return became;
  };
  return { clock, trace, network, cut, accepted, listen, connect, stop };
}

function heard(socket: MemorySocket): string[] {
  const events: string[] = [];
  socket.on('message', (data: Buffer) => events.push(data.toString()));
  socket.on('close', () => events.push('closed'));
  return events;
}

const sent = () => {};

describe('the management network', () => {
  it('carries what is sent, both ways, and tells the other end of a close', async () => {
    const { clock, accepted, listen, connect } = world();
    listen();
    const near = (await connect()) as MemorySocket;
    const [far] = accepted;
    assert.ok(far);
    const [atA, atB] = [heard(near), heard(far)];
    near.send('question', sent);
    far.send('answer', sent);
    await clock.advance(10);
    near.close();
    await clock.advance(10);
    assert.deepEqual(
      [atA, atB],
      [
        ['answer', 'closed'],
        ['question', 'closed'],
      ],
    );
    let failure: Error | null | undefined;
    far.send('late', (error) => {
      failure = error;
    });
    assert.ok(failure instanceof Error);
  });

  it('says that nobody listens, and why a certificate is refused', async () => {
    const { listen, connect } = world();
    const nobody = await connect();
    assert.ok(nobody instanceof PeerError && nobody.reason === 'unreachable');
    listen('it expired');
    const refused = await connect();
    assert.ok(refused instanceof PeerError && refused.reason === 'authentication');
    assert.match(refused.message, /it expired/);
  });

  for (const [what, change, faults] of [
    ['a partition', { partitioned: true }, 1],
    ['a network that carries nothing', { carried: false }, 0],
  ] as const)
    it(`leaves whoever connects over ${what} waiting until it gives up`, async () => {
      const { clock, trace, cut, listen, connect, stop } = world();
      listen();
      Object.assign(cut, change);
      assert.equal(await connect(), undefined);
      assert.equal(trace.faultCounts.partition, faults);
      stop.abort();
      await clock.advance(1);
    });

  for (const isHeard of [true, false])
    it(`when a process is gone ${isHeard ? 'tells' : 'does not tell'} the others`, async () => {
      const { clock, network, listen, connect } = world();
      listen();
      const near = (await connect()) as MemorySocket;
      const events = heard(near);
      network.vanish('B', isHeard);
      near.send('anybody?', sent);
      await clock.advance(100);
      assert.deepEqual(events, isHeard ? ['closed'] : []);
      assert.ok((await connect()) instanceof PeerError);
    });
});
