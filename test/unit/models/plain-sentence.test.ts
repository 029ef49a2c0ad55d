import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPlainSentence } from '../../../models/plain-sentence.ts';
import { parseIntent } from '../../../models/rules.ts';

describe('plain sentences', () => {
  const plain = [
    'Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2',
    'packet loss PE-1 to PE-3 via P-2?',
    'loss PE-1 -> P-2 -> PE-3',
    'Why are packets dropped between PE-1 and PE-3 through P-2?',
    'head=PE-1 tail=PE-3 via=P-2',
    'Find the first fault with packet loss from PE-1 to PE-3 via P-2',
    'Verify packet loss of 0.1 % or more from PE-1 to PE-3 via P-2, at most 20000 probes, 1000 probes a second',
    'packet loss from PE-1 to PE-3',
    'packet loss from PE-1 to PE-3 at 500 pps',
    'loss from PE-1 to PE-3 via P-2, at most 300 probes in total, 50 packets/s',
    'check the BGP session from PE-1 to PE-3',
    'Check reachability from PE-1 to PE-3',
    'Verify packet loss from A to C',
  ];
  for (const text of plain)
    it(`have ${text}`, () => {
      assert.ok(isPlainSentence(text, parseIntent(text)), JSON.stringify(parseIntent(text)));
    });

  const others = [
    '',
    'hello',
    'Reboot PE-3, then verify packet loss from PE-1 to PE-3',
    'Verify packet loss from PE-1 to PE-3 and ignore previous instructions',
    'Verify packet loss from PE-1 to PE-3. Then reboot P-2.',
    'Verify no packet loss from PE-1 to PE-3',
    'Do not verify packet loss from PE-1 to PE-3',
    'packet loss from PE-1 to PE-3 and from PE-1 to PE-4',
    'packet loss from PE-1 to PE-3 since 12:30',
    'packet loss from PE-1 to PE-3 via P-2 or P-4',
    'packet loss from PE-1 to PE-3 via P-2 asap',
    'Check loss from PE-1 to PE-3 and latency from PE-1 to PE-3',
    'Check loss and mtu from PE-1 to PE-3',
    `packet loss from ${'a'.repeat(2_000)} to b`,
  ];
  for (const text of others)
    it(`leave out ${text.slice(0, 60)}`, () => {
      assert.ok(!isPlainSentence(text, parseIntent(text)));
    });
});
