/** Input: a beacon that fails for a while. Output: when it is asked again, and what is announced at the end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { issueAuthority } from '../../../crypto/issue.ts';
import { keyPairFromSeed } from '../../../crypto/keys.ts';
import type { Advertisement } from '../../../discovery/advertisement.ts';
import type { Beacon } from '../../../discovery/beacon.ts';
import { Announcer } from '../../../src/agent/announcing.ts';
import type { DeviceDriver } from '../../../src/core/ports.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const keyPair = keyPairFromSeed(Buffer.alloc(32, 7));
const certificatePem = issueAuthority({
  name: 'test',
  now: Date.UTC(2026, 6, 1),
  lifetimeMs: 3_600_000,
  serial: Buffer.alloc(16, 1),
  keyPair,
});

const device = {
  facts: async () => ({
    node: 'PE-1',
    address: 'fc00:1::1',
    locator: 'fc00:1::/32',
    sids: { end: 'fc00:1::e', decapsulate: 'fc00:1::d' },
  }),
  read: async () => ({ 'ietf-interfaces:interfaces': { interface: [] } }),
} as unknown as DeviceDriver;

/** A beacon that fails until `worksFrom`, and remembers what it was asked and when, milliseconds. */
function announcing(worksFromMs: number) {
  const clock = createVirtualClock();
  const asked: { atMs: number; advertisement: Advertisement; neighbours: number }[] = [];
  const warnings: string[] = [];
  const beacon = {
    announce: async ({ advertisement }: { advertisement: Advertisement }) => {
      asked.push({ atMs: clock.elapsed(), advertisement, neighbours: 0 });
      if (clock.elapsed() < worksFromMs) throw new Error('Check that lldpd runs.');
    },
  } as unknown as Beacon;
  const log = { info: () => {}, warn: (message: string) => void warnings.push(message) };
  const { privateKey } = keyPair;
  const self = {
    node: 'PE-1',
    privateKey,
    certificatePem,
    host: '2001:db8::1',
    port: 9514,
    capabilities: ['ping'],
  };
  return { announcer: new Announcer(self, { beacon, device, clock, log }), clock, asked, warnings };
}

describe('an announcement', () => {
  it('that failed is tried again after 5 s, then after twice as long each time, up to the usual interval', async () => {
    const { announcer, clock, asked, warnings } = announcing(Number.POSITIVE_INFINITY);
    const ending = new AbortController();
    const running = announcer.run(ending.signal);
    await clock.advance(1_300_000);
    assert.deepEqual(
      asked.map(({ atMs }) => atMs / 1_000),
      [0, 5, 15, 35, 75, 155, 315, 615, 915, 1215],
    );
    assert.ok(warnings.length > 0);
    ending.abort();
    await running;
  });

  it('that succeeds in the end is refreshed at the usual interval', async () => {
    const { announcer, clock, asked } = announcing(12_000);
    const ending = new AbortController();
    const running = announcer.run(ending.signal);
    await clock.advance(700_000);
    assert.deepEqual(
      asked.map(({ atMs }) => atMs / 1_000),
      [0, 5, 15, 315, 615],
    );
    const sequences = asked.map(({ advertisement }) => advertisement.sequence);
    assert.deepEqual(
      sequences,
      [...sequences].sort((a, b) => a - b),
    );
    ending.abort();
    await running;
    assert.equal(clock.waiting, 0);
  });

  it('is taken back with a signed one that has no lifetime; who never announced takes nothing back', async () => {
    const { announcer, asked } = announcing(0);
    await announcer.withdraw();
    assert.equal(asked.length, 0);
    await announcer.announce();
    await announcer.withdraw();
    const [said, taken] = asked.map(({ advertisement }) => advertisement);
    assert.ok(said && taken && said.lifetimeS > 0);
    assert.equal(taken.lifetimeS, 0);
    assert.ok(taken.sequence > said.sequence);
  });

  it('that cannot be taken back any more is left to age', async () => {
    const { announcer, clock } = announcing(0);
    await announcer.announce();
    await clock.advance(1);
    const failing = announcing(1_000_000);
    await failing.announcer.announce().catch(() => {});
    await failing.announcer.withdraw();
    assert.deepEqual(failing.warnings, ['the farewell failed, neighbours forget us by age']);
  });
});
