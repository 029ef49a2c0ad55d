/** `confer lab` from outside: what it prints, what it leaves, and how it ends. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { reportSchema } from '../../src/core/report-schema.ts';
import { confer, refuses, scratch, start, threeRouters } from './confer.ts';

const directory = scratch({
  'intent.yaml': '---\nkind: path-loss\nhead: PE-1\ntail: PE-3\nvia: [P-2]\n',
  'intent.json': '{"kind": "path-loss", "head": "PE-3", "tail": "PE-1", "via": ["P-2"]}',
});
after(() => directory[Symbol.dispose]());
const at = (name: string) => join(directory.path, name);

/** Runs a lab to its end and returns the one JSON object that stdout carries. */
async function labJson(...args: string[]) {
  const ended = await confer('lab', threeRouters, '--json', ...args);
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal(ended.stdout.indexOf('\n'), ended.stdout.length - 1, 'one line');
  const { report, verification, timingsMs, ...rest } = JSON.parse(ended.stdout);
  assert.deepEqual(rest, {});
  return { report: reportSchema.parse(report), verification, timingsMs, progress: ended.stderr };
}

describe('confer lab --json --out', () => {
  it('prints one JSON object, tells its steps on stderr, and leaves a report that verifies', async () => {
    const out = at('new/out');
    const { report, verification, timingsMs, progress } = await labJson('--out', out, '--seed', '7');
    assert.equal(verification.ok, true);
    assert.equal(report.findings[0]?.kind, 'egress-acl');
    assert.deepEqual(Object.keys(timingsMs), ['start', 'intent', 'verify']);
    assert.ok(Object.values(timingsMs).every((ms) => Number.isInteger(ms)));
    for (const step of [
      'intent',
      'discovery',
      'sessions',
      'path',
      'calls',
      'verified',
      'correlation',
      'report',
    ])
      assert.match(progress, new RegExp(`^${step}: `, 'm'));

    assert.deepEqual(readdirSync(out).sort(), ['ca.pem', 'pcap', 'report.html', 'report.json']);
    assert.deepEqual(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')), report);
    const captures = readdirSync(join(out, 'pcap'));
    const senders = report.envelopes.flatMap(({ node, pcapSha256 }) =>
      pcapSha256 === undefined ? [] : node,
    );
    assert.deepEqual(captures.sort(), [...new Set(senders)].map((node) => `${node}.pcap`).sort());
    for (const file of captures)
      assert.match(
        readFileSync(join(out, 'pcap', file)).toString('hex'),
        /^(d4c3b2a1|a1b2c3d4|4d3cb2a1|a1b23c4d)/,
      );

    const verified = await confer(
      'report',
      'verify',
      join(out, 'report.json'),
      '--trust',
      join(out, 'ca.pem'),
    );
    assert.equal(verified.code, 0, verified.stdout);
    assert.match(verified.stdout, /^The report holds\.$/m);
  });
});

describe('confer lab and its intents', { concurrency: 2 }, () => {
  it('reads YAML, and puts no fault in force when told so', async () => {
    const { report } = await labJson('--no-faults', '--intent-file', at('intent.yaml'));
    assert.equal(report.verdict, 'NO_FAULT');
    assert.deepEqual(report.intent, { kind: 'path-loss', head: 'PE-1', tail: 'PE-3', via: ['P-2'] });
  });

  it('reads JSON, and puts in force what --fault names', async () => {
    const { report } = await labJson('--fault', 'sid-missing', '--intent-file', at('intent.json'));
    assert.equal(report.creator, 'PE-3');
    assert.deepEqual(
      report.findings.map(({ kind, element }) => [kind, element.node]),
      [['sid-missing', 'P-2']],
    );
  });

  /** In one sentence: the lab does not even come up. */
  const refused: [what: string, intent: string, told: RegExp][] = [
    ['an unknown node', 'loss from PE-1 to PE-33', /has no node PE-33; nearest names: PE-3, PE-1, P-2\.$/m],
    [
      'what cannot be served',
      'Reboot PE-1',
      /^confer: This intent cannot be served: this would change a device/,
    ],
    [
      'a node twice',
      'loss from PE-1 to PE-3 via PE-1',
      /--intent: The path PE-1, PE-1, PE-3 names a node twice/,
    ],
    [
      'broken JSON',
      '{"head": "PE-1", "tail" "PE-3"}',
      /^confer: --intent:1: column 25: this is no YAML: expected a comma or a colon\.$/m,
    ],
    ['broken YAML', 'head: PE-1\ntail: [', /^confer: --intent:2: column \d+: /],
    [
      'two intents',
      'loss from PE-1 to PE-3\nloss from PE-3 to P-2',
      /--intent holds 2 intents, in lines 1, 2: /,
    ],
    ['control characters', 'loss from PE-1 to \u001b[2JPE-3', /--intent is no text: /],
  ];
  for (const [what, intent, told] of refused)
    it(`refuses ${what} before the lab comes up`, () =>
      refuses(['lab', threeRouters, '--once', '--intent', intent], 2, told));
});

describe('confer lab whose head is dead', () => {
  it('says that the fault in force killed its agent, asks nobody, and stays up until Ctrl-D', async () => {
    using place = scratch();
    const { code, stdout, stderr } = await confer(
      ...['lab', threeRouters, '--fault', 'node-crash', '--out', place.path],
      ...['--intent', 'loss from P-2 to PE-3'],
    );
    assert.equal(code, 1, stdout);
    assert.equal(
      stderr,
      'confer: P-2 has no agent to ask: the lab killed it by the fault in force, node-crash. Ask at another node, or choose another fault.\n',
    );
  });

  it('names the node whose agent ended by itself, and quits', async () => {
    using place = scratch();
    process.env.TMPDIR = place.path;
    const lab = start(['lab', threeRouters, '--no-faults', '--out', 'out'], {
      cwd: place.path,
      stdin: 'pipe',
    });
    delete process.env.TMPDIR;
    await lab.printed(/The lab stays up\. Type another intent; quit, Ctrl-D or Ctrl-C takes it down\./);
    const agents = spawnSync('pgrep', ['-f', `${place.path}/.*nodes/P-2/agent\\.yaml`], { encoding: 'utf8' });
    process.kill(Number(agents.stdout.trim()), 'SIGKILL');
    await lab.printed(/^confer: The agent of P-2 ended unexpectedly, SIGKILL\.$/m);
    lab.child.stdin?.write('loss from P-2 to PE-3\nquit\n');
    const { code, stderr } = await lab.ended;
    assert.equal(code, 1, stderr);
    assert.equal(stderr.match(/ended unexpectedly/g)?.length, 1, 'none of those that the lab stops');
    assert.match(
      stderr,
      /^confer: at P-2: 127\.0\.0\.1 port \d+ cannot be reached: nobody listens there\. /m,
    );
  });
});

describe('confer lab that stays up', () => {
  it('takes more intents until it is told to exit, and exits with the worst code', async () => {
    using place = scratch();
    const lab = start(['lab', threeRouters, '--no-faults', '--out', 'out'], {
      cwd: place.path,
      stdin: 'pipe',
    });
    await lab.printed(/The lab stays up/);
    lab.child.stdin?.write('Reboot PE-1\n\nloss from PE-1 to P-22\nloss from PE-3 to PE-1\n Exit \nloss\n');
    const { code, stdout, stderr } = await lab.ended;
    assert.equal(code, 2, stderr);
    assert.equal(stdout.match(/^NO_FAULT: /gm)?.length, 2, stdout);
    assert.match(stderr, /^confer: This intent cannot be served: .*$/m);
    assert.match(stderr, /^confer: The topology pe1-p2-pe3 has no node P-22; nearest names: P-2, /m);
    assert.match(
      stdout,
      /^From another terminal: (?:node \S+cli\.ts|npm run -s confer --) ask "loss from \.\.\." --agent https:\S+ --identity \S+$/m,
    );
    assert.match(stdout, /^Others: P-2 https:\S+, PE-3 https:\S+$/m);
    assert.ok(existsSync(join(place.path, 'out/report.json')));
    const beside = readdirSync(join(place.path, 'out')).filter((name) => name.startsWith('report-'));
    assert.deepEqual(beside, ['report-2'], 'what was refused is no report');
    assert.ok(existsSync(join(place.path, 'out/report-2/report.json')));
  });

  for (const [when, pattern] of [
    ['agents start', /./],
    ['an intent runs', /^calls: /m],
    ['it waits for an intent', /The lab stays up/],
  ] as const)
    it(`ends at one Ctrl-C while ${when}, and leaves nothing`, async () => {
      using place = scratch();
      process.env.TMPDIR = place.path;
      const lab = start(['lab', threeRouters], { cwd: place.path, stdin: 'pipe', ownGroup: true });
      delete process.env.TMPDIR;
      await (when === 'agents start'
        ? new Promise<void>((resolve) => {
            const poll = setInterval(() => {
              if (globSync('confer-lab-*/nodes/*', { cwd: place.path }).length === 0) return;
              clearInterval(poll);
              resolve();
            }, 10);
          })
        : lab.printed(pattern));
      // What a terminal does, and npm once more.
      const group = -(lab.child.pid ?? 0);
      process.kill(group, 'SIGINT');
      lab.child.kill('SIGINT');
      const { code, signal, stderr } = await lab.ended;
      assert.deepEqual(
        { code, signal },
        { code: when === 'it waits for an intent' ? 0 : 1, signal: null },
        stderr,
      );
      assert.equal(stderr, code === 0 ? '' : 'confer: Interrupted; the lab was taken down.\n');
      assert.throws(() => process.kill(group, 0), { code: 'ESRCH' });
      assert.deepEqual(globSync('confer-lab-*', { cwd: place.path }), []);
    });
});

describe('confer lab --world kernel', { skip: process.platform !== 'linux' && 'needs Linux' }, () => {
  it('says what it needs when it is not root', {
    skip: process.getuid?.() === 0 && !canDrop() && 'no setpriv',
  }, async () => {
    if (process.getuid?.() !== 0)
      return await refuses(['lab', threeRouters, '--world', 'kernel', '--once'], 1, /root/);
    const { node, cli } = await import('./confer.ts');
    const dropped = ['--reuid=65534', '--regid=65534', '--clear-groups', node, cli];
    const { status, stderr } = spawnSync(
      'setpriv',
      [...dropped, 'lab', threeRouters, '--world', 'kernel', '--once'],
      {
        encoding: 'utf8',
        timeout: 60_000,
      },
    );
    assert.equal(status, 1, stderr);
    assert.match(stderr, /^confer: .*root/);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  });
});

function canDrop(): boolean {
  return spawnSync('setpriv', ['--version']).status === 0;
}
