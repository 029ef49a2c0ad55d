/**
 * docs/deploy.md, executed: every `sh` block of the page, in its order, on three routers and an operator's machine that
 * this test makes from network namespaces, without `confer lab`. The agents run as the shipped unit says: as the user
 * `confer`, with two capabilities, on a read-only file system.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../src/core/records.ts';
import { labTest } from '../support/lab.ts';
import { deployBlocks } from './deploy-document.ts';
import { namespacesOf } from './deploy-leftovers.ts';
import { type Machine, Machines } from './deploy-machines.ts';

const tools = [
  'ip',
  'nft',
  'sysctl',
  'nsenter',
  'unshare',
  'setpriv',
  'useradd',
  'ping',
  'bash',
  'lldpd',
  'npm',
];
const domainMsMax = 120_000;
/** lldpd announces every 30 s unless told otherwise. */
const lldpdIntervalS = 2;

/** Input: the page. Output: what the page says comes of it, and nothing left behind. */
labTest('docs/deploy.md works as it is written', { tools, timeoutMs: 300_000 }, async (context) => {
  const directories: string[] = [];
  {
    await using machines = await Machines.open();
    const { operator, routers } = machines;
    directories.push(...[operator, ...routers].map(({ directory }) => directory));
    await operator.run('cd ~/confer\n');
    for (const block of deployBlocks()) {
      const places = block.place === 'operator' ? [operator] : placesOf(machines, block.place);
      if (block.label === 'lldpd') for (const router of routers) startLldpd(router);
      const started = performance.now();
      let said = '';
      for (const machine of places) {
        const { status, output, errors } = await machine.run(block.text);
        assert.equal(status, 0, `docs/deploy.md:${block.line} on ${machine.name}: ${output}\n${errors}`);
        said += `${output}\n`;
      }
      const isStop = block.text.includes('systemctl disable');
      if (isStop) for (const router of routers) assert.equal(await stopOf(router), 0);
      for (const machine of places) await machine.obey();
      if (block.text.includes('systemctl') && !isStop) await untilDomain(routers);
      if (block.text.includes('systemctl enable')) for (const router of routers) checkProcess(router);
      if (block.text.includes('daemon-reload')) verifyUnit(routers[0], context);
      if (block.label !== undefined) checks[block.label]?.(said, machines);
      context.diagnostic(`line ${block.line}, ${block.place}: ${Math.round(performance.now() - started)} ms`);
    }
    // Nothing of ours stays in a router: no counters, no sockets.
    for (const router of routers) {
      await router.stopDaemon();
      assert.doesNotMatch(inRouter(router, 'nft', 'list', 'tables'), /confer_/);
      assert.equal(inRouter(router, 'sh', '-c', 'tail -qn +2 /proc/self/net/raw6 /proc/self/net/packet'), '');
    }
  }
  assert.deepEqual(namespacesOf(process.pid), []);
  for (const directory of directories) {
    assert.equal(existsSync(directory), false);
    assert.doesNotMatch(readFileSync('/proc/mounts', 'utf8'), new RegExp(directory));
  }
});

const checks: Record<string, (said: string, machines: Machines) => void> = {
  healthy: (said, machines) => {
    assert.match(said, /NO_FAULT/);
    assert.match(said, /The report holds\./);
    assert.equal(reportOf(machines, 'healthy').verdict, 'NO_FAULT');
  },
  faulty: (said, machines) => {
    assert.match(said, /^CONFIRMED: /m);
    const report = reportOf(machines, 'faulty');
    assert.equal(report.creator, 'PE-1');
    assert.deepEqual(report.untrusted, []);
    const [finding, ...others] = report.findings;
    assert.deepEqual(others, []);
    assert.ok(finding !== undefined);
    assert.equal(finding.kind, 'egress-acl');
    assert.deepEqual(finding.element, { node: 'P-2', interface: 'p2-pe3', peer: 'PE-3', object: '2001' });
    assert.equal(finding.direction, 'forward');
    const [low, high] = finding.lossPercentInterval;
    assert.ok(low <= 5.5 && high >= 4.5, `5 % is not from ${low} to ${high} %`);
  },
  reports: (said, machines) => {
    assert.match(said, /The report holds\./);
    for (const name of ['healthy', 'faulty']) {
      const id = reportOf(machines, name).uri.split('/').at(-1) ?? 'no id';
      assert.ok(said.includes(id), `the agent keeps the report ${name}`);
    }
  },
  revoked: (_said, machines) => {
    const reasons = machines
      .router('PE-1')
      .logged('connection refused')
      .map(({ reason }) => reason);
    assert.deepEqual(reasons, ['revoked']);
  },
  renewed: (_said, machines) => {
    const report = reportOf(machines, 'renewed');
    assert.equal(report.verdict, 'NO_FAULT');
    assert.deepEqual(report.untrusted, []);
  },
};

function placesOf(machines: Machines, place: string): readonly Machine[] {
  return place === 'router' ? machines.routers : [machines.router(place)];
}

function reportOf({ operator }: Machines, name: string): Report {
  return JSON.parse(readFileSync(operator.file(`/root/${name}/report.json`), 'utf8')) as Report;
}

function inRouter({ namespace }: Machine, ...command: string[]): string {
  return execFileSync('ip', ['netns', 'exec', namespace, ...command], { encoding: 'utf8' }).trim();
}

/** Every agent serves, and its log names the two others, as the page says. */
async function untilDomain(routers: readonly Machine[]): Promise<void> {
  const deadline = performance.now() + domainMsMax;
  for (const router of routers) {
    const others = routers.filter((one) => one !== router).map(({ name }) => name);
    const heard = () => router.logged('domain').at(-1)?.nodes as string[] | undefined;
    while (!router.serves || !others.every((name) => heard()?.includes(name))) {
      assert.ok(router.serviceRuns, `the agent of ${router.name} ended:\n${router.journal()}`);
      assert.ok(performance.now() < deadline, `${router.name} heard ${heard()}:\n${router.journal()}`);
      await sleep(50);
    }
  }
}

/** The process is what the unit promises: another user, two capabilities, no way to more, nothing to write to. */
function checkProcess(router: Machine): void {
  const status = readFileSync(`/proc/${router.servicePid}/status`, 'utf8');
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  assert.notEqual(field('Uid').split('\t')[0], '0');
  const both = (1n << 12n) | (1n << 13n);
  for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
    assert.equal(BigInt(`0x${field(set)}`), both, `${router.name}: ${set}`);
  assert.equal(field('NoNewPrivs'), '1');
}

/** systemd reads the unit without complaint, where it lies, with what it starts. */
function verifyUnit(router: Machine | undefined, context: TestContext): void {
  const command = ['--target', String(router?.pid), '--net', '--mount', '--', 'systemd-analyze', 'verify'];
  const { status, stdout, stderr } = spawnSync('nsenter', [...command, 'confer-agent.service'], {
    encoding: 'utf8',
  });
  if (status === 127) context.diagnostic('systemd-analyze is not installed: the unit was not verified');
  else assert.deepEqual([status, stdout, stderr], [0, '', '']);
}

function startLldpd(router: Machine): void {
  router.startDaemon('lldpd', '-d', '-I', '*-*', '-M', '1');
  const give = ['lldpcli', 'configure', 'lldp', 'tx-interval', String(lldpdIntervalS)];
  const command = ['--target', String(router.pid), '--net', '--mount', '--', ...give];
  for (let tries = 50; spawnSync('nsenter', command).status !== 0; tries--) {
    assert.ok(tries > 0, `lldpd of ${router.name} does not answer`);
    spawnSync('sleep', ['0.1']);
  }
}

async function stopOf(router: Machine): Promise<number | null> {
  const status = await router.stop();
  assert.equal(router.logged('stopping').length, 1);
  return status;
}
