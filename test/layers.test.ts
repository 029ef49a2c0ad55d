/**
 * Imports go down only (docs/architecture.md):
 *
 *     src/cli, src/index.ts
 *     src/arena | sim | lab | system | device | controller       worlds, what is played in them, adapters
 *     src/agent
 *     src/collaboration | mcp                                     never each other
 *     src/core | inference                                        inference needs nothing of ours
 *     crypto | discovery | models                                 leaves: nothing of ours
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { describe, it } from 'node:test';
import { type Import, importsOf, root, type SourceFile, sourceFiles } from './support/source.ts';

interface Layer {
  height: number;
  /** npm packages that may be imported here; a trailing slash stands for a whole scope. */
  packages: readonly string[];
}

/** The longest prefix of a path decides. */
const layers: Record<string, Layer> = {
  'crypto/': { height: 0, packages: ['node-forge', 'zod'] },
  'discovery/': { height: 0, packages: [] },
  'models/onnx/': {
    height: 0,
    packages: ['onnxruntime-node', '@huggingface/tokenizers', '@huggingface/jinja'],
  },
  // Makes training data of the simulation's scenarios; nothing that runs imports it.
  'models/training/': { height: 6, packages: [] },
  'models/': { height: 0, packages: [] },
  'src/core/': { height: 1, packages: ['zod', 'yaml'] },
  'src/inference/': { height: 1, packages: [] },
  'src/collaboration/': { height: 2, packages: ['zod', 'yaml', 'p-limit'] },
  'src/mcp/': { height: 2, packages: ['@modelcontextprotocol/', 'undici', 'ws', 'zod'] },
  'src/agent/': { height: 3, packages: ['zod'] },
  'src/sim/': { height: 4, packages: ['zod', 'piscina'] },
  'src/lab/': { height: 4, packages: ['zod', 'yaml'] },
  'src/system/': { height: 4, packages: ['zod'] },
  'src/device/': { height: 4, packages: ['zod'] },
  'src/controller/': { height: 4, packages: ['zod', 'p-limit'] },
  'src/arena/': { height: 4, packages: [] },
  'src/cli/arena-page/': { height: 5, packages: ['vega'] },
  'src/cli/report-page/': { height: 5, packages: ['vega'] },
  'src/cli': { height: 5, packages: ['commander', 'piscina', 'yaml', 'zod'] },
  'src/index.ts': { height: 5, packages: [] },
};
/** Worlds and adapters build on each other: the kernel lab on the Linux driver, the modelled lab on the simulation. */
const worldsHeight = 4;

const ours = sourceFiles('{crypto,discovery,models,src}/**/*.ts');

describe('layers', () => {
  it('imports go down only, and each package stays in its layer', () => {
    assert.ok(ours.length > 50);
    assert.deepEqual(ours.flatMap(layerProblems), []);
  });

  it('no layer is allowed a package that nothing in it imports', () => {
    const imported = ours.flatMap(({ path, text }) =>
      importsOf(text).map(({ from }) => ({ folder: layerOf(path)?.[0], name: packageOf(from) })),
    );
    const unused = Object.entries(layers).flatMap(([folder, { packages }]) =>
      packages
        .filter((allowed) => !imported.some((one) => one.folder === folder && one.name?.startsWith(allowed)))
        .map((allowed) => `${folder} ${allowed}`),
    );
    assert.deepEqual(unused, []);
  });

  it('no file needs itself to be evaluated first', () => {
    assert.deepEqual(cyclesOf(ours), []);
  });

  it('what runs imports only what is installed with it', () => {
    const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const { dependencies, optionalDependencies } = manifest as Record<string, Record<string, string>>;
    const installed = { ...dependencies, ...optionalDependencies };
    const used = new Set(
      ours.flatMap(({ text }) => importsOf(text)).flatMap(({ from }) => packageOf(from) ?? []),
    );
    assert.deepEqual(
      [...used].filter((name) => !(name in installed)),
      [],
    );
  });
});

describe('the check of layers', () => {
  const cases: [string, string, string][] = [
    ['a leaf that knows the core', 'crypto/x.ts', "import { limits } from '../src/core/limits.ts';"],
    ['a leaf that knows another leaf', 'models/x.ts', "import { decodeLldp } from '../discovery/lldp.ts';"],
    ['the story that knows the wire', 'src/collaboration/x.ts', "export * from '../mcp/client.ts';"],
    ['the wire that knows the story', 'src/mcp/x.ts', "import type { A } from '../collaboration/plan.ts';"],
    ['a type that looks up', 'src/core/x.ts', "import type { Agent } from '../agent/agent.ts';"],
    ['a late import that looks up', 'src/agent/x.ts', "const a = await import('../system/clock.ts');"],
    ['an adapter that knows the command line', 'src/device/x.ts', "import '../cli/exit-codes.ts';"],
    ['the SDK outside src/mcp', 'src/agent/x.ts', "import { Server } from '@modelcontextprotocol/server';"],
    [
      'the SDK in the command line',
      'src/cli.ts',
      "import {\n  Client,\n} from '@modelcontextprotocol/client';",
    ],
    ['a package that the layer does not need', 'src/core/x.ts', "import pLimit from 'p-limit';"],
    ['a module that is computed', 'src/core/x.ts', 'await import(name);'],
    ['a test helper', 'src/core/x.ts', "import { root } from '../../test/support/source.ts';"],
    ['a builtin without node:', 'src/core/x.ts', "import { isIP } from 'net';"],
    ['a folder without a layer', 'src/attic/x.ts', ''],
  ];
  for (const [what, path, text] of cases)
    it(`finds ${what}`, () => {
      assert.equal(layerProblems({ path, text }).length, 1);
    });

  it('finds nothing in good imports, comments and strings', () => {
    const text = [
      "import { z } from 'zod';",
      "import type { Store } from '../core/ports.ts';",
      "import { Server } from '@modelcontextprotocol/server';",
      "// import { collaborate } from '../collaboration/collaborate.ts';",
      "/* import x from '../agent/agent.ts' */ const text = 'import x from y';",
    ].join('\n');
    assert.deepEqual(layerProblems({ path: 'src/mcp/x.ts', text }), []);
  });

  it('finds a cycle, and none among types', () => {
    const file = (path: string, text: string) => ({ path, text });
    const a = file('src/core/a.ts', "import { b } from './b.ts';");
    const b = file('src/core/b.ts', "import { c } from './c.ts';");
    assert.deepEqual(cyclesOf([a, b, file('src/core/c.ts', "import { a } from './a.ts';")]), [
      'src/core/a.ts -> src/core/b.ts -> src/core/c.ts -> src/core/a.ts',
    ]);
    assert.deepEqual(cyclesOf([a, b, file('src/core/c.ts', "import type { A } from './a.ts';")]), []);
  });
});

function layerProblems({ path, text }: SourceFile): string[] {
  const layer = layerOf(path);
  if (layer === undefined) return [`${path} is in no layer; give its folder a height in this test`];
  return importsOf(text).flatMap(({ from }) => {
    const problem = problemOf(path, layer, from);
    return problem === undefined ? [] : [`${path} imports ${from}: ${problem}`];
  });
}

function problemOf(path: string, [folder, layer]: [string, Layer], from: string): string | undefined {
  if (from.startsWith('node:')) return undefined;
  if (from === '?') return 'a computed name leads anywhere; write it out';
  if (isBuiltin(from)) return `write node:${from}`;
  const name = packageOf(from);
  if (name !== undefined)
    return layer.packages.some((one) => one === name || (one.endsWith('/') && name.startsWith(one)))
      ? undefined
      : `${folder} does without this package`;
  if (resolved(path, from) === 'package.json') return undefined; // the version that we tell peers
  const target = layerOf(resolved(path, from));
  if (target === undefined) return 'it is not part of what runs';
  const [targetFolder, { height }] = target;
  const sideways = targetFolder === folder || (height === layer.height && height >= worldsHeight);
  return sideways || height < layer.height ? undefined : `${targetFolder} is not below ${folder}`;
}

function layerOf(path: string): [string, Layer] | undefined {
  return Object.entries(layers).find(([prefix]) => path.startsWith(prefix));
}

/** "@scope/name" or "name"; undefined for files and builtins. */
function packageOf(from: string): string | undefined {
  if (from.startsWith('.') || from.startsWith('node:') || from === '?') return undefined;
  return from.split('/', from.startsWith('@') ? 2 : 1).join('/');
}

function resolved(path: string, from: string): string {
  return posix.join(posix.dirname(path), from);
}

/** Each cycle of imports that matter at run time, once. */
function cyclesOf(files: readonly SourceFile[]): string[] {
  const isValue = ({ values }: Import) => values.length > 0;
  const edges = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text)
        .filter((one) => isValue(one) && one.from.startsWith('.'))
        .map(({ from }) => resolved(path, from)),
    ]),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: string[]) => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
    else if (!done.has(path)) for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return cycles;
}
