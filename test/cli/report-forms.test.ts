/**
 * The report in other forms: the page for people, strictly read and opened by a browser where there is one, and what the
 * command line says of all of them.
 * Input: reports of modelled routers, and the same with everything that the network may have put into them.
 * Output: one page that runs and fetches nothing, and says whether anybody verified it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { findLossPlotter, type LossPlotter } from '../../src/cli/report-page/loss-plot.ts';
import { reportPage, vegaMissing } from '../../src/cli/report-page/page.ts';
import { describeReport } from '../../src/cli/report-text.ts';
import { withVisibleText } from '../../src/cli/visible-text.ts';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import type { Report } from '../../src/core/records.ts';
import { reportSchema } from '../../src/core/report-schema.ts';
import { parseTopology } from '../../src/core/topology.ts';
import { Domain } from '../support/domain.ts';
import { root } from '../support/source.ts';
import { readStrictly } from '../support/strict-html.ts';
import { confer, refuses, scratch } from './confer.ts';

const directory = scratch();
after(() => directory[Symbol.dispose]());
const at = (name: string) => join(directory.path, name);

const reports = {} as Record<'three' | 'clean' | 'line' | 'fabric', Report>;
let anchor: string;
let plotter: LossPlotter;

before(async () => {
  plotter = (await findLossPlotter()) ?? assert.fail('vega is installed for the tests');
  const cases = [
    ['three', 'pe1-p2-pe3', 'PE-1', true],
    ['clean', 'pe1-p2-pe3', 'PE-1', false],
    ['line', 'line-12', 'PE-1', true],
    ['fabric', 'fabric-20', 'leaf-11', true],
  ] as const;
  for (const [name, file, node, isFaulty] of cases) {
    const topology = parseTopology(readFileSync(join(root, `topologies/${file}.yaml`), 'utf8'), file);
    await using domain = await Domain.start(topology, { seed: 5 });
    if (isFaulty) domain.inject(...topology.faults.filter(({ active }) => active));
    reports[name] = await domain.ask(node, topology.intent ?? '');
    anchor = domain.trustAnchorPem;
  }
  writeFileSync(at('ca.pem'), anchor);
  writeFileSync(at('report.json'), reportBytes(reports.three));
  const changed = { ...reports.three, summary: 'Nothing is wrong.' };
  writeFileSync(at('changed.json'), reportBytes(changed));
});

const pageOf = (report: Report, given: LossPlotter | undefined = plotter) =>
  reportPage(report, { verification: verifyReport(reportBytes(report), anchor), plotter: given });

describe('confer model rank', () => {
  const rank = (file: string, ...options: string[]) =>
    confer('model', 'rank', at(file), '--model', 'rules', ...options);

  it('says first that nobody verified what it shows, and verifies where it is given the authority', async () => {
    const bare = await rank('changed.json');
    assert.equal(bare.code, 0);
    assert.match(bare.stdout, /^Not verified: .*--trust ca\.pem/);
    assert.ok(bare.stdout.indexOf('Not verified') < bare.stdout.indexOf('Nothing is wrong.'));
    assert.equal(JSON.parse((await rank('changed.json', '--json')).stdout).verified, false);
    const held = await rank('report.json', '--trust', at('ca.pem'));
    assert.deepEqual([held.code, held.stdout.split('\n')[0]], [0, 'Verified: the report holds.']);
    assert.equal(
      JSON.parse((await rank('report.json', '--json', '--trust', at('ca.pem'))).stdout).verified,
      true,
    );
  });

  it('ranks nothing of a report that does not hold', async () => {
    const { code, stdout, stderr } = await rank('changed.json', '--trust', at('ca.pem'));
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /BROKEN[^\n]*\n(?:.*\n)*The report does NOT hold\.\n$/);
  });
});

describe('the page', () => {
  it('says on top what was found, and that it was verified', async () => {
    const { three } = reports;
    const { text, title } = readStrictly(await pageOf(three));
    assert.equal(title, `CONFIRMED: ${three.hypothesis}`);
    for (const told of [three.hypothesis, three.summary, three.recommendation, three.intentText, three.uri])
      assert.ok(text.includes(told), told);
    assert.ok(text.indexOf(three.summary) < text.indexOf('Verified: the report holds'));
    assert.match(text, /creator signature: PE-1 signed the whole report/);
    assert.match(text, /page itself is not signed/);
  });

  it('has every finding with its answers, every signed answer, every measurement, every certificate', async () => {
    const { three } = reports;
    const page = await pageOf(three);
    const { text } = readStrictly(page);
    for (const id of three.findings.flatMap(({ supportedBy }) => supportedBy))
      assert.ok(page.includes(`<a href="#${id}">`), id);
    for (const { id, signed } of three.envelopes) {
      assert.ok(page.includes(`<tr id="${id}">`), id);
      assert.ok(text.includes(signed.statement.signedAt));
      assert.ok(page.includes(signed.statement.resultHash));
    }
    for (const { from, to } of three.measurements) assert.ok(text.includes(from) && text.includes(to));
    for (const node of Object.keys(three.certificates)) assert.ok(text.includes(`CN=${node}`), node);
    assert.match(text, /confer report verify report\.json --trust ca\.pem/);
  });

  it('says plainly that nobody verified it', async () => {
    const page = await reportPage(reports.three, { verification: undefined, plotter });
    const { text } = readStrictly(page);
    assert.match(text, /Not verified/);
    assert.match(text, /Run confer report verify report\.json --trust ca\.pem/);
    assert.doesNotMatch(text, /the report holds/);
  });

  it('says what does not hold, and that nothing is to be relied on', async () => {
    const { text } = readStrictly(await pageOf({ ...reports.three, summary: 'All is well.' }));
    assert.match(text, /Does NOT verify: conclusion/);
    assert.match(text, /Do not rely on anything below/);
  });

  for (const name of ['clean', 'line', 'fabric'] as const)
    it(`draws every router, link and figure of the ${name} report`, async () => {
      const report = reports[name];
      const page = await pageOf(report);
      readStrictly(page);
      for (const { hops } of report.paths)
        for (const { from, egress, ingress } of hops)
          for (const drawn of [from, egress, ingress]) assert.ok(page.includes(`>${drawn}</`), drawn);
      const lossy = report.findings.map(({ lossPercent }) => `>${lossPercent} %</text>`);
      for (const figure of lossy) assert.ok(page.includes(figure), figure);
      // Vega's: an interval for each section of small probes.
      const intervals = [...page.matchAll(/role-mark (?:forward|reverse)Interval.*?<\/g>/gs)];
      const drawn = intervals.reduce((sum, [group]) => sum + group.split('<line').length - 1, 0);
      assert.equal(drawn, report.measurements.filter(({ purpose }) => purpose === 'loss').length);
    });

  it('shows equal-cost paths in one picture, and opens the one that loses', async () => {
    const page = await pageOf(reports.fabric);
    const ways = [...page.matchAll(/<details class="path"( open)?><summary>(.*?)<\/summary>/g)];
    assert.equal(ways.length, 4);
    const open = ways.filter(([, isOpen]) => isOpen !== undefined);
    assert.equal(open.length, 1);
    assert.match(open[0]?.[2] ?? '', /agg-11, spine-2/);
    assert.match(page, />4 paths<\/title>/);
  });

  it('does without Vega, and says how to get it', async () => {
    const nothing = await findLossPlotter(() => Promise.reject(new Error('ERR_MODULE_NOT_FOUND')));
    assert.equal(nothing, undefined);
    const page = await reportPage(reports.three, { verification: undefined, plotter: nothing });
    const { text } = readStrictly(page);
    assert.ok(text.includes(vegaMissing));
    assert.match(vegaMissing, /npm install vega/);
    assert.ok(page.includes('class="lane bad"'), 'the picture of the path is there all the same');
  });
});

describe('the strict reader refuses', () => {
  const added: [what: string, markup: string][] = [
    ['a script', '<script>1</script>'],
    ['an image', '<img src="x">'],
    ['a handler', '<p onclick="1">x</p>'],
    ['a style of its own', '<p style="color:red">x</p>'],
    ['a link to elsewhere', '<a href="https://example.net">x</a>'],
    ['a link to a script', '<a href="javascript:1">x</a>'],
    ['an attribute without quotes', '<p class=x>x</p>'],
    ['an element that stays open', '<p>'],
    ['a bare ampersand', 'a & b'],
    ['an override of the direction', 'a\u202eb'],
    ['a second policy', '<meta http-equiv="refresh" content="0">'],
  ];
  for (const [what, text] of added)
    it(what, async () => {
      const page = await reportPage(reports.clean, { verification: undefined, plotter: undefined });
      readStrictly(page);
      assert.throws(() => readStrictly(page.replace('<main>', () => `<main>${text}`)));
    });
});

const attack = `</title></style></svg>"'><script>document.title='taken'</script><img src=x onerror="document.title='taken'"><a href="javascript:0">\`&lt;\u202e\u001b[31m\u0000`;

describe('a page of whatever the network sends', () => {
  it('runs, fetches and hides nothing, whichever text is hostile', async () => {
    for (const report of [reports.three, reports.fabric]) {
      const hostile = poisoned(report, attack);
      const page = await reportPage(hostile, {
        verification: { ok: false, checks: [{ name: attack, ok: false, detail: attack }] },
        plotter,
      });
      const { text } = readStrictly(page);
      assert.ok(text.includes("<script>document.title='taken'</script>"), 'it is there to be read');
      assert.ok(text.includes('\\u{202e}\\u{1b}[31m'), 'and so is what cannot be seen');
    }
  });

  it('tells what was asked besides losses, in the page and in a terminal', async () => {
    const { reachability: _, ...three } = reports.three;
    const asked = {
      ...three,
      intent: { kind: 'reachability' as const, head: 'PE-1', tail: 'PE-3', via: [] },
      reachability: [
        {
          path: 'f1',
          direction: 'forward' as const,
          state: 'unreachable' as const,
          sent: 20,
          arrived: 0,
          shownBy: 'counter' as const,
          supportedBy: [],
        },
      ],
    };
    const line = 'f1 forward: unreachable, 0 of 20 probes arrived';
    assert.match(describeReport(asked), new RegExp(line));
    const page = await reportPage(asked, { verification: undefined, plotter: undefined });
    assert.match(page, new RegExp(`<h2>Answer</h2><ul><li>${line}</li></ul>`));
    assert.doesNotMatch(
      await reportPage(three, { verification: undefined, plotter: undefined }),
      /<h2>Answer/,
    );
  });

  it('is well formed for any names', async () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '&',
      '`',
      '/',
      'script',
      '=',
      '\n',
      '\u202e',
      '\u0007',
      '\ud800',
      ']]>',
      '<!--',
      '😀',
      'é',
    );
    const text = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (added, isPlotted) => {
        const report = poisoned(reports.three, added);
        readStrictly(
          await reportPage(report, { verification: undefined, plotter: isPlotted ? plotter : undefined }),
        );
      }),
      { numRuns: 25 },
    );
  });

  it('and a terminal obeys nothing of it either', () => {
    const text = describeReport(poisoned(reports.three, '\u001b]0;taken\u0007\r\u009b2J'));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these must not be there
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    assert.ok(text.includes('\\u{1b}]0;taken\\u{7}'));
    assert.deepEqual(withVisibleText({ '\u001b': ['a\u202eb', 1, null] }), {
      '\\u{1b}': ['a\\u{202e}b', 1, null],
    });
  });
});

/** Every text of a report that is not one of a few fixed words, with something added. */
function poisoned(report: Report, added: string): Report {
  const fixed = new Set(['kind', 'direction', 'purpose', 'verdict', 'reason', 'management']);
  const change = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return fixed.has(key) ? value : `${value}${added}`;
    if (Array.isArray(value)) return value.map((item) => change(item, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, change(member, name)]));
  };
  const { certificates, signatures, ...others } = report;
  const named = (record: Record<string, string>) =>
    Object.fromEntries(Object.entries(record).map(([node, text]) => [`${node}${added}`, text]));
  const changed = change(others, '') as Report;
  // Ids name places in the page: the form of a report allows no others.
  changed.envelopes = changed.envelopes.map((one, index) => ({ ...one, id: `e${index + 1}` }));
  changed.findings = changed.findings.map((one) => ({ ...one, supportedBy: ['e1'] }));
  return { ...changed, certificates: named(certificates), signatures: named(signatures) };
}

const browser = ['chromium', 'chromium-headless-shell', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);

// Where no browser is installed, the strict reader above is all there is.
if (browser !== undefined)
  describe('in a browser', () => {
    it('the page opens as it was written, breaks no policy, and runs nothing', {
      timeout: 120_000,
    }, async () => {
      const hostile = poisoned(reports.three, attack);
      for (const [name, report] of Object.entries({ three: reports.three, hostile })) {
        writeFileSync(at(`${name}.html`), await reportPage(report, { verification: undefined, plotter }));
        const { dom, log } = opened(browser, at(`${name}.html`));
        const [, title = ''] = /<title>(.*?)<\/title>/s.exec(dom) ?? [];
        assert.ok(title.startsWith(`CONFIRMED: ${reports.three.hypothesis}`), title);
        assert.doesNotMatch(dom, /<script|<img|<a href="java/);
        assert.doesNotMatch(log, /Content Security Policy|Refused to|ERR_/);
        assert.equal(dom.split('<section').length, 9, 'no section was lost');
      }
    });
  });

function opened(program: string, file: string): { dom: string; log: string } {
  mkdirSync(at('profile'), { recursive: true });
  const quiet = ['background-networking', 'component-update', 'sync', 'gpu', 'quic'].map(
    (one) => `--disable-${one}`,
  );
  const { stdout, stderr } = spawnSync(
    program,
    [
      '--headless',
      '--no-sandbox',
      '--no-first-run',
      ...quiet,
      `--user-data-dir=${at('profile')}`,
      '--enable-logging=stderr',
      '--dump-dom',
      pathToFileURL(file).href,
    ],
    { encoding: 'utf8', timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
  );
  // Only what the page caused; a browser without a desktop has complaints of its own.
  return {
    dom: stdout,
    log: stderr
      .split('\n')
      .filter((line) => line.includes('CONSOLE'))
      .join('\n'),
  };
}

describe('confer report show [T27]', { concurrency: 2 }, () => {
  it('--html --trust verifies, says so on the page and on stderr', async () => {
    const { code, stdout, stderr } = await confer(
      'report',
      'show',
      at('report.json'),
      '--html',
      '--trust',
      at('ca.pem'),
    );
    assert.equal(code, 0, stderr);
    assert.match(readStrictly(stdout).text, /Verified: the report holds/);
    assert.match(stderr, /The report holds\./);
  });

  it('--html --trust of a changed report exits with 1, and the page says why', async () => {
    const out = at('changed.html');
    const { code, stdout } = await confer(
      'report',
      'show',
      at('changed.json'),
      '--html',
      '--trust',
      at('ca.pem'),
      '--out',
      out,
    );
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    assert.match(readStrictly(readFileSync(out, 'utf8')).text, /Does NOT verify: conclusion/);
  });

  it('says in one line that it does not verify, and how to', async () => {
    const { code, stdout, stderr } = await confer('report', 'show', at('report.json'));
    assert.equal(code, 0);
    assert.match(stdout, /^CONFIRMED: /);
    const started = '(?:node \\S+cli\\.ts|npm run -s confer --)';
    const told = `^Not verified: run ${started} report verify ${at('report.json')} --trust ca.pem\n$`;
    assert.match(stderr, new RegExp(told));
  });

  it('--html without Vega prints the page and says how to get the plot', async () => {
    const hook = `import{registerHooks}from"node:module";registerHooks({resolve(name,context,next){if(name==="vega")throw Object.assign(new Error("none"),{code:"ERR_MODULE_NOT_FOUND"});return next(name,context)}})`;
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
    const running = confer('report', 'show', at('report.json'), '--html', '--trust', at('ca.pem'));
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
    const { code, stdout, stderr } = await running;
    assert.equal(code, 0, stderr);
    assert.ok(readStrictly(stdout).text.includes(vegaMissing));
    assert.ok(stderr.split('\n').includes(vegaMissing), stderr);
  });

  it('--yang prints one instance of the module', async () => {
    const { code, stdout, stderr } = await confer('report', 'show', at('report.json'), '--yang');
    assert.equal(code, 0);
    assert.match(stderr, /^Not verified: /);
    const { 'ietf-mcp:report': list, ...others } = JSON.parse(stdout);
    assert.deepEqual(others, {});
    const [report] = list;
    assert.equal(report['session-id'], reports.three['session-id']);
    assert.equal(report.finding[0].kind, 'ietf-mcp:egress-acl');
    assert.equal(report.finding[0]['loss-percent'], String(reports.three.findings[0]?.lossPercent));
    assert.equal(report.measurement[0].entered, String(reports.three.measurements[0]?.entered));
    assert.deepEqual(
      report.signature.map(({ node }: { node: string }) => node).sort(),
      Object.keys(reports.three.signatures).sort(),
    );
  });

  const wrong: [string, string[], RegExp][] = [
    ['two forms at once', ['--html', '--yang'], /cannot be used with/],
    ['a trust anchor that is none', ['--html', '--trust', 'report.json'], /report\.json is no trust anchor/],
    [
      'a place that is none',
      ['--html', '--out', 'nowhere/page.html'],
      /nowhere\/page\.html cannot be written: there is no such/,
    ],
  ];
  for (const [what, args, told] of wrong)
    it(`refuses ${what}`, () => {
      const paths = args.map((arg) => (/^--/.test(arg) ? arg : at(arg)));
      return refuses(['report', 'show', at('report.json'), ...paths], 2, told);
    });

  it('refuses a certificate that is none in the form that needs it', async () => {
    const report = { ...reports.three, certificates: { 'PE-1': 'none' } };
    reportSchema.parse(report);
    writeFileSync(at('uncertified.json'), reportBytes(report));
    await refuses(['report', 'show', at('uncertified.json'), '--yang'], 2, /certificate of PE-1/);
  });
});
