import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeSigned } from '../../../discovery/advertisement.ts';
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
