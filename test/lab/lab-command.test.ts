/**
 * `confer lab --world kernel` from outside: whatever ends it, no namespace, process, rule, route or state file of it is
 * left, and what it did not make is still there.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import { skipWithoutLab } from '../support/lab.ts';
import { root } from '../support/source.ts';

const foreign = `foreign-${process.pid}`;
/** Where the labs of this file keep their agents' configurations: tells their processes from those of others. */
const temporary = mkdtempSync(join(tmpdir(), 'confer-lab-command-'));

describe('confer lab --world kernel', {
  skip: skipWithoutLab({ tools: ['ip', 'nft', 'tshark', 'ps'] }),
}, () => {
  after(() => rmSync(temporary, { recursive: true }));

  it('success: a report that verifies, packets that tshark opens, nothing left', {
    timeout: 120_000,
  }, async () => {
    using before = machineState();
    const out = mkdtempSync(join(tmpdir(), 'confer-kernel-out-'));
    const lab = startLab('--once', '--out', out);
    assert.equal(await ended(lab), 0);
    const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
    assert.equal(report.hypothesis, 'PE-1 egress ACL 2001');
    const captures = readdirSync(join(out, 'pcap'));
    assert.deepEqual(captures.sort(), ['P-2.pcap', 'PE-1.pcap', 'PE-3.pcap']);
    for (const capture of captures) {
      const decoded = execFileSync('tshark', ['-r', join(out, 'pcap', capture), '-V'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      assert.match(decoded.toString(), /Segment Routing/);
      assert.doesNotMatch(decoded.toString(), /Malformed/);
    }
    rmSync(out, { recursive: true });
    before.assertSame();
  });

  it('in-band: the head need not be the first node of the file, and its own link may be dead', {
    timeout: 120_000,
  }, async () => {
    const topology = join(temporary, 'second-head.yaml');
    writeFileSync(topology, inBandFromTheSecond);
    const lab = startLabOf(topology, '--once', '--out', join(temporary, 'in-band'));
    assert.equal(await ended(lab), 0);
    const report = JSON.parse(readFileSync(join(temporary, 'in-band/report.json'), 'utf8'));
    assert.equal(report.creator, 'B');
  });

  it('failure: an intent at a router that has crashed leaves nothing', { timeout: 400_000 }, async () => {
    using before = machineState();
    const lab = startLab('--once', '--fault', 'node-crash', '--intent', 'loss from P-2 to PE-3');
    assert.equal(await ended(lab), 1);
    before.assertSame();
  });

  for (const moment of ['agents serve', '919 probes'])
    it(`Ctrl-C when "${moment}": leaves nothing`, { timeout: 400_000 }, async () => {
      using before = machineState();
      const lab = startLab('--once');
      await said(lab, moment);
      lab.kill('SIGINT');
      assert.equal(await ended(lab), 1);
      before.assertSame();
    });

  it('kill -9: the next start removes what was left', { timeout: 400_000 }, async () => {
    using before = machineState();
    const killed = startLab('--once');
    await said(killed, '919 probes');
    killed.kill('SIGKILL');
    await ended(killed);
    const next = startLab('--once');
    assert.equal(await ended(next), 0);
    before.assertSame();
  });
});

/** B is asked, and the link over which everybody else would reach it is down. */
const inBandFromTheSecond = `
name: second-head
topology:
  defaults:
    labels:
      confer.management: in-band
      confer.intent: Verify packet loss on the SRv6 path from B to A
  nodes:
    A:
    B:
      labels:
        confer.fault.cut: kind=link-down interface=b-a active=true
  links:
    - endpoints: ["A:a-b", "B:b-a"]
`;

function startLab(...flags: string[]): ChildProcess {
  return startLabOf(join(root, 'topologies/pe1-p2-pe3.yaml'), ...flags);
}

function startLabOf(topology: string, ...flags: string[]): ChildProcess {
  const cli = join(root, 'src/cli.ts');
  const lab = spawn(process.execPath, [cli, 'lab', topology, '--world', 'kernel', ...flags], {
    cwd: temporary,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  lab.stdout?.setMaxListeners(20);
  return lab;
}

async function said(lab: ChildProcess, words: string): Promise<void> {
  assert.ok(lab.stdout);
  for await (const line of createInterface({ input: lab.stdout })) if (line.includes(words)) break;
  lab.stdout.resume();
}

async function ended(lab: ChildProcess): Promise<number | null> {
  lab.stdout?.resume();
  if (lab.exitCode === null && lab.signalCode === null) await once(lab, 'exit');
  return lab.exitCode;
}

/** What a lab could leave on this machine; a namespace that is not the lab's stands by and must survive. */
function machineState(): { assertSame(): void } & Disposable {
  execFileSync('ip', ['netns', 'add', foreign]);
  const state = () => ({
    namespaces: run('ip', 'netns', 'list')
      .split('\n')
      .map((line) => line.split(' ')[0])
      .sort(),
    links: run('ip', '-br', 'link', 'show')
      .split('\n')
      .map((line) => line.split(' ')[0])
      .sort(),
    rules: run('nft', 'list', 'ruleset'),
    routes: run('ip', '-6', 'route', 'show', 'table', 'all').replaceAll(/expires \d+sec/g, ''),
    stateFiles: existsSync('/run/confer-lab') ? readdirSync('/run/confer-lab') : [],
    agents: run('ps', '-eo', 'args')
      .split('\n')
      .filter((line) => line.includes(temporary)),
  });
  const before = state();
  return {
    assertSame: () => assert.deepEqual(state(), before),
    [Symbol.dispose]: () => {
      execFileSync('ip', ['netns', 'del', foreign]);
    },
  };
}

function run(tool: string, ...args: string[]): string {
  return execFileSync(tool, args).toString();
}
