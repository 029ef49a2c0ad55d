/** docs/requirements.md says the truth: every id is there, and what is called met is cited by the tests that it names. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { root, type SourceFile, sourceFiles } from './support/source.ts';

interface Row {
  id: string;
  what: string;
  status: string;
  /** Test files of a row that is met, what is missing of one that is open. */
  where: string;
}

/** How many requirements each draft has. */
const drafts = { Y: 27, T: 41, N: 22 };
const ids = Object.entries(drafts).flatMap(([draft, count]) =>
  Array.from({ length: count }, (_, index) => `${draft}${index + 1}`),
);

const rows = rowsOf(readFileSync(join(root, 'docs/requirements.md'), 'utf8'));
const tests = sourceFiles('test/**/*.test.ts').filter(({ path }) => path !== 'test/requirements.test.ts');

describe('the table of requirements', () => {
  it('has every id once, in order, and nothing else', () => {
    assert.deepEqual(
      rows.map(({ id }) => id),
      ids,
    );
  });

  it('says of each what is asked, and whether it is met or what is missing', () => {
    const incomplete = rows.filter(
      ({ what, status, where }) => what === '' || where === '' || !['met', 'open'].includes(status),
    );
    assert.deepEqual(incomplete, []);
  });

  it('calls nothing met that its tests do not cite', () => {
    assert.ok(rows.some(({ status }) => status === 'met'));
    assert.deepEqual(unproved(rows, tests), []);
  });

  it('knows every id that a test cites', () => {
    assert.deepEqual(unknownCitations(tests), []);
  });
});

describe('the check of the table', () => {
  const met = { id: 'T21', what: 'discovery', status: 'met', where: '`test/a.test.ts`' };
  const citing = [
    "test('hears its neighbours [T21]', () => {});",
    "describe('discovery (T20, T21)', () => {});",
    '// requirement: T20, T21\ntest("anything", () => {});',
    'labTest(`T21: real frames`, needs, body);',
    "  it.skip(\n    'T21',\n  );",
  ];
  for (const text of citing)
    it(`sees the citation in ${text.replace(/\s+/g, ' ').trim()}`, () => {
      assert.deepEqual(unproved([met], [{ path: 'test/a.test.ts', text }]), []);
    });

  const notCiting: [string, SourceFile[]][] = [
    ['another id', [{ path: 'test/a.test.ts', text: "test('T210 and T2', () => {});" }]],
    ['an ordinary string', [{ path: 'test/a.test.ts', text: "assert.equal(node, 'T21');" }]],
    ['another file', [{ path: 'test/b.test.ts', text: "test('T21', () => {});" }]],
    ['no file', []],
  ];
  for (const [what, files] of notCiting)
    it(`is not content with ${what}`, () => {
      assert.equal(unproved([met], files).length, 1);
    });

  it('is not content with a met row that names no test', () => {
    assert.equal(unproved([{ ...met, where: 'everywhere' }], []).length, 1);
  });

  it('finds an id that does not exist', () => {
    const text = "test('T42 and Y27', () => {}); // requirement: N23";
    assert.deepEqual(unknownCitations([{ path: 'test/a.test.ts', text }]), [
      'test/a.test.ts cites T42',
      'test/a.test.ts cites N23',
    ]);
  });
});

function rowsOf(table: string): Row[] {
  return [...table.matchAll(/^\|([A-Z]\d+)\|([^|]*)\|([^|]*)\|([^|]*)\|$/gm)].map(
    ([, id = '', what = '', status = '', where = '']) => ({ id, what, status, where }),
  );
}

/** What is called met without proof. */
function unproved(table: readonly Row[], files: readonly SourceFile[]): string[] {
  return table
    .filter(({ status }) => status === 'met')
    .flatMap(({ id, where }) => {
      const named = [...where.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
      if (named.length === 0) return [`${id} is met, but names no test`];
      const silent = named.filter(
        (path) => !files.some((file) => file.path === path && citationsOf(file.text).includes(id)),
      );
      return silent.map((path) => `${id} is met, but ${path} does not cite it`);
    });
}

function unknownCitations(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    citationsOf(text)
      .filter((id) => !ids.includes(id))
      .map((id) => `${path} cites ${id}`),
  );
}

/** Ids in the names of tests and in comments "requirement: ...". */
function citationsOf(text: string): string[] {
  const names = /\b(?:test|it|describe|labTest)(?:\.\w+)?\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs;
  const comments = /\brequirements?:[ \t]*([^\n]*)/g;
  const places = [...text.matchAll(names)].map(([, , name = '']) => name);
  places.push(...[...text.matchAll(comments)].map(([, list = '']) => list));
  return places.flatMap((place) => place.match(/\b[YTN]\d+\b/g) ?? []);
}
