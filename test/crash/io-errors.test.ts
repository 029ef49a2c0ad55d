/** Input: a disk that is full, that fails, or whose content is damaged. Output: an agent that stops and says why. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrashDomain } from '../../scripts/crash/domain.ts';
import { Ledger } from '../../scripts/crash/ledger.ts';
import { Load } from '../../scripts/crash/load.ts';
import { createSystemRandom } from '../../src/system/random.ts';
import { confer, node as nodeCommand, scratch, threeRouters } from '../cli/confer.ts';
import { labTest } from '../support/lab.ts';
import { root } from '../support/source.ts';

const node = 'P-2';

labTest(
  'a full disk ends the agent with one sentence, and what it answered is on record [T37]',
  { tools: ['mount'] },
  async () => {
    using directory = scratch();
    await using domain = await CrashDomain.prepare(directory.path, threeRouters, createSystemRandom());
    using _disk = mounted(domain.store(node), ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs']);
    const { ledger, code } = await loadedToTheEnd(domain);
    assert.equal(code, 1);
    assert.match(
      domain.lastWords(node),
      /confer: The store in .* could not .*(full|no space|disk I\/O error)[^|]*then restart\.$/i,
    );
    assert.ok(ledger.answers > 10, `${ledger.answers} answers`);
    await ledger.audited(node, domain.store(node));
    assert.deepEqual(ledger.failures, []);
    assert.equal(domain.countings(node), 0);
  },
);

labTest(
  'a disk that fails ends the agent with one sentence, and loses nothing that it answered [T37]',
  { tools: ['mount', 'mkfs.ext4', 'perl'] },
  async () => {
    using directory = scratch();
    await using domain = await CrashDomain.prepare(directory.path, threeRouters, createSystemRandom());
    const image = join(directory.path, 'image');
    assert.equal(spawnSync('truncate', ['--size', '16M', image]).status, 0);
    assert.equal(spawnSync('mkfs.ext4', ['-q', image]).status, 0);
    using disk = mounted(domain.store(node), ['-o', 'loop', image]);
    const { ledger, code } = await loadedToTheEnd(domain, () =>
      domain.whileHalted(node, () => failDisk(domain.store(node))),
    );
    assert.equal(code, 1);
    assert.match(
      domain.lastWords(node),
      /confer: The store in .* could not .*(I\/O error|EIO)[^|]*then restart\.$/i,
    );
    // As after a power cut: what was not synced is gone, what was acknowledged must not be.
    disk[Symbol.dispose]();
    using _again = mounted(domain.store(node), ['-o', 'loop', image]);
    await ledger.audited(node, domain.store(node));
    assert.deepEqual(ledger.failures, []);
    assert.ok(ledger.answers >= 10);
  },
);

describe('a store that is damaged', () => {
  it('keeps the agent from starting, in one sentence, where the trail is not whole [T37]', async () => {
    using directory = scratch();
    await using domain = await CrashDomain.prepare(directory.path, threeRouters, createSystemRandom());
    await domain.start(node);
    assert.equal(await domain.end(node, 'SIGTERM'), 0, domain.lastWords(node));
    const file = join(domain.store(node), 'confer.sqlite');
    const whole = readFileSync(file);
    const damages: [string, Buffer, RegExp][] = [
      [
        'a changed record',
        replaced(whole, '"stopped"', '"started"'),
        /audit trail of P-2 does not hold at record \d+/,
      ],
      ['garbage', garbled(whole), /malformed|not a database|could not|does not hold/],
    ];
    for (const [what, bytes, told] of damages) {
      writeFileSync(file, bytes);
      await assert.rejects(domain.start(node), (error: unknown) => {
        assert.match(String(error), told, what);
        assert.match(String(error), /ended with 1/);
        return true;
      });
      const verified = await confer('audit', 'verify', domain.store(node));
      assert.equal(verified.code, 1, `${what}: ${verified.stdout}${verified.stderr}`);
      writeFileSync(file, whole);
    }
    const { code, stdout } = await confer(
      'audit',
      'verify',
      domain.store(node),
      '--trust',
      domain.trustAnchorFile,
    );
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^P-2: 2 records from .*, numbers 0 to 1\.$/m);
    await domain.start(node);
  });
});

it('a log that cannot be written stops nobody', async () => {
  const code = `
    const { createStderrLog } = await import(${JSON.stringify(join(root, 'src/system/log.ts'))});
    const log = createStderrLog('P-2');
    for (let line = 0; line < 3; line += 1) { log.info('a line'); await new Promise(setImmediate); }
    process.stdout.write('still here');
  `;
  const full = openSync('/dev/full', 'w');
  const child = spawn(nodeCommand, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', full] });
  let told = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    told += chunk;
  });
  const [exitCode] = await once(child, 'close');
  assert.deepEqual([exitCode, told], [0, 'still here']);
});

/** Readers ask until the agent ends by itself; `meanwhile` happens once it has answered some. */
async function loadedToTheEnd(
  domain: CrashDomain,
  meanwhile = async () => {},
): Promise<{ ledger: Ledger; code: number | null }> {
  const ledger = new Ledger(domain.trustAnchorPem);
  await domain.start(node);
  const load = new Load(domain, node, ledger, { readers: 8 });
  const late = setTimeout(() => void domain.end(node, 'SIGKILL'), 60_000);
  while (ledger.answers < 10 && domain.isRunning(node)) await sleep(20);
  await meanwhile();
  const code = await domain.ended(node);
  clearTimeout(late);
  await load.stop();
  return { ledger, code };
}

function mounted(at: string, args: string[]): Disposable {
  mkdirSync(at, { recursive: true });
  const { status, stderr } = spawnSync('mount', [...args, at], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return { [Symbol.dispose]: () => void spawnSync('umount', [at]) };
}

/**
 * The kernel lets the file system fail from now on, as it does after an error of the disk: FS_IOC_SHUTDOWN, no log flush.
 * A sync that is under way meanwhile may succeed and be lost all the same (ext4 looks at this before it writes, and never
 * again), which no disk does: whoever writes is halted.
 */
function failDisk(at: string): void {
  assert.ok(statSync(at).isDirectory());
  const program =
    'open(F, "<", $ARGV[0]) or die $!; my $how = pack("L", 2); ioctl(F, 0x8004587d, $how) or die $!;';
  const { status, stderr } = spawnSync('perl', ['-e', program, join(at, 'owner.sqlite')], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
}

function replaced(bytes: Buffer, from: string, to: string): Buffer {
  const at = bytes.lastIndexOf(from);
  assert.ok(at >= 0 && from.length === to.length);
  const changed = Buffer.from(bytes);
  changed.write(to, at);
  return changed;
}

/** All pages but the first, which says that it is a database. */
function garbled(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, 4_096), Buffer.alloc(bytes.length - 4_096, 0x5a)]);
}
