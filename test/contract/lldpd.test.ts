/** What an LldpdBeacon makes of a daemon that forgets: the part of the Beacon contract that only a fake can time. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { encodeSigned } from '../../discovery/advertisement.ts';
import { FrameSpeaker, type SpeakerClock } from '../../discovery/speaker.ts';
import { LldpdBeacon, type LldpdError } from '../../src/system/lldpd.ts';
import { advertisementOf, forged, linkStateOf, signed, verifyBytes } from '../unit/discovery/advertise.ts';

const wire = { interfaces: () => ['eth0'], send: () => {}, onFrame: () => {} };
const output = (...interfaces: object[]) => JSON.stringify({ lldp: [{ interface: interfaces }] });

describe('a neighbour that the daemon lists no more', () => {
  const listed = neighboursOf('PE-1');
  const nobody = '{"lldp":[{}]}';
  /** What the daemon says at each look: its neighbours, and how many frames it has received. */
  for (const [what, looks, isForgotten] of [
    ['has said goodbye', [{ neighbours: nobody, frames: 8 }], true],
    [
      'has said goodbye between the two questions of a look',
      [
        { neighbours: nobody, frames: 7 },
        { neighbours: nobody, frames: 8 },
      ],
      true,
    ],
    ['is kept while nobody was heard', [{ neighbours: nobody, frames: 7 }], false],
    [
      'is kept where the daemon was started anew',
      [
        { neighbours: nobody, frames: 0 },
        { neighbours: nobody, frames: 1 },
      ],
      false,
    ],
    ['is still listed with another frame', [{ neighbours: listed, frames: 8 }], false],
    [
      'is kept where the link went down, of which the daemon makes as much',
      [{ neighbours: nobody, frames: 8 }],
      false,
    ],
  ] as const)
    it(what, async () => {
      await using daemon = fakeDaemon({ isUp: !what.includes('link went down') });
      daemon.says({ neighbours: listed, frames: 7 });
      const { beacon } = daemon;
      await daemon.looked();
      assert.equal(beacon.heard().neighbours.length, 1);
      for (const look of looks) {
        daemon.says(look);
        await daemon.looked();
      }
      assert.equal(beacon.heard().neighbours.length, isForgotten ? 0 : 1);
    });
});

describe('what a daemon was told to announce', () => {
  it('is told again, once, to one that was started anew between two looks', async () => {
    const nobody = '{"lldp":[{}]}';
    await using daemon = fakeDaemon();
    const told = () => daemon.configured().split('\n').length - 1;
    daemon.says({ neighbours: nobody, frames: 700 });
    await daemon.looked();
    await daemon.beacon.announce(signed('P-2'), linkStateOf('P-2'));
    for (const [frames, times] of [
      [700, 1],
      [701, 1],
      [2, 2],
      [3, 2],
      [0, 3],
      [undefined, 3], // it has yet to find its interfaces, and takes no configuration for them
      [0, 4],
      [0, 4],
    ] as const) {
      daemon.says({ neighbours: nobody, frames });
      await daemon.looked();
      assert.equal(told(), times, `${frames} frames`);
    }
    assert.deepEqual(daemon.problems, []);
  });
});

describe('a genuine withdrawal', () => {
  it('takes back what every source told, and keeps out what is still on its way', () => {
    let nowMs = 0;
    const speaker = new FrameSpeaker(wire, { now: () => nowMs, every: () => () => {} }, { node: 'P-2' });
    const names = () => speaker.heard().nodes.map(({ node }) => node);
    const told = () => speaker.hearDirect('eth0', signed('PE-1', { sequence: 5 }), 120, 'lldpd');
    told();
    speaker.hearRelayed(forged('PE-1', { sequence: 6, lifetimeS: 0 }), 1, 600);
    assert.deepEqual(names(), ['PE-1'], 'anybody can invent one');
    speaker.confirm('PE-1', advertisementOf('PE-1').thumbprint, verifyBytes);
    speaker.hearRelayed(forged('PE-1', { sequence: 6, lifetimeS: 0 }), 1, 600);
    assert.deepEqual(names(), ['PE-1']);
    speaker.hearRelayed(signed('PE-1', { sequence: 6, lifetimeS: 0 }), 1, 600);
    assert.deepEqual(names(), []);
    told();
    speaker.confirm('PE-1', advertisementOf('PE-1').thumbprint, verifyBytes);
    told();
    assert.deepEqual(names(), []);
    nowMs += 10_000;
    told();
    assert.deepEqual(names(), ['PE-1'], 'a node may start again with a clock that was set back');
    speaker.hearRelayed(signed('PE-1', { sequence: 7, lifetimeS: 0 }), 1, 600);
    speaker.hearDirect('eth0', signed('PE-1', { sequence: 8 }), 120, 'lldpd');
    assert.deepEqual(names(), ['PE-1'], 'what it says afterwards counts');
  });
});

describe('a beacon that is asked to speak for somebody else', () => {
  it('tells a daemon that comes back only what it had agreed to announce', async () => {
    await using daemon = fakeDaemon();
    daemon.says({ neighbours: '{"lldp":[{}]}', frames: 0 });
    await daemon.looked();
    await assert.rejects(daemon.beacon.announce(signed('PE-9'), linkStateOf('PE-9')), /not for PE-9/);
    daemon.says(undefined);
    await until(() => daemon.problems.length === 1);
    daemon.says({ neighbours: '{"lldp":[{}]}', frames: 0 });
    await daemon.looked();
    assert.equal(daemon.configured(), '');
  });
});

/** A program that answers as lldpcli does, and writes down what it is told to configure. */
function fakeDaemon({ isUp } = { isUp: true }) {
  const directory = mkdtempSync(join(tmpdir(), 'confer-lldpd-'));
  const file = (name: string) => join(directory, name);
  for (const name of ['told', 'looks']) writeFileSync(file(name), '');
  writeFileSync(
    file('lldpcli'),
    `#!/bin/sh
cd ${directory} && [ -e statistics ] || exit 1
case "$*" in
  configure*) echo "$@" >>told;;
  *statistics*) cat statistics;;
  *neighbors*) cat neighbours; echo look >>looks;;
esac
`,
    { mode: 0o755 },
  );
  const looks = () => readFileSync(file('looks'), 'utf8').split('\n').length;
  const problems: LldpdError[] = [];
  const clock: SpeakerClock = { now: () => 0, every: () => () => {} };
  let beacon: LldpdBeacon | undefined;
  return {
    problems,
    get beacon() {
      beacon ??= new LldpdBeacon(new FrameSpeaker(wire, clock, { node: 'P-2', lldp: false }), {
        interfaces: ['eth0'],
        command: file('lldpcli'),
        pollIntervalMs: 20,
        isUp: () => isUp,
        onProblem: (problem) => problems.push(problem),
      });
      return beacon;
    },
    /** Undefined: the daemon is gone; without frames: it has no interface. Each file is the old one or the new one. */
    says(answers: { neighbours: string; frames: number | undefined } | undefined) {
      if (answers === undefined) return rmSync(file('statistics'));
      const { neighbours, frames } = answers;
      const statistics =
        frames === undefined ? '{"lldp":[{}]}' : output({ name: 'eth0', rx: [{ rx: `${frames}` }] });
      for (const [name, text] of Object.entries({ neighbours, statistics })) {
        writeFileSync(file('new'), text);
        renameSync(file('new'), file(name));
      }
    },
    configured: () => readFileSync(file('told'), 'utf8'),
    /** Resolves once the beacon has taken in a whole look. */
    async looked() {
      void this.beacon;
      const before = looks();
      await until(() => looks() >= before + 3);
    },
    async [Symbol.asyncDispose]() {
      await beacon?.close();
      rmSync(directory, { recursive: true });
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 3_000 && !holds(); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(holds());
}

function neighboursOf(node: string): string {
  const value = Array.from(encodeSigned(signed(node)), (octet) => octet.toString(16).padStart(2, '0')).join(
    ',',
  );
  const tlv = { oui: '02,43,46', subtype: '1', value };
  const port = [{ ttl: [{ value: '120' }] }];
  return output({ name: 'eth0', port, 'unknown-tlvs': [{ 'unknown-tlv': [tlv] }] });
}
