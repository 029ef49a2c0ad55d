/** What is shipped beside the program: the unit, the example configuration, the wrapper, and what the page promises. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseAgentConfig } from '../../../src/agent/config.ts';
import { root } from '../../support/source.ts';

const unitFile = join(root, 'packaging/systemd/confer-agent.service');
const page = readFileSync(join(root, 'docs/deploy.md'), 'utf8');
/** systemd's own scale: 0 = nothing is exposed, 10 = everything. */
const exposureMax = 2.5;

describe('the systemd unit', () => {
  const unit = readFileSync(unitFile, 'utf8');

  it('gives a user other than root two capabilities and no way to more', () => {
    for (const line of [
      'User=confer',
      'AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW',
      'CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW',
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
    ])
      assert.ok(unit.split('\n').includes(line), line);
  });

  it('leaves the device its memory and its processor', () => {
    for (const name of ['MemoryMax', 'CPUQuota', 'TasksMax', 'Nice'])
      assert.match(unit, new RegExp(`^${name}=`, 'm'));
  });

  it('starts the command of this package', () => {
    const [, command = ''] = /^ExecStart=\/opt\/confer\/(\S+) agent /m.exec(unit) ?? [];
    assert.equal(command, 'packaging/confer');
    assert.ok(statSync(join(root, command)).mode & 0o111);
  });

  const offline = spawnSync('systemd-analyze', ['security', '--offline=true', unitFile], {
    encoding: 'utf8',
  });
  const skip = offline.status === null || /unrecognized option/.test(offline.stderr);
  it('is little exposed, as systemd counts', { skip: skip && 'needs systemd-analyze 250 or newer' }, () => {
    const [, level] = /Overall exposure level for \S+: ([\d.]+)/.exec(offline.stdout) ?? [];
    assert.ok(Number(level) <= exposureMax, `${level}: ${offline.stderr}`);
  });
});

describe('examples/agent.yaml', () => {
  it('is a whole configuration', () => {
    const file = join(root, 'examples/agent.yaml');
    const config = parseAgentConfig(readFileSync(file, 'utf8'), file);
    assert.equal(config.driver, 'linux');
    assert.equal(config.listen.host, config.advertise.host);
  });
});

describe('packaging/confer', () => {
  it('runs with its own Node through a link, whatever Node is installed', () => {
    const directory = mkdtempSync(join(tmpdir(), 'confer-packaging-'));
    try {
      symlinkSync(join(root, 'packaging/confer'), join(directory, 'confer'));
      const { status, stdout, stderr } = spawnSync(join(directory, 'confer'), ['agent', '--help'], {
        encoding: 'utf8',
        cwd: directory,
        env: { PATH: '/usr/bin:/bin' },
      });
      assert.equal(status, 0, stderr);
      assert.equal(stderr, '');
      assert.match(stdout, /confer agent --config/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('npm run build', () => {
  it('makes a command that is the same, of fewer files', () => {
    mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
    const directory = mkdtempSync(join(root, 'node_modules/.cache/confer-build-test-'));
    try {
      const building = spawnSync(process.execPath, [join(root, 'scripts/build.ts'), directory]);
      assert.equal(building.status, 0, String(building.stderr));
      const run = (program: string, ...args: string[]) =>
        spawnSync(process.execPath, [join(program), ...args], { cwd: tmpdir(), encoding: 'utf8' });
      for (const args of [
        ['--version'],
        ['agent', '--help'],
        ['agent', '--config', join(root, 'examples/agent.yaml')],
        ['model', 'parse', 'loss PE-1 -> PE-3 over P-2', '--json'],
        ['sim', '--seeds', '1..2', '--jobs', '2', '--json'],
      ]) {
        const [built, sources] = [
          run(join(directory, 'cli.js'), ...args),
          run(join(root, 'src/cli.ts'), ...args),
        ];
        assert.deepEqual(
          [built.status, built.stdout, built.stderr],
          [sources.status, sources.stdout, sources.stderr],
          args.join(' '),
        );
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('packaging/pack.sh', () => {
  it('says how to use it', () => {
    const { status, stderr } = spawnSync(join(root, 'packaging/pack.sh'), { encoding: 'utf8' });
    assert.equal(status, 2);
    assert.match(stderr, /^Usage: packaging\/pack\.sh FILE\.tar$/m);
  });
});

describe('the troubleshooting table of docs/deploy.md', () => {
  const source = ['src', 'crypto', 'discovery']
    .flatMap((directory) =>
      readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(root, directory, file),
      ),
    )
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const rows = page
    .slice(page.indexOf('\n|message|'))
    .split('\n')
    .filter((line) => /^\|[^-m]/.test(line));

  it('has rows', () => assert.ok(rows.length >= 15, `${rows.length}`));
  for (const row of rows) {
    const cell = row.split('|')[1] ?? '';
    it(`quotes what the program says: ${cell}`, () => {
      for (const [, quoted = ''] of cell.matchAll(/`((?:[^`\\]|\\.)+)`/g))
        for (const piece of quoted
          .split('…')
          .map((text) => text.trim())
          .filter(Boolean))
          assert.ok(source.includes(piece) || source.includes(piece.replaceAll('`', '\\`')), piece);
    });
  }
});
