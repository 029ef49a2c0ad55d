/**
 * Input: an intent that is cancelled, or runs out of time, while it measures.
 * Output: its own reason, and no router that still counts: the routers are told, not left to their leases.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { warmUpCount } from '../../src/collaboration/plan.ts';
import { ConferError } from '../../src/core/errors.ts';
import { limits } from '../../src/core/limits.ts';
import type { DeviceDriver, Undo } from '../../src/core/ports.ts';
import { parseTopology } from '../../src/core/topology.ts';
import { Domain } from '../support/domain.ts';

const file = 'topologies/pe1-p2-pe3.yaml';
const topology = parseTopology(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'), file);

/** The router, and which changes to it are in force. */
function watched(driver: DeviceDriver, node: string, inForce: Set<string>): DeviceDriver {
  return {
    facts: () => driver.facts(),
    read: (path, signal) => driver.read(path, signal),
    run: (probe, options) => driver.run(probe, options),
    async apply(change): Promise<Undo> {
      const made = await driver.apply(change);
      const name = `${node} ${change.id}`;
      inForce.add(name);
      const undo = async () => {
        await made.undo();
        inForce.delete(name);
      };
      return { undo, [Symbol.asyncDispose]: undo };
    },
  };
}

describe('an intent that is cancelled while it measures', () => {
  for (const share of [0.25, 0.75])
    it(`leaves nothing that counts, and tells its own reason (at ${100 * share} %)`, async () => {
      const inForce = new Set<string>();
      await using domain = await Domain.start(topology, {
        seed: 1,
        driver: (node, modelled) => watched(modelled, node, inForce),
      });
      const cancelling = new AbortController();
      const reason = new ConferError('cancelled', 'The operator changed his mind.');
      const began = domain.clock.elapsed();
      let counted = 0;
      await assert.rejects(
        domain.ask('PE-1', topology.intent ?? '', {
          signal: cancelling.signal,
          observe: ({ step: at, text }) => {
            const [, sent = 0, of = 0] = /: (\d+) of (\d+) probes/.exec(text) ?? [];
            const isDue = Number(of) > warmUpCount && Number(sent) >= share * Number(of);
            if (at !== 'calls' || !isDue || cancelling.signal.aborted) return;
            counted = inForce.size;
            cancelling.abort(reason);
          },
        }),
        (error) => error === reason,
      );
      assert.equal(counted, 3, 'it had begun');
      assert.deepEqual([...inForce], []);
      assert.ok(domain.clock.elapsed() - began < limits.countingLeaseMs / 2, 'before any lease ended');
    });
});
