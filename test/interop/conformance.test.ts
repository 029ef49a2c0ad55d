/**
 * `@modelcontextprotocol/conformance` examines a real agent in conformance mode:
 *
 *   suite --HTTP on loopback--> proxy --mutual TLS 1.3, operator's certificate--> `confer agent`, conformance: true
 *
 * docs/interop.md tells what the summaries looked like.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { foreignFile, runForeign, skipWithoutForeign } from '../support/foreign.ts';
import { type MtlsProxy, startMtlsProxy } from '../support/mtls-proxy.ts';
import { type OneAgent, startOneAgent } from '../support/one-agent.ts';
import { root } from '../support/source.ts';

const skip = skipWithoutForeign();
/** Version 0.1.16, and 0.2.0-alpha.12. */
const older = 'node_modules/conformance-2025-11-25/dist/index.js';
const newer = 'node_modules/conformance-2026-07-28/dist/index.js';

interface Outcome {
  passed: number;
  failed: number;
}

/** The lines of a summary: "✓ tools-list: 1 passed, 0 failed". */
function outcomesOf(stdout: string): Map<string, Outcome> {
  const summary = stdout.slice(stdout.indexOf('=== SUMMARY ==='));
  const lines = summary.matchAll(/^[✓✗] (\S+): (\d+) passed, (\d+) failed/gm);
  return new Map(
    [...lines].map(([, name = '', passed, failed]) => [
      name,
      { passed: Number(passed), failed: Number(failed) },
    ]),
  );
}

/** What an implementation of a revision must pass, frozen by the suite's authors when it was released. */
function requiredFor(revision: string): { server: string[]; client: string[] } {
  const file = foreignFile(`node_modules/conformance-2026-07-28/requirements/${revision}.yaml`);
  return parse(readFileSync(file, 'utf8'));
}

describe('conformance of an agent in conformance mode, over mutual TLS', { skip }, () => {
  let agent: OneAgent;
  let proxy: MtlsProxy;
  before(async () => {
    agent = await startOneAgent({ conformance: true });
    proxy = await startMtlsProxy(agent.url, agent.operator);
  });
  after(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await agent?.[Symbol.asyncDispose]();
  });
  const examine = (suite: string, ...args: string[]) =>
    runForeign(suite, ['server', '--url', proxy.url.href, ...args]);

  it('0.1.16: every scenario of the suite, 2025-11-25 and earlier', async (context) => {
    const { code, stdout } = await examine(older, '--suite', 'all');
    const outcomes = outcomesOf(stdout);
    assert.equal(code, 0, stdout);
    assert.equal(outcomes.size, 32);
    assert.match(stdout, /^Total: 44 passed, 0 failed$/m);
    context.diagnostic(`${outcomes.size} scenarios, 44 checks passed, 0 failed`);
    const unscored = [...outcomes].filter(([, { passed }]) => passed === 0).map(([name]) => name);
    // Its request names a protocol version that was not negotiated, 2025-03-26, in which no stream can be resumed: the
    // suite then only warns. 0.2.0-alpha.12, below, names the right one, and scores it.
    assert.deepEqual(unscored, ['server-sse-polling']);
  });

  // Not scored, and passed all the same.
  const beyond = {
    '2025-11-25': ['server-session-lifecycle', 'json-schema-2020-12', 'server-sse-polling'],
    '2026-07-28': ['json-schema-2020-12', 'http-header-validation'],
  };
  for (const [revision, unscored] of Object.entries(beyond))
    it(`0.2.0-alpha.12: every scored scenario of ${revision}`, async (context) => {
      const { code, stdout } = await examine(newer, '--requirements', revision);
      const outcomes = outcomesOf(stdout);
      const required = requiredFor(revision).server;
      let checks = 0;
      for (const name of [...required, ...unscored]) {
        const { passed = 0, failed = 0 } = outcomes.get(name) ?? {};
        assert.ok(passed > 0 && failed === 0, `${name}: ${passed} passed, ${failed} failed\n${stdout}`);
        if (required.includes(name)) checks += passed;
      }
      assert.equal(code, 0, stdout);
      context.diagnostic(`${required.length} scored scenarios, ${checks} checks passed, 0 failed`);
    });
});

describe('conformance of an agent as it is in use', { skip }, () => {
  it('passes what needs no fixtures', async () => {
    await using agent = await startOneAgent();
    await using proxy = await startMtlsProxy(agent.url, agent.operator);
    const cases = [
      [older, 'server-initialize'],
      [older, 'ping'],
      [older, 'tools-list'],
      [older, 'dns-rebinding-protection'],
      [newer, 'caching'],
      [newer, 'sep-2164-resource-not-found'],
    ] as const;
    const examine = async ([suite, scenario]: readonly [string, string]) => {
      const args = ['server', '--url', proxy.url.href, '--scenario', scenario];
      const { code, stdout } = await runForeign(suite, args);
      assert.equal(code, 0, stdout);
      assert.match(stdout, /^Passed: ([1-9]\d*)\/\1, 0 failed/m);
    };
    await Promise.all(cases.map(examine));
  });
});

describe('conformance of our client', { skip, concurrency: 2 }, () => {
  // The rest of the suite's client side is OAuth, which mutual TLS stands in for here, and capabilities that this client
  // does not declare: elicitation, listing tools, coming back to a broken stream.
  const cases = [
    [older, 'initialize', []],
    [older, 'tools_call', []],
    [newer, 'tools_call', ['--spec-version', '2026-07-28']],
    [newer, 'request-metadata', ['--spec-version', '2026-07-28']],
    [newer, 'http-standard-headers', ['--spec-version', '2026-07-28']],
  ] as const;
  const command = `node ${join(root, 'test/interop/conformance-client.ts')}`;
  for (const [suite, scenario, options] of cases)
    it(`${scenario}${options.length > 0 ? ' of 2026-07-28' : ''}`, async () => {
      const args = ['client', '--command', command, '--scenario', scenario, ...options];
      const { code, stderr } = await runForeign(suite, args);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^Passed: ([1-9]\d*)\/\1, 0 failed/m);
    });
});
