import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseBgpSession } from '../../../models/bgp-session-rules.ts';
import { parseIntent } from '../../../models/rules.ts';

const read: [text: string, head: string | undefined, neighbor: string][] = [
  ['Why is the BGP session from PE-1 to PE-3 down?', 'PE-1', 'PE-3'],
  ['Check BGP neighbor PE-3 on PE-1', 'PE-1', 'PE-3'],
  ['Check the BGP session from PE-1 to PE-3', 'PE-1', 'PE-3'],
  ['Verify the BGP session between PE-1 and PE-3', 'PE-1', 'PE-3'],
  ['bgp PE-1 -> PE-3', 'PE-1', 'PE-3'],
  ['BGP down from PE-1 to PE-3', 'PE-1', 'PE-3'],
  ['BGP peer PE-3 at PE-1 is idle', 'PE-1', 'PE-3'],
  ['check eBGP neighbour CE-4', undefined, 'CE-4'],
  ['bgp session head=PE-1 neighbor=PE-3', 'PE-1', 'PE-3'],
  ['Is the BGP session of PE-1 with PE-3 established?', 'PE-1', 'PE-3'],
];

describe('sentences about a BGP session', () => {
  for (const [text, head, neighbor] of read)
    it(text, () => {
      const said = { kind: 'bgp-session', ...(head !== undefined && { head }), neighbor };
      assert.deepEqual(parseBgpSession(text), said);
      assert.deepEqual(parseIntent(text), said);
    });
});

describe('no such sentence', () => {
  for (const text of [
    'Verify packet loss from PE-1 to PE-3',
    'BGP traffic: packet loss from PE-1 to PE-3',
    'Check the path from bgp-1 to PE-3',
    'Show me all BGP sessions',
    'Why is BGP down?',
    '',
  ])
    it(text || 'nothing', () => assert.equal(parseBgpSession(text), undefined));

  it('that would change a device', () => {
    assert.equal(parseIntent('Reset the BGP session from PE-1 to PE-3').kind, 'unsupported');
  });
});
