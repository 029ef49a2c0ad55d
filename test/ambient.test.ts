/**
 * Time, timers, randomness, network and disk come in through ports, so that a whole network of agents can run in
 * virtual time and repeat itself from a seed. Only adapters and the command line touch the real ones.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blank, importsOf, type SourceFile, sourceFiles } from './support/source.ts';

/** Where the real world is let in. */
const adapters = ['src/system/', 'src/sim/', 'src/device/', 'src/lab/', 'src/cli'];

/** Builtins that only compute; whatever is not here needs an exception. */
const pureModules = [
  'node:buffer',
  'node:crypto',
  'node:events',
  'node:path',
  'node:stream',
  'node:url',
  'node:util',
];

/** What a pure module also has that is not pure. */
const impureNames: Record<string, RegExp> = {
  'node:crypto':
    /^(\*|default|random|getRandomValues|generateKey|generatePrime|checkPrime|webcrypto|subtle|KeyObject\.generate|ECDH|createECDH|createDiffieHellman|setEngine|setFips)/,
  'node:events': /^(\*|default)/,
};

/** npm packages that bring sockets. The SDK itself is held to src/mcp by the test of layers. */
const networkPackages = ['undici', 'ws'];

/** Globals that read the world, as they look in code without comments and strings. */
const ambient: [string, RegExp][] = [
  [
    'the wall clock',
    /\bDate\s*\.\s*now\b|\bnew\s+Date\b(?!\s*\(\s*[^\s)])|(?<!\bnew\s+)(?<![.\w$])Date\s*\(|\bTemporal\b/,
  ],
  ['a timer', /(?<![.\w$])(?:setTimeout|setInterval|setImmediate|clearTimeout|clearInterval)\b/],
  ['a timer', /\bAbortSignal\s*\.\s*timeout\b/],
  ['the monotonic clock', /(?<![.\w$])performance\b(?!\s*:)|\bhrtime\b/],
  ['randomness', /\bMath\s*\.\s*random\b|(?<![.\w$])crypto\s*\./],
  ['the process', /(?<![.\w$])process\b(?!\s*[:(])/],
  ['the network', /(?<![.\w$])(?:fetch|EventSource|XMLHttpRequest)\s*\(|\bnew\s+WebSocket\b/],
  ['any global', /(?<![.\w$])(?:globalThis|eval|require)\b|\bnew\s+Function\b/],
  ['the terminal', /(?<![.\w$])console\b/],
  ["the machine's language", /\.\s*(?:localeCompare|toLocale\w+)\b|(?<![.\w$])Intl\b/],
];

/** What may be used nevertheless, where, and why. An exception that nothing needs is a mistake. */
const exceptions: { path: RegExp; use: RegExp; because: string }[] = [
  {
    path: /./,
    use: /^node:net (BlockList|isIP|isIPv4|isIPv6)$/,
    because: 'these compute on addresses and open no socket',
  },
  {
    path: /^src\/mcp\/http\.ts$/,
    use: /^node:http createServer$/,
    because: 'parses HTTP on sockets that it is given; it never listens',
  },
  {
    path: /^src\/mcp\/http\.ts$/,
    use: /^ws WebSocketServer$/,
    because: 'upgrades sockets that it is given (noServer)',
  },
  {
    path: /^src\/mcp\/link-dialer\.ts$/,
    use: /^(ws WebSocket|the network: new WebSocket)$/,
    because: 'speaks over the connection that the dial port made',
  },
  {
    path: /^src\/mcp\/operator-client\.ts$/,
    use: /^undici (Agent|fetch)$|^the network: fetch\($/,
    because: 'its dispatcher connects through the dial port',
  },
  {
    path: /^models\/training\/(?:generate|collect-words|check-export)\.ts$/,
    use: /^(?:node:fs \w+|the terminal: console)$/,
    because: 'writes training data; nothing that runs imports it',
  },
  {
    path: /^models\/training\/evidence\/(?:generate|play|played|sentences|show)\.ts$/,
    use: /^(?:node:fs \w+|node:zlib \w+|node:readline createInterface|the terminal: console|the process: process)$/,
    because: 'plays networks and writes training data; nothing that runs imports it',
  },
];

const ours = sourceFiles('{crypto,discovery,models,src}/**/*.ts').filter(
  ({ path }) => !adapters.some((adapter) => path.startsWith(adapter)),
);

describe('the ambient world', () => {
  it('is used by adapters only', () => {
    assert.ok(ours.length > 50);
    assert.deepEqual(ours.flatMap(ambientUses), []);
  });

  it('has no exception that nothing needs', () => {
    const used = ours.flatMap((file) => usesOf(file).map(({ use }) => ({ path: file.path, use })));
    const needless = exceptions.filter(
      (one) => !used.some(({ path, use }) => one.path.test(path) && one.use.test(use)),
    );
    assert.deepEqual(needless, []);
  });
});

describe('the check of the ambient world', () => {
  const bad = [
    'const now = Date.now();',
    'const now = new Date();',
    'const now = new Date;',
    'const text = Date();',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is the source under test
    'const text = `at ${Date.now()}`;',
    'setTimeout(tick, 5);',
    'await new Promise((resolve) => setImmediate(resolve));',
    'const signal = AbortSignal.timeout(5);',
    'const began = performance.now();',
    'const began = process.hrtime.bigint();',
    'const dice = Math.random();',
    'const id = crypto.randomUUID();',
    'const home = process.env.HOME;',
    'const answer = await fetch(url);',
    'globalThis.setTimeout(tick, 5);',
    'console.log(report);',
    'names.sort((a, b) => a.localeCompare(b));',
    "import { randomBytes } from 'node:crypto';",
    "import { sign, randomUUID as id } from 'node:crypto';",
    "import { generateKeyPairSync } from 'node:crypto';",
    "import * as crypto from 'node:crypto';",
    "import crypto from 'node:crypto';",
    "import { readFileSync } from 'node:fs';",
    "import { readFile } from 'node:fs/promises';",
    "import { connect, isIP } from 'node:net';",
    "import { connect } from 'node:tls';",
    "import { createServer } from 'node:http';",
    "import { spawn } from 'node:child_process';",
    "import { setTimeout as sleep } from 'node:timers/promises';",
    "import { DatabaseSync } from 'node:sqlite';",
    "import { hostname } from 'node:os';",
    "import { WebSocket } from 'ws';",
    "import { fetch as get } from 'undici';",
    "const { readFileSync } = await import('node:fs');",
  ];
  for (const text of bad)
    it(`finds ${text}`, () => {
      assert.equal(ambientUses({ path: 'src/core/made-up.ts', text }).length > 0, true);
    });

  it('finds nothing in what computes', () => {
    const text = [
      "import { createHash, sign, X509Certificate } from 'node:crypto';",
      "import { BlockList, isIPv6 } from 'node:net';",
      "import type { IncomingMessage } from 'node:http';",
      "import { type WebSocket } from 'ws';",
      '// setTimeout(tick, 5) and Math.random() are not for us',
      "const hint = 'Date.now() comes from the clock';",
      'const at = new Date(clock.now()).toISOString();',
      'const at = new Date( statement.signedAt );',
      "const epoch = new Date('1970-01-01');",
      'const later = clock.setTimeout(5); const page = client.fetch(uri);',
      "const words = { process: 1, performance: /fetch(x)|'/u }; const odd = words.process;",
    ].join('\n');
    assert.deepEqual(ambientUses({ path: 'src/core/made-up.ts', text }), []);
  });
});

interface Use {
  line: number;
  use: string;
}

function ambientUses(file: SourceFile): string[] {
  return usesOf(file)
    .filter(({ use }) => !exceptions.some((one) => one.path.test(file.path) && one.use.test(use)))
    .map(({ line, use }) => `${file.path}:${line}: ${use}`);
}

function usesOf({ text }: SourceFile): Use[] {
  const code = blank(text, { strings: true });
  const globals = ambient.flatMap(([what, pattern]) =>
    [...code.matchAll(new RegExp(pattern, 'g'))].map(({ 0: found, index }) => ({
      line: code.slice(0, index).split('\n').length,
      use: `${what}: ${found.trim()}`,
    })),
  );
  const imported = importsOf(text)
    .flatMap(({ from, values }) => values.map((name) => ({ from, name })))
    .filter(({ from, name }) => isImpure(from, name))
    .map(({ from, name }) => ({ line: lineOf(text, from), use: `${from} ${name}` }));
  return [...globals, ...imported];
}

function isImpure(from: string, name: string): boolean {
  if (networkPackages.includes(from)) return true;
  if (!from.startsWith('node:')) return false;
  return !pureModules.includes(from) || (impureNames[from]?.test(name) ?? false);
}

function lineOf(text: string, from: string): number {
  return text.slice(0, Math.max(0, text.indexOf(`'${from}'`))).split('\n').length;
}
