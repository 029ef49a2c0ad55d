import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { encodeSigned } from '../../../discovery/advertisement.ts';
import { privateCodepoints } from '../../../discovery/codepoints.ts';
import type { SpeakerClock } from '../../../discovery/speaker.ts';
import { FrameSpeaker } from '../../../discovery/speaker.ts';
import { LldpdBeacon, LldpdError, parseNeighbours, parseReceived } from '../../../src/system/lldpd.ts';
import { linkStateOf, signed } from '../discovery/advertise.ts';

const advertisement = signed('PE-1');
const octets = Array.from(encodeSigned(advertisement), (octet) =>
  octet.toString(16).padStart(2, '0').toUpperCase(),
);

const tlv = (changes: object = {}) => ({
  oui: '02,43,46',
  subtype: '1',
  len: '1',
  value: octets.join(','),
  ...changes,
});
const neighbour = (tlvs: object[], ttl = '120') => ({
  name: 'eth0',
  via: 'LLDP',
  port: [{ ttl: [{ value: ttl }] }],
  'unknown-tlvs': [{ 'unknown-tlv': tlvs }],
});
const output = (...interfaces: object[]) => JSON.stringify({ lldp: [{ interface: interfaces }] });

describe('what lldpcli prints', () => {
  it('is read as neighbours with their advertisements', () => {
    assert.deepEqual(parseNeighbours(output(neighbour([tlv()]))), [
      { interface: 'eth0', ttlS: 120, signed: advertisement },
    ]);
    assert.deepEqual(parseNeighbours('{"lldp":[{}]}'), []);
  });

  it('other TLVs, broken ones and neighbours without ours are passed over', () => {
    const others = [
      neighbour([tlv({ subtype: '2' })]),
      neighbour([tlv({ oui: '00,00,5e' })]),
      neighbour([tlv({ value: 'zz,zz' })]),
      neighbour([tlv({ value: undefined })]),
      neighbour([tlv(), tlv()]),
      neighbour([tlv()], '0'),
      neighbour([tlv()], 'soon'),
      { name: 'eth1' },
    ];
    assert.deepEqual(parseNeighbours(output(...others)), []);
  });

  it('is read under other codepoints, in whichever case the organisation is printed', () => {
    const codepoints = { ...privateCodepoints, lldpOui: Uint8Array.of(0xac, 0xde, 0x48), lldpSubtype: 7 };
    const read = (changes: object) => parseNeighbours(output(neighbour([tlv(changes)])), codepoints).length;
    assert.equal(read({ oui: 'AC,DE,48', subtype: '7' }), 1);
    assert.equal(read({ oui: 'ac,de,48', subtype: '7' }), 1);
    assert.equal(read({ oui: 'AC,DE,48' }), 0);
    assert.equal(read({}), 0, 'the usual ones are those of a stranger');
  });

  it('counts received frames', () => {
    const statistics = output({ name: 'eth0', rx: [{ rx: '17' }] });
    assert.deepEqual([...parseReceived(statistics)], [['eth0', 17]]);
  });

  it('in another form is refused with what to do', () => {
    for (const other of ['', 'not json', '{}', '{"lldp":[{"interface":[{}]}]}']) {
      assert.throws(
        () => parseNeighbours(other),
        (error) => error instanceof LldpdError && error.code === 'lldpd-answer',
      );
    }
  });
});

describe('a beacon whose daemon comes back', () => {
  it('announces again, for the new daemon knows nothing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'confer-lldpd-'));
    const [command, up, told] = ['lldpcli', 'up', 'told'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    // Answers as the daemon does once the file `up` is there, and writes down what it was told to configure.
    writeFileSync(
      command,
      `#!/bin/sh
[ -e "${up}" ] || exit 1
case "$1" in configure) echo "$@" >>"${told}";; *) echo '{"lldp":[{}]}';; esac
`,
      { mode: 0o755 },
    );
    const announcements = () => (existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n').length : 0);
    const until = async (holds: () => boolean) => {
      for (let tries = 0; tries < 3_000 && !holds(); tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 10));
      assert.ok(holds());
    };
    const clock: SpeakerClock = { now: () => 0, every: () => () => {} };
    const wire = { interfaces: () => [], send: () => {}, onFrame: () => {} };
    const problems: LldpdError[] = [];
    const beacon = new LldpdBeacon(new FrameSpeaker(wire, clock, { node: 'PE-1', lldp: false }), {
      interfaces: ['eth0'],
      command,
      pollIntervalMs: 5,
      onProblem: (problem) => problems.push(problem),
    });
    try {
      writeFileSync(up, '');
      await beacon.announce(advertisement, linkStateOf('PE-1'));
      assert.equal(announcements(), 1);
      rmSync(up);
      await until(() => problems.length === 1);
      writeFileSync(up, '');
      await until(() => announcements() === 2);
      const [first, second] = readFileSync(told, 'utf8').trim().split('\n');
      assert.equal(second, first);
    } finally {
      await beacon.close();
      rmSync(directory, { recursive: true });
    }
  });
});

describe('a beacon without its daemon', () => {
  it('says so once, rejects the announcement, and closes all the same', async () => {
    const clock: SpeakerClock = { now: () => 0, every: () => () => {} };
    const wire = { interfaces: () => [], send: () => {}, onFrame: () => {} };
    const speaker = new FrameSpeaker(wire, clock, { node: 'PE-1', lldp: false });
    const problems: LldpdError[] = [];
    const beacon = new LldpdBeacon(speaker, {
      interfaces: ['eth0'],
      command: '/nonexistent/lldpcli',
      pollIntervalMs: 5,
      onProblem: (problem) => problems.push(problem),
    });
    await assert.rejects(
      beacon.announce(advertisement, linkStateOf('PE-1')),
      (error) => error instanceof LldpdError && error.code === 'lldpd-unreachable',
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(problems.length, 1);
    assert.deepEqual(beacon.heard().neighbours, []);
    await beacon.close();
    await beacon.close();
  });
});
