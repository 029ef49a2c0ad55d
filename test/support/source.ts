/** Our own source as data, for the tests that watch over its shape. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface SourceFile {
  /** Relative to the repository, with slashes: "src/core/ports.ts". */
  path: string;
  text: string;
}

export interface Import {
  /** As written: "node:fs", "zod", "../core/ports.ts". */
  from: string;
  /** What is imported as a value: names, "default", "*"; "" for an import that is made for its effect. */
  values: string[];
  /** Names imported as types only. */
  types: string[];
}

/** Every file that matches one of the globs, sorted by path. */
export function sourceFiles(...globs: string[]): SourceFile[] {
  return globSync(globs, { cwd: root, exclude: (path) => path.split('/').includes('node_modules') })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/**
 * Everything that a file imports or re-exports: statically, for its effect, or by import('...'). A module name that is
 * computed comes back as "?", because nobody can say where it leads.
 */
export function importsOf(text: string): Import[] {
  const code = blank(text, { strings: false });
  const imports: Import[] = [];
  const statement =
    /^[ \t]*(?:import|export)\s+(type\s+)?((?:[\w$]+\s*,?\s*)?(?:\*(?:\s*as\s+[\w$]+)?|\{[^}]*\})?)\s*from\s*['"]([^'"]+)['"]/gm;
  for (const [, typeOnly, clause = '', from = ''] of code.matchAll(statement)) {
    const names = namesIn(clause);
    const isType = (name: string) => typeOnly !== undefined || name.startsWith('type ');
    imports.push({
      from,
      values: names.filter((name) => !isType(name)),
      types: names.filter(isType).map((name) => name.replace(/^type /, '')),
    });
  }
  for (const [, from = ''] of code.matchAll(/^[ \t]*import\s*['"]([^'"]+)['"]/gm))
    imports.push({ from, values: [''], types: [] });
  for (const [, from] of code.matchAll(
    /\b(?:import|require|getBuiltinModule)\s*\(\s*(?:['"]([^'"]+)['"]\s*\))?/g,
  ))
    imports.push({ from: from ?? '?', values: ['*'], types: [] });
  return imports;
}

/** "Default, { a as b, type C }" -> default, a, type C: the names as the other module knows them. */
function namesIn(clause: string): string[] {
  const [, before = '', braces] = /^([^{]*)(?:\{([^}]*)\})?/.exec(clause) ?? [];
  const outside = before.split(',').map((name) => name.trim());
  const inside = (braces ?? '').split(',').map((name) => name.trim().replace(/\s+as\s+[\w$]+$/, ''));
  return [
    ...outside.map((name) => (name === '' || name.startsWith('*') ? name.slice(0, 1) : 'default')),
    ...inside,
  ].filter((name) => name !== '');
}

/** The same text, line by line and column by column, with comments (and, when asked, what is inside strings) made of spaces. */
export function blank(text: string, options: { strings: boolean }): string {
  let out = '';
  let position = 0;
  /** One entry for each open `${`: the braces that are open inside it. */
  const substitutions: number[] = [];
  const take = (length: number, as: 'code' | 'comment' | 'string') => {
    const piece = text.slice(position, position + length);
    const inside = (hidden: string) => hidden.replace(/[^\n]/g, ' ');
    if (as === 'comment') out += inside(piece);
    else if (as === 'string' && options.strings && length > 1)
      out += piece[0] + inside(piece.slice(1, -1)) + piece.at(-1);
    else out += piece;
    position += piece.length;
  };
  const match = (pattern: RegExp) => {
    pattern.lastIndex = position;
    return pattern.exec(text)?.[0].length ?? 0;
  };
  while (position < text.length) {
    const comment = match(/\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y);
    const quoted = match(/'(?:\\[\s\S]|[^'\\\n])*'?|"(?:\\[\s\S]|[^"\\\n])*"?/y);
    const regex = mayBeRegex(out) ? match(/\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y) : 0;
    const char = text[position];
    const open = substitutions.at(-1);
    if (comment > 0) take(comment, 'comment');
    else if (quoted > 0) take(quoted, 'string');
    else if (regex > 0) take(regex, 'string');
    else if (char === '`' || (char === '}' && open === 0)) {
      if (char === '}') substitutions.pop();
      take(match(/[`}](?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{|$)/y), 'string');
      if (text.slice(0, position).endsWith('${')) substitutions.push(0);
    } else {
      if (open !== undefined && (char === '{' || char === '}'))
        substitutions[substitutions.length - 1] = open + (char === '{' ? 1 : -1);
      take(1, 'code');
    }
  }
  return out;
}

/** A slash begins a regular expression where no value can have ended. */
function mayBeRegex(before: string): boolean {
  const last = /(?:\b(?:return|typeof|case|in|of|void|await|yield)|[^\w\s)\]}"'`$])\s*$|^\s*$/;
  return last.test(before.slice(-80));
}
