/**
 * Real frames on real wires: needs root and Linux.
 * Input: nodes in network namespaces, joined by veth pairs. Output: who hears whom, and what tshark sees on the wire.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Told } from './discovery-node.ts';

const run = promisify(execFile);
const required = process.env.CONFER_REQUIRE_LAB === '1';
const missing = whatIsMissing();
const skip = missing !== undefined && !required ? missing : false;

describe('discovery on real wires (T21)', { skip, timeout: 200_000 }, () => {
  const prefix = `dsc-${process.pid}-`;
  const directory = mkdtempSync(join(tmpdir(), 'dsc-'));
  const names = ['PE-1', 'P-2', 'PE-3'];
  const namespaces = names.map((name) => prefix + name);
  const children: ChildProcess[] = [];

  before(async () => {
    assert.equal(missing, undefined);
    // lldpcli gives up root before it opens the daemon's socket.
    chmodSync(directory, 0o755);
    for (const namespace of namespaces) await run('ip', ['netns', 'add', namespace]);
    await connect('PE-1', 'pe1-p2', 'P-2', 'p2-pe1');
    await connect('P-2', 'p2-pe3', 'PE-3', 'pe3-p2');
  });

  after(async () => {
    for (const child of children) await stop(child);
    for (const namespace of namespaces) await run('ip', ['netns', 'del', namespace]).catch(() => {});
    rmSync(directory, { recursive: true, force: true });
  });

  it('hears over two hops, and tshark takes every frame', async () => {
    const pcap = join(directory, 'wire.pcap');
    const capture = await record('P-2', 'p2-pe1', pcap);
    const nodes = [start('PE-1', ['pe1-p2']), start('P-2', ['p2-pe1', 'p2-pe3']), start('PE-3', ['pe3-p2'])];
    const heard = await until(nodes[0], (told) =>
      told.nodes.some((node) => node.node === 'PE-3' && node.hops === 2),
    );
    assert.deepEqual(
      heard.neighbours.map(({ node, interface: name, source }) => [node, name, source]),
      [['P-2', 'pe1-p2', 'lldp']],
    );
    assert.equal(heard.nodes.find((node) => node.node === 'PE-3')?.source, 'isis');
    await until(nodes[2], (told) => told.nodes.some((node) => node.node === 'PE-1' && node.hops === 2));
    const middle = await until(nodes[1], (told) => told.neighbours.length === 2);
    assert.deepEqual(middle.neighbours.map((neighbour) => neighbour.interface).sort(), ['p2-pe1', 'p2-pe3']);

    // A node that says goodbye is forgotten two hops away.
    await stop(nodes[2]?.child);
    await until(nodes[0], (told) => told.nodes.every((node) => node.node !== 'PE-3'));
    for (const node of nodes) await stop(node.child);
    const lsp = /fefe0383..01..1[24]/;
    await untilRecorded(pcap, [/88cc/, lsp]);
    await stop(capture);
    const { stdout } = await run('tshark', ['-r', pcap, '-V'], { maxBuffer: 64 * 1024 * 1024 });
    assert.match(stdout, /Link Layer Discovery Protocol/);
    assert.match(stdout, /ISO 10589 ISIS Link State Protocol Data Unit/);
    assert.doesNotMatch(stdout, /Malformed|Expert Info \(Error|\[incorrect|Bad checksum/i);
  });

  it('lldpd on one side, our own frames on the other: each hears the other', async () => {
    const { daemon, socketPath } = await startLldpd('P-2', 'p2-*');
    const ours = start('PE-1', ['pe1-p2']);
    const theirs = start('P-2', ['p2-pe1', 'p2-pe3'], socketPath);
    const byLldpd = await until(theirs, (told) =>
      told.neighbours.some((neighbour) => neighbour.node === 'PE-1'),
    );
    assert.deepEqual(
      byLldpd.neighbours.map(({ node, interface: name, source }) => [node, name, source]),
      [['PE-1', 'p2-pe1', 'lldpd']],
    );
    const byFrames = await until(ours, (told) =>
      told.neighbours.some((neighbour) => neighbour.node === 'P-2'),
    );
    assert.deepEqual(
      byFrames.neighbours.map(({ node, interface: name, source }) => [node, name, source]),
      [['P-2', 'pe1-p2', 'lldp']],
    );
    assert.equal(byFrames.neighbours[0]?.port, 9514);

    // Silence is noticed although lldpd still lists the neighbour: its count of received frames stands still.
    await run('ip', ['-n', `${prefix}PE-1`, 'link', 'set', 'pe1-p2', 'down']);
    await until(theirs, (told) => told.neighbours.length === 1 && Number(told.neighbours[0]?.ageMs) > 1500);
    await run('ip', ['-n', `${prefix}PE-1`, 'link', 'set', 'pe1-p2', 'up']);
    await until(theirs, (told) => told.neighbours.some((neighbour) => neighbour.ageMs < 1500));

    // Closing takes our TLV out of the daemon again.
    await stop(theirs.child);
    const { stdout } = await run('lldpcli', [
      '-u',
      socketPath,
      '-f',
      'json0',
      'show',
      'interfaces',
      'details',
    ]);
    assert.doesNotMatch(stdout, /02,43,46/);
    await stop(ours.child);
    await stop(daemon);
  });

  // PE-1 has the usual numbers, P-2 and PE-3 others; lldpd speaks for PE-3.
  it("other codepoints stand in the frames, ours and the daemon's, and only equal ones are heard", async () => {
    const others = '{ lldpOui: AC-DE-48, lldpSubtype: 7, isisApplication: 0xbeef, isisArea: "49.0042" }';
    const pcap = join(directory, 'codepoints.pcap');
    const { daemon, socketPath } = await startLldpd('PE-3', 'pe3-p2');
    const capture = await record('P-2', 'p2-pe3', pcap);
    const pe1 = start('PE-1', ['pe1-p2']);
    const p2 = start('P-2', ['p2-pe1', 'p2-pe3'], '', others);
    const pe3 = start('PE-3', ['pe3-p2'], socketPath, others);
    const neighboursOf = (told: Told) => told.neighbours.map((one) => `${one.node} ${one.source}`).join();
    await until(p2, (told) => neighboursOf(told) === 'PE-3 lldp');
    await until(pe3, (told) => neighboursOf(told) === 'P-2 lldpd');
    await until(p2, (told) => told.nodes.some(({ node, source }) => node === 'PE-3' && source === 'isis'));
    const received = () =>
      run('ip', ['netns', 'exec', `${prefix}PE-1`, 'cat', '/sys/class/net/pe1-p2/statistics/rx_packets']);
    const before = Number((await received()).stdout);
    while (Number((await received()).stdout) < before + 4) await sleep(200); // PE-1 has had frames of P-2 to hear
    assert.deepEqual(pe1.last(), { neighbours: [], nodes: [] });
    assert.ok(p2.last()?.nodes.every(({ node }) => node !== 'PE-1'));
    for (const node of [pe1, p2, pe3]) await stop(node.child);
    await stop(daemon);
    const ourTlvs = /(acde4807.*){4}/; // organisation and subtype, from both sides
    await untilRecorded(pcap, [ourTlvs, /fb..00beef/]);
    await stop(capture);
    const { stdout } = await run('tshark', ['-r', pcap, '-V'], { maxBuffer: 64 * 1024 * 1024 });
    assert.match(stdout, /ac:?de:?48|11329096/i);
    assert.match(stdout, /49\.?0042/);
    assert.doesNotMatch(stdout, /Malformed|Expert Info \(Error|\[incorrect|Bad checksum/i);
    assert.doesNotMatch(readFileSync(pcap).toString('hex'), /024346|fb..00c0fe/);
  });

  it('names what is missing: an interface, a daemon', async () => {
    const nowhere = start('PE-1', ['no-such-if']);
    const [code] = await exit(nowhere.child);
    assert.equal(code, 1);
    assert.match(nowhere.errors(), /no-such-interface/);
    const daemonless = start('PE-1', ['pe1-p2'], join(directory, 'nobody.sock'));
    assert.deepEqual(await exit(daemonless.child), [1]);
    assert.match(daemonless.errors(), /lldpd-unreachable/);
  });

  interface Node {
    readonly child: ChildProcess;
    last(): Told | undefined;
    errors(): string;
  }

  /** A daemon that announces every second. */
  async function startLldpd(name: string, interfaces: string) {
    const socketPath = join(directory, `lldpd-${name}.sock`);
    const daemon = within(name, ['lldpd', '-d', '-u', socketPath, '-I', interfaces]);
    for (let tries = 0; ; tries++) {
      const pace = ['-u', socketPath, 'configure', 'lldp', 'tx-interval', '1'];
      if (await run('lldpcli', pace).catch(() => undefined)) return { daemon, socketPath };
      assert.ok(tries < 300, 'lldpd does not come up');
      await sleep(100);
    }
  }

  function start(name: string, interfaces: string[], socketPath = '', codepoints = ''): Node {
    const script = join(import.meta.dirname, 'discovery-node.ts');
    const settings = [interfaces.join(','), socketPath, codepoints];
    const child = within(name, [process.execPath, script, name, ...settings]);
    let last: Told | undefined;
    let rest = '';
    let errors = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) last = JSON.parse(line) as Told;
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    return { child, last: () => last, errors: () => errors };
  }

  async function until(node: Node | undefined, holds: (told: Told) => boolean): Promise<Told> {
    for (let tries = 0; tries < 600; tries++) {
      const told = node?.last();
      if (told && holds(told)) return told;
      await sleep(100);
    }
    assert.fail(`not within a minute: ${JSON.stringify(node?.last())} ${node?.errors()}`);
  }

  /** tcpdump, once it listens. */
  async function record(name: string, interfaceName: string, pcap: string): Promise<ChildProcess> {
    const options = ['-U', '--immediate-mode', '-s', '0', '-i', interfaceName, '-w', pcap];
    const capture = within(name, ['tcpdump', ...options]);
    assert.ok(capture.stderr);
    await once(capture.stderr, 'data');
    return capture;
  }

  /** What a capture holds, in hexadecimal, as soon as all of this is in it: tcpdump may be late under load. */
  async function untilRecorded(pcap: string, all: RegExp[]): Promise<string> {
    for (let tries = 0; tries < 600; tries++) {
      const bytes = readFileSync(pcap).toString('hex');
      if (all.every((one) => one.test(bytes))) return bytes;
      await sleep(100);
    }
    assert.fail(`not within a minute in ${pcap}: ${all.join(' ')}`);
  }

  function within(name: string, command: string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', prefix + name, ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    return child;
  }

  async function connect(a: string, interfaceA: string, b: string, interfaceB: string): Promise<void> {
    const ends = [
      'add',
      interfaceA,
      'netns',
      prefix + a,
      'type',
      'veth',
      'peer',
      'name',
      interfaceB,
      'netns',
      prefix + b,
    ];
    await run('ip', ['link', ...ends]);
    await run('ip', ['-n', prefix + a, 'link', 'set', interfaceA, 'up']);
    await run('ip', ['-n', prefix + b, 'link', 'set', interfaceB, 'up']);
  }
});

async function stop(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = exit(child);
  child.kill('SIGTERM');
  const hard = setTimeoutKill(child);
  await gone;
  clearTimeout(hard);
}

function setTimeoutKill(child: ChildProcess): NodeJS.Timeout {
  return globalThis.setTimeout(() => child.kill('SIGKILL'), 8000);
}

function exit(child: ChildProcess): Promise<[number | null]> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve([child.exitCode]);
  return new Promise((resolve) => child.once('close', (code) => resolve([code])));
}

function whatIsMissing(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'network namespaces and raw frames need root';
  for (const program of ['ip', 'lldpd', 'lldpcli', 'tshark', 'tcpdump']) {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    } catch {
      return `${program} is not installed`;
    }
  }
  return undefined;
}
