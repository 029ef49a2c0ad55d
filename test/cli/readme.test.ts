/** README says what is so: its commands, its links, the kinds of fault, and what `npm start` prints. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { effortOf } from '../../src/collaboration/effort.ts';
import { faultKinds } from '../../src/core/topology.ts';
import { root } from '../support/source.ts';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const readme = read('README.md');

it('the command that tests everything is the one that CI calls', () => {
  const [command] = /^npm ci && npm test$/m.exec(readme) ?? [];
  assert.ok(command);
  assert.equal(read('.ci/run').trim().split('\n').at(-1), command);
});

for (const file of ['README.md', 'docs/architecture.md', 'docs/report.md'])
  it(`every link of ${file} to a file of ours leads there`, () => {
    const links = [...read(file).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
    assert.ok(links.length > 0);
    assert.deepEqual(
      links.filter((link) => !existsSync(join(root, dirname(file), link))),
      [],
    );
  });

it('the kinds of fault are those of topology files', () => {
  const table = readme.slice(readme.indexOf('## What it finds'));
  const told = [...table.matchAll(/^\|`([a-z0-9-]+)`\|/gm)].map(([, kind]) => kind);
  assert.deepEqual(told.sort(), [...faultKinds].sort());
});

it('every kind of fault is shown as it was printed, and every block of a page ends', () => {
  const faults = read('docs/faults.md');
  const shown = [...faults.matchAll(/^\$ .* --fault (\S+) --once\n(\S+: )/gm)].map(([, kind]) => kind);
  assert.deepEqual(shown.sort(), [...faultKinds].sort());
  const pages = [
    'README.md',
    'docs/arena/README.md',
    ...readdirSync(join(root, 'docs')).map((file) => `docs/${file}`),
  ];
  for (const page of pages.filter((file) => file.endsWith('.md')))
    assert.equal((read(page).match(/^ *```/gm)?.length ?? 0) % 2, 0, page);
});

it('what npm runs prints nothing but what confer prints, wherever a page says so', async () => {
  const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((file) => `docs/${file}`)];
  for (const page of pages.filter((file) => file.endsWith('.md')))
    assert.doesNotMatch(read(page), /npm run (?!-s )[^\n]*\bconfer\b/, page);
  const [, words = ''] = /`(npm run -s confer --)` is the same/.exec(readme) ?? [];
  const [program = '', ...args] = words.split(' ');
  const { stdout } = await promisify(execFile)(program, [...args, '--version'], { cwd: root });
  assert.equal(stdout, `${JSON.parse(read('package.json')).version}\n`);
});

it('the link that makes the command `confer` leads to it', () => {
  const [, command = ''] =
    /`ln -s "\$PWD\/(packaging\/confer)" \S+` makes the command `confer`/.exec(readme) ?? [];
  assert.ok(statSync(join(root, command)).mode & 0o111);
});

it('the probes of a path are as many as README says', () => {
  const { probesMax } = effortOf({ kind: 'path-loss', head: 'PE-1', tail: 'PE-3', via: [] }, 2, false);
  const most = probesMax.toLocaleString('en');
  assert.ok(
    readme
      .replaceAll(/\s+/g, ' ')
      .includes(`the ${most} probes that it sends at most for a path and direction`),
  );
});

it('npm start prints what README shows', { timeout: 400_000 }, async () => {
  const { stdout } = await promisify(execFile)('npm', ['--silent', 'start'], { cwd: root });
  const [, written = ''] = /verify (\.confer\/[0-9a-f]{16})\//.exec(stdout) ?? [];
  rmSync(join(root, written), { recursive: true });
  const shown = /^lab: 3 agents[\s\S]*?(?=```)/m.exec(readme)?.[0] ?? '';
  assert.deepEqual(shapeOf(stdout), shapeOf(shown));
});

/** Lines without what differs from run to run: figures, hashes, how often progress was told, who answered first. */
function shapeOf(output: string): string[] {
  const lines = output
    .trim()
    .split('\n')
    .filter((line) => line !== '...' && !line.startsWith('calls: '))
    .map((line) =>
      line
        .replaceAll(/\b[0-9a-f]{16}\b/g, 'ID')
        .replaceAll(/\bsha256:[0-9a-f]{12}\b/g, 'HASH')
        // A model words the conclusion, chooses its words by the figures, and is not waited for.
        .replace(/\bworded by .*; (?=urn:)/, 'worded by SOMEBODY; ')
        .replace(/\bCONFIRMED: .*$/, 'CONFIRMED: SENTENCE')
        .replaceAll(/\d+-\d+-\d+T[\d:.]+Z/g, 'TIME')
        .replaceAll(/(?<![\w.])\d+(?:\.\d+)?(?![\w.])/g, 'N')
        .replaceAll(/\be\d+\b/g, 'eN')
        .replaceAll(/ +|─+/g, ' ')
        .trim(),
    );
  const sessions = lines.filter((line) => line.startsWith('sessions: ')).sort();
  return lines.map((line) => (line.startsWith('sessions: ') ? (sessions.shift() ?? '') : line));
}
