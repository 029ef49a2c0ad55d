import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeAdvertisement } from '../../../discovery/advertisement.ts';
import { privateCodepoints } from '../../../discovery/codepoints.ts';
import { parseAgentConfig } from '../../../src/agent/config.ts';
import { ConferError } from '../../../src/core/errors.ts';
import { allCapabilities } from '../../../src/core/tools.ts';

const good = `node: PE-1
identity: /etc/confer/identity
advertise:
  host: 2001:db8::1
store: /var/lib/confer
driver: linux
device:
  address: fc00:1::1
  locator: fc00:1::/32
  sids:
    end: fc00:1::e
    decapsulate: fc00:1::d
`;

/** The lines of the error that a file gives. */
function mistakesOf(text: string): string[] {
  try {
    parseAgentConfig(text, 'agent.yaml');
  } catch (error) {
    assert.ok(error instanceof ConferError, String(error));
    assert.equal(error.code, 'bad-input');
    return error.message.split('\n');
  }
  assert.fail('it was taken');
}

describe('agent.yaml', () => {
  it('needs little; the rest has the values of the draft', () => {
    const config = parseAgentConfig(good, 'agent.yaml');
    assert.equal(config.node, 'PE-1');
    assert.deepEqual(config.listen, { host: '::', port: 9514 });
    assert.deepEqual(config.capabilities, allCapabilities);
    assert.equal(config.discovery.source, 'frames');
    assert.equal(config.device?.sids.end, 'fc00:1::e');
    assert.equal(config.conformance, false);
  });

  it('names file, line and field of every mistake, from the top down', () => {
    const text = good
      .replace('driver: linux', 'driver: cisco\ncolour: red')
      .replace('locator: fc00:1::/32', 'locator: fc00:1::/129')
      .concat('capabilities:\n  - counting\n  - everything\n');
    const mistakes = mistakesOf(text);
    assert.match(mistakes[0] ?? '', /^agent\.yaml:6: driver: .*linux/);
    assert.match(mistakes[1] ?? '', /^agent\.yaml:7: colour: There is no such field\.$/);
    assert.match(mistakes[2] ?? '', /^agent\.yaml:10: device\.locator: /);
    assert.match(mistakes[3] ?? '', /^agent\.yaml:16: capabilities item 2: /);
    assert.equal(mistakes.length, 4);
  });

  it('says what is missing, at the place where it should be', () => {
    const [mistake] = mistakesOf(good.replace('    end: fc00:1::e\n', ''));
    assert.match(mistake ?? '', /^agent\.yaml:11: device\.sids\.end: .*missing/);
    const [device] = mistakesOf(good.slice(0, good.indexOf('device:')));
    assert.match(device ?? '', /^agent\.yaml:1: device: driver linux needs/);
  });

  it('refuses what could never be announced, and says what could', () => {
    for (const name of ['PE 1', '-PE', 'Zürich', 'PE/1', 'x'.repeat(64)]) {
      const [mistake] = mistakesOf(good.replace('PE-1', `"${name}"`));
      assert.match(mistake ?? '', /^agent\.yaml:1: node: .*1 to 63 letters/, name);
    }
    for (const host of ['router.example.net', 'fe80::1%eth0', 'fe80::1', '"::"', '0.0.0.0', 'ff02::1']) {
      const [mistake] = mistakesOf(good.replace('2001:db8::1', host));
      assert.match(mistake ?? '', /^agent\.yaml:4: advertise\.host: .*address/, host);
    }
    const [twice] = mistakesOf(`${good}capabilities: [counting, counting]\n`);
    assert.match(twice ?? '', /^agent\.yaml:13: capabilities: .*once/);
  });

  it('whatever it takes can be announced', () => {
    const node = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 70 }),
      fc.stringMatching(/^[\w.:-]{1,70}$/),
    );
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    const capabilities = fc.subarray([...allCapabilities]);
    fc.assert(
      fc.property(node, host, capabilities, (node, host, capabilities) => {
        const text = good
          .replace('PE-1', JSON.stringify(node))
          .replace('2001:db8::1', JSON.stringify(host))
          .concat(`capabilities: ${JSON.stringify(capabilities)}\n`);
        let config: ReturnType<typeof parseAgentConfig>;
        try {
          config = parseAgentConfig(text, 'agent.yaml');
        } catch {
          return;
        }
        const { node: name, advertise, listen } = config;
        encodeAdvertisement({
          node: name,
          host: advertise.host,
          port: advertise.port ?? listen.port,
          capabilities: config.capabilities,
          thumbprint: new Uint8Array(32),
          sequence: 1,
          lifetimeS: 1_200,
        });
      }),
      { numRuns: 500 },
    );
  });

  it('takes other codepoints, and uses private ones where it names none', () => {
    assert.deepEqual(parseAgentConfig(good, 'agent.yaml').discovery.codepoints, privateCodepoints);
    const others = `${good}discovery:
  codepoints:
    lldpOui: AC-DE-48
    lldpSubtype: 7
    isisApplication: 0xbeef
    isisArea: "49.0042"
`;
    const { codepoints } = parseAgentConfig(others, 'agent.yaml').discovery;
    assert.deepEqual(codepoints, {
      lldpOui: Uint8Array.of(0xac, 0xde, 0x48),
      lldpSubtype: 7,
      isisApplication: 0xbeef,
      isisArea: Uint8Array.of(0x49, 0x00, 0x42),
    });
    for (const [field, wrong] of [
      ['lldpOui', 'AC-DE'],
      ['lldpOui', '01-80-c2'],
      ['lldpOui', '00-80-c2'],
      ['lldpOui', '00-12-0f'],
      ['lldpSubtype', '256'],
      ['isisApplication', '65536'],
      ['isisArea', 'area'],
      ['isisArea', '"49.1"'],
      ['isisArea', '49.0001'],
      ['colour', 'red'],
    ] as const) {
      const [mistake] = mistakesOf(`${good}discovery:\n  codepoints:\n    ${field}: ${wrong}\n`);
      assert.match(mistake ?? '', new RegExp(`^agent\\.yaml:15: discovery\\.codepoints\\.${field}: `), wrong);
    }
  });

  it('is told to be no YAML once, where it first is none', () => {
    assert.deepEqual(mistakesOf(`${good}node: P-2\nstore: "open\n`), [
      'agent.yaml:15: this is no YAML: expected a closing quotation mark.',
    ]);
    assert.deepEqual(mistakesOf('# Title\n\nSome words,\nand more: of them\n- `x`\n'), [
      'agent.yaml:3: this is no YAML: expected "name: value" or "- item".',
    ]);
  });

  it('names the line of each name that is there twice', () => {
    const twice = (line: number, name: string) =>
      `agent.yaml:${line}: expected each name once, found "${name}" again.`;
    assert.deepEqual(mistakesOf(`${good}node: P-2\nstore: x\n`), [twice(13, 'node'), twice(14, 'store')]);
  });

  it('is refused when it is empty, a list, a text, or two documents', () => {
    for (const text of ['', '- node', 'PE-1', `${good}---\n${good}`, '\u0000'])
      assert.match(mistakesOf(text)[0] ?? '', /^agent\.yaml:\d+: /);
  });

  it('is refused, quickly, when aliases lead nowhere or multiply', () => {
    assert.match(mistakesOf('node: *nobody\n')[0] ?? '', /alias/i);
    const bomb = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level += 1)
      bomb.push(
        `b${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );
    assert.match(mistakesOf(bomb.join('\n'))[0] ?? '', /alias/i);
  });

  it('with any one line changed is taken or refused with a line number', () => {
    const lines = good.split('\n');
    const change = fc.tuple(fc.nat(lines.length - 1), fc.string({ unit: 'binary', maxLength: 30 }));
    fc.assert(
      fc.property(change, ([index, line]) => {
        const text = lines.with(index, line).join('\n');
        try {
          parseAgentConfig(text, 'agent.yaml');
        } catch (error) {
          assert.ok(error instanceof ConferError, String(error));
          assert.match(error.message, /^agent\.yaml:\d+: /);
        }
      }),
      { numRuns: 500 },
    );
  });
});
