import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseIntent } from '../../../models/rules.ts';

const read: [text: string, head: string, ...metrics: string[]][] = [
  ['cpu and memory of PE-1', 'PE-1', 'cpu', 'memory'],
  ['Check the CPU load of PE-1', 'PE-1', 'cpu'],
  ['How busy is PE-1?', 'PE-1', 'cpu'],
  ['PE-1 cpu', 'PE-1', 'cpu'],
  ['pe1.lab: memory', 'pe1.lab', 'memory'],
  ['Show me the memory usage on router PE-3', 'PE-3', 'memory'],
  ['Are there errors on the interfaces of P-2?', 'P-2', 'interface'],
  ['interface counters at node lon', 'lon', 'interface'],
  ['device status of PE-1', 'PE-1', 'cpu', 'memory', 'interface'],
  ['device-status head=PE-1', 'PE-1', 'cpu', 'memory', 'interface'],
  ['What is the health of PE-1?', 'PE-1', 'cpu', 'memory', 'interface'],
];

describe('sentences about one device [T20]', () => {
  for (const [text, head, ...metrics] of read)
    it(text, () => assert.deepEqual(parseIntent(text), { kind: 'device-status', head, metrics }));
});

describe('no such sentence', () => {
  for (const text of [
    'cpu load',
    'memory of the device',
    'Check the CPU load from PE-1 to PE-3',
    'Reset the interfaces of PE-1',
    'temperature of PE-1',
  ])
    it(text, () => assert.equal(parseIntent(text).kind, 'unsupported'));

  for (const [text, kind] of [
    ['Is there packet loss on the interfaces of PE-1, from PE-1 to PE-3?', 'path-loss'],
    ['latency from cpu-1 to memory.lab', 'path-latency'],
    ['Check the path from port-1 to cpu.lab', 'path-loss'],
  ] as const)
    it(text, () => assert.equal(parseIntent(text).kind, kind));

  it('in bounded time, also when the text was made to be slow', () => {
    const began = process.cpuUsage();
    for (const part of ['of ', 'cpu ', 'a.', 'of the ', 'node: '])
      parseIntent(`cpu ${part.repeat(Math.floor(4_000 / part.length))}`);
    const { user } = process.cpuUsage(began);
    assert.ok(user < 1_000_000, `${user} microseconds`);
  });
});
