import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
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
    assert.match(mistakes[3] ?? '', /^agent\.yaml:16: capabilities\.1: /);
    assert.equal(mistakes.length, 4);
  });

  it('says what is missing, at the place where it should be', () => {
    const [mistake] = mistakesOf(good.replace('    end: fc00:1::e\n', ''));
    assert.match(mistake ?? '', /^agent\.yaml:11: device\.sids\.end: .*missing/);
    const [device] = mistakesOf(good.slice(0, good.indexOf('device:')));
    assert.match(device ?? '', /^agent\.yaml:1: device: driver linux needs/);
  });

  it('names the line of each YAML mistake', () => {
    const mistakes = mistakesOf(`${good}node: P-2\nstore: "open\n`);
    assert.match(mistakes[0] ?? '', /^agent\.yaml:1[34]: .*valid YAML\.$/);
    assert.ok(mistakes.length > 1);
    assert.ok(mistakes.every((mistake) => /^agent\.yaml:\d+: /.test(mistake)));
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
