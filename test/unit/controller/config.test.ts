import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseControllerConfig } from '../../../src/controller/config.ts';
import { ConferError } from '../../../src/core/errors.ts';

const good = `identity: controller
store: archive
devices:
  - name: PE-1
    url: https://[2001:db8::1]:9514
  - name: PE-3
    host: 2001:db8::3
`;

function mistakesOf(text: string): string[] {
  try {
    parseControllerConfig(text, 'controller.yaml');
  } catch (error) {
    assert.ok(error instanceof ConferError, String(error));
    assert.equal(error.code, 'bad-input');
    return error.message.split('\n');
  }
  assert.fail('it was taken');
}

describe('controller.yaml', () => {
  it('needs little; the rest has usual values', () => {
    const config = parseControllerConfig(good, 'controller.yaml');
    assert.deepEqual(config.devices, [
      { name: 'PE-1', host: '2001:db8::1', port: 9514 },
      { name: 'PE-3', host: '2001:db8::3', port: 9514 },
    ]);
    assert.deepEqual(config.pull, { devicesAtOnce: 16, deviceTimeoutMs: 300_000, callTimeoutMs: 10_000 });
    assert.deepEqual(config.watch, { retryMinMs: 1_000, retryMaxMs: 60_000, syncIntervalMs: 300_000 });
    assert.deepEqual(config.refused, { keepMax: 100 });
  });

  it('is shown by examples/controller.yaml, with the values that hold without it', () => {
    const example = readFileSync(new URL('../../../examples/controller.yaml', import.meta.url), 'utf8');
    const shown = parseControllerConfig(example, 'controller.yaml');
    const { pull, watch, refused } = parseControllerConfig(good, 'controller.yaml');
    assert.deepEqual([shown.pull, shown.watch, shown.refused], [pull, watch, refused]);
  });

  const addresses: [string, string, number][] = [
    ['https://router.example', 'router.example', 9514],
    ['https://router.example:443/', 'router.example', 443],
    ['https://192.0.2.1:9600/mcp', '192.0.2.1', 9600],
    ['https://[::1]', '::1', 9514],
  ];
  for (const [url, host, port] of addresses)
    it(`takes ${url}`, () => {
      const text = `identity: a\nstore: b\ndevices:\n  - {name: X, url: "${url}"}\n`;
      assert.deepEqual(parseControllerConfig(text, 'controller.yaml').devices, [{ name: 'X', host, port }]);
    });

  const mistakes: [string, string, RegExp][] = [
    [
      'no devices',
      good.replace(/devices:[\s\S]*/, 'devices: []\n'),
      /^controller\.yaml:3: devices: expected at least one/,
    ],
    [
      'a device without an address',
      `${good}  - name: P-2\n`,
      /^controller\.yaml:8: devices item 3 \(P-2\), name: P-2 has no address: add url/,
    ],
    [
      'two addresses',
      `${good}    url: https://a\n`,
      /^controller\.yaml:8: devices item 2 \(PE-3\), url: PE-3 has two addresses/,
    ],
    [
      'plain http',
      good.replace('https:', 'http:'),
      /^controller\.yaml:5: devices item 1 \(PE-1\), url: expected an address such as https/,
    ],
    [
      'no address at all',
      good.replace('https://[2001:db8::1]:9514', 'nowhere'),
      /devices item 1 \(PE-1\), url: expected an address .*found nowhere/,
    ],
    [
      'the same device twice',
      good.replace('PE-3', 'PE-1'),
      /^controller\.yaml:6: devices item 2 \(PE-1\), name: PE-1 is there twice/,
    ],
    ['a misspelt field', `${good}stoer: x\n`, /^controller\.yaml:8: stoer: There is no such field/],
    [
      'a bound out of bounds',
      `${good}pull: {devicesAtOnce: 0}\n`,
      /^controller\.yaml:8: pull\.devicesAtOnce: expected at least 1, found 0/,
    ],
    [
      'waits that do not fit',
      `${good}watch: {retryMinMs: 5000, retryMaxMs: 100}\n`,
      /watch\.retryMaxMs: expected at least retryMinMs/,
    ],
    ['no store', good.replace('store: archive\n', ''), /^controller\.yaml:1: store: .*missing/],
  ];
  for (const [what, text, told] of mistakes)
    it(`tells ${what}: file, line, field and what was expected`, () => {
      const found = mistakesOf(text);
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0] ?? '', told);
    });
});

describe('agent.yaml', () => {
  it('takes the bounds of the report shelf [T28]', async () => {
    const { parseAgentConfig } = await import('../../../src/agent/config.ts');
    const text = 'node: A\nidentity: i\nstore: s\nadvertise: {host: "::1"}\ndriver: modelled\n';
    assert.deepEqual(parseAgentConfig(text, 'agent.yaml').reports, { keepMax: 1_000, warnAtPercent: 80 });
    const told = parseAgentConfig(`${text}reports: {keepMax: 5}\n`, 'agent.yaml').reports;
    assert.deepEqual(told, { keepMax: 5, warnAtPercent: 80 });
    assert.throws(
      () => parseAgentConfig(`${text}reports: {keepMax: 0}\n`, 'agent.yaml'),
      /agent\.yaml:6: reports\.keepMax: /,
    );
  });
});
