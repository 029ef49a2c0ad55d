import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countingSchema } from '../../../src/core/device-data.ts';
import { createLinuxDriver, removeLeftovers } from '../../../src/device/linux.ts';
import { countingOf, countingRules } from '../../../src/device/linux-counting.ts';
import type { RunTool } from '../../../src/device/linux-tools.ts';
import { encodePcap, flowLabelFilter } from '../../../src/device/packet-capture.ts';

const facts = {
  node: 'P-2',
  system: 'Linux',
  address: 'fc00:2::1',
  locator: 'fc00:2::/32',
  sids: { end: 'fc00:2::e', decapsulate: 'fc00:2::d' },
};
const change = { kind: 'count', id: 'abc', flowLabels: [7, 9, 7], capturePacketsMax: 0 } as const;

describe('counting rules', () => {
  test('one set of labels each interface and direction, one for delivery', () => {
    const rules = countingRules(change, ['p2-pe1', 'p2.100']);
    assert.equal(rules.match(/elements = \{ 7, 9 \}/g)?.length, 5);
    assert.match(rules, /hook egress device "p2\.100" priority 500/);
    assert.match(rules, /table inet confer_abc/);
  });

  test('reads the elements back, a missing one as nothing', () => {
    const set = (name: string, elements: [number, number][]) => ({
      set: {
        name,
        elem: elements.map(([val, packets]) => ({ elem: { val, counter: { packets, bytes: 0 } } })),
      },
    });
    const links = JSON.stringify({
      nftables: [{ metainfo: {} }, set('in_0', [[7, 5]]), set('out_0', [[9, 6]])],
    });
    const rule = (chain: string, packets: number) => ({
      rule: { chain, expr: [{ match: {} }, { counter: { packets, bytes: 0 } }] },
    });
    const marked = JSON.stringify({ nftables: [rule('ingress_0', 3), rule('egress_0', 2)] });
    assert.deepEqual(
      countingOf('abc', [7], ['p2-pe1'], marked, JSON.stringify({ nftables: [] }), undefined)[
        'confer-device:counting'
      ].marked,
      [{ name: 'p2-pe1', in: '3', out: '2' }],
    );
    const input = JSON.stringify({ nftables: [set('delivered', [[7, 4]])] });
    const data = countingSchema.parse(countingOf('abc', [7, 9], ['p2-pe1'], links, input, encodePcap([])));
    assert.deepEqual(data['confer-device:counting'].flow, [
      { 'flow-label': 7, interface: [{ name: 'p2-pe1', in: '5', out: '0' }], delivered: '4' },
      { 'flow-label': 9, interface: [{ name: 'p2-pe1', in: '0', out: '6' }], delivered: '0' },
    ]);
    assert.equal(data['confer-device:counting'].capture, encodePcap([]).toString('base64'));
  });
});

describe('counting on a router', () => {
  test('one transaction makes the tables, one removes them, undo is idempotent', async () => {
    const { run, transactions } = fakeRouter();
    const driver = createLinuxDriver({ facts, interfaces: ['p2-pe1'], run });
    const undo = await driver.apply(change);
    await undo.undo();
    await undo.undo();
    assert.equal(transactions.length, 2);
    assert.match(
      transactions[1] ?? '',
      /delete table netdev confer_abc\n[\s\S]*delete table inet confer_abc\n/,
    );
  });

  test('an undo that failed can be tried again', async () => {
    const { run, transactions, failNext } = fakeRouter();
    const undo = await createLinuxDriver({ facts, interfaces: ['p2-pe1'], run }).apply(change);
    failNext();
    await assert.rejects(undo.undo());
    await undo.undo();
    assert.equal(transactions.length, 2);
  });

  test('at most eight sessions, also when they start at once; a failed one gives its place back', async () => {
    const { run, failNext } = fakeRouter();
    const driver = createLinuxDriver({ facts, interfaces: ['p2-pe1'], run });
    failNext();
    await assert.rejects(driver.apply(change));
    const starts = Array.from({ length: 10 }, (_, index) => driver.apply({ ...change, id: `s${index}` }));
    const settled = await Promise.allSettled(starts);
    assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 8);
    const refused = settled.find((each) => each.status === 'rejected');
    assert.equal(refused?.reason.code, 'overloaded');
  });

  test('leftovers are our tables alone', async () => {
    const { run, transactions } = fakeRouter([
      'inet filter',
      'netdev confer_old',
      'inet confer_old',
      'ip confer',
    ]);
    assert.deepEqual(await removeLeftovers(run), ['netdev confer_old', 'inet confer_old']);
    assert.equal(transactions.length, 1);
    assert.ok(!transactions[0]?.includes('filter'));
    const clean = fakeRouter();
    assert.deepEqual(await removeLeftovers(clean.run), []);
    assert.equal(clean.transactions.length, 0);
  });
});

describe('packet capture', () => {
  test('the filter accepts the labels and nothing else', () => {
    const filter = flowLabelFilter([1, 0xabcde]);
    const ipv6 = 0x86dd;
    assert.ok(accepts(filter, ipv6, 0x60000001));
    assert.ok(accepts(filter, ipv6, 0x628abcde));
    assert.ok(!accepts(filter, ipv6, 0x60000002));
    assert.ok(!accepts(filter, 0x0800, 0x60000001));
    const many = flowLabelFilter(Array.from({ length: 128 }, (_, index) => index + 1));
    assert.ok(accepts(many, ipv6, 0x60000000 + 1) && accepts(many, ipv6, 0x60000000 + 128));
    assert.ok(!accepts(many, ipv6, 0x60000000 + 129));
  });

  test('a pcap file, octet by octet', () => {
    const file = encodePcap([
      {
        time: 1_700_000_000_000_000_005n,
        interfaceIndex: 3,
        packetType: 4,
        hardwareType: 1,
        hardwareAddress: Buffer.from('020000010001', 'hex'),
        data: Buffer.from('60', 'hex'),
        lengthBytes: 1500,
      },
    ]);
    assert.equal(
      file.toString('hex'),
      '4d3cb2a1020004000000000000000000000004001401000000f153650500000015000000f005000086dd000000000003000104060200000100010000' +
        '60',
    );
  });
});

/** Runs a classic BPF program of the four instructions that the filter uses. */
function accepts(program: Buffer, protocol: number, firstWord: number): boolean {
  let accumulator = 0;
  for (let at = 0; at < program.length / 8; at++) {
    const code = program.readUInt16LE(8 * at);
    const operand = program.readUInt32LE(8 * at + 4);
    if (code === 0x20) accumulator = operand === 0xfffff000 ? protocol : firstWord;
    else if (code === 0x54) accumulator = (accumulator & operand) >>> 0;
    else if (code === 0x15) at += program.readUInt8(8 * at + (accumulator === operand ? 2 : 3));
    else if (code === 0x06) return operand > 0;
    else throw new Error(`instruction ${code}`);
  }
  throw new Error('the program ran past its end');
}

function fakeRouter(tables: string[] = []) {
  const transactions: string[] = [];
  let failing = false;
  const run: RunTool = async (tool, args, options) => {
    if (tool === 'ip') return JSON.stringify([{ ifindex: 2, ifname: 'p2-pe1' }]);
    if (args[0] === '-j') {
      const list = tables.map((table) => ({ family: table.split(' ')[0], name: table.split(' ')[1] }));
      return JSON.stringify({ nftables: list.map((table) => ({ table })) });
    }
    if (failing) {
      failing = false;
      throw new Error('nft refuses');
    }
    transactions.push(options?.input ?? '');
    return '';
  };
  const failNext = () => {
    failing = true;
  };
  return { run, transactions, failNext };
}
