/** What one speaker makes of frames that nobody honest sends. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeSigned } from '../../../discovery/advertisement.ts';
import { sourceAddress } from '../../../discovery/ethernet.ts';
import { encodeLspFrame, makeLsp, purgeOf } from '../../../discovery/isis.ts';
import { encodeContents } from '../../../discovery/isis-contents.ts';
import { systemIdOf } from '../../../discovery/link-state.ts';
import { encodeLldp } from '../../../discovery/lldp.ts';
import type { FrameSpeaker } from '../../../discovery/speaker.ts';
import { advertisementOf, forged, linkStateOf, signed, verifyBytes, World } from './advertise.ts';

const source = sourceAddress('evil', 'e0');

function lspFrame(systemOf: string, node: string, sequence = 1, hostname = node): Uint8Array {
  const [tlvs = new Uint8Array()] = encodeContents(
    linkStateOf(hostname),
    encodeSigned(forged(node, { sequence })),
  );
  return encodeLspFrame(makeLsp(systemIdOf(systemOf), 0, sequence, 1200, tlvs), source);
}

function lldpFrame(node: string, sequence = 1): Uint8Array {
  const payload = encodeSigned(forged(node, { sequence }));
  return encodeLldp({ source, chassisId: node, portId: 'e0', ttlS: 120, payload });
}

function neighbourNames(speaker: FrameSpeaker): string[] {
  return speaker.heard().neighbours.map(({ node }) => node);
}

async function three(): Promise<World> {
  const world = new World([
    ['PE-1', 'P-2'],
    ['P-2', 'PE-3'],
  ]);
  await world.announceAll();
  world.advance(3000);
  return world;
}

describe('a speaker under attack', () => {
  it('takes no link state whose system, hostname and advertised name disagree, and floods it no further', async () => {
    const world = await three();
    for (const frame of [lspFrame('PE-9', 'PE-8'), lspFrame('PE-8', 'PE-8', 1, 'PE-9')]) {
      world.inject('PE-1', 'P-2', frame);
      world.settle();
    }
    assert.deepEqual(
      world
        .speaker('PE-3')
        .heard()
        .nodes.map((node) => node.node)
        .sort(),
      ['P-2', 'PE-1'],
    );
  });

  it("leaves a routing daemon's link states alone", async () => {
    const world = await three();
    const before = world.framesSent;
    const tlvs = Uint8Array.of(1, 4, 3, 0x49, 0, 1, 137, 3, 70, 82, 82);
    world.inject('PE-1', 'P-2', encodeLspFrame(makeLsp(systemIdOf('FRR'), 0, 1, 1200, tlvs), source));
    world.settle();
    assert.equal(world.framesSent, before);
  });

  it('a forged link state of a confirmed node is dropped; the genuine one stays (threat 1)', async () => {
    const world = await three();
    const { thumbprint } = advertisementOf('PE-3');
    world.speaker('PE-1').confirm('PE-3', thumbprint, verifyBytes);
    world.inject('P-2', 'PE-1', lspFrame('PE-3', 'PE-3', 1_000_000));
    world.settle();
    const heard = world
      .speaker('PE-1')
      .heard()
      .nodes.filter((node) => node.node === 'PE-3');
    assert.deepEqual(
      heard.map((node) => [node.authenticated, node.advertisement.advertisement.sequence]),
      [[true, 1]],
    );
  });

  it('nobody but a confirmed neighbour says goodbye for it on the link (threat 1)', async () => {
    const world = await three();
    const speaker = world.speaker('PE-1');
    speaker.confirm('P-2', advertisementOf('P-2').thumbprint, verifyBytes);
    const goodbye = (payload: Uint8Array) =>
      encodeLldp({ source, chassisId: 'P-2', portId: 'e0', ttlS: 0, payload });
    const stranger = { thumbprint: new Uint8Array(32).fill(9), sequence: 9, lifetimeS: 0 };
    for (const frame of [
      goodbye(encodeSigned(signed('P-2'))), // what everybody on the wire has heard
      goodbye(encodeSigned(forged('P-2', { sequence: 9 }))),
      goodbye(encodeSigned(forged('P-2', { sequence: 9, lifetimeS: 0 }))),
      goodbye(encodeSigned(forged('P-2', stranger))),
    ]) {
      world.deliver('P-2', 'PE-1', frame);
      assert.deepEqual(neighbourNames(speaker), ['P-2']);
    }
    world.deliver('P-2', 'PE-1', goodbye(encodeSigned(signed('P-2', { sequence: 9, lifetimeS: 0 }))));
    assert.deepEqual(neighbourNames(speaker), []);
  });

  it('nobody but a confirmed node takes its link state back (threat 1)', async () => {
    const world = await three();
    const speaker = world.speaker('PE-1');
    speaker.confirm('PE-3', advertisementOf('PE-3').thumbprint, verifyBytes);
    const genuine = (sequence: number, lifetimeS: number) => {
      const [tlvs = new Uint8Array()] = encodeContents(linkStateOf('PE-3'), encodeSigned(signed('PE-3')));
      return makeLsp(systemIdOf('PE-3'), 0, sequence, lifetimeS, tlvs);
    };
    const held = () => speaker.heard().nodes.find(({ node }) => node === 'PE-3');
    world.passes = (from) => from !== 'PE-3';
    const forgeries = [
      purgeOf(genuine(1, 1200)),
      purgeOf(genuine(1_000_000, 1200)),
      genuine(3, 1200), // another checksum at a sequence number that is in use
      genuine(1_000_000, 1), // a copy with a lifetime that runs out at once
    ];
    for (const lsp of forgeries) {
      world.deliver('P-2', 'PE-1', encodeLspFrame(lsp, source));
      assert.ok(held()?.authenticated, `${lsp.id} ${lsp.sequence} ${lsp.remainingLifetimeS}`);
    }
    world.advance(5000);
    assert.ok(held()?.authenticated, 'it ages by the lifetime that it signed');
  });

  it('whoever says goodbye itself is forgotten at once, confirmed or not', async () => {
    const world = await three();
    for (const [by, node] of [
      ['PE-1', 'P-2'],
      ['PE-1', 'PE-3'],
      ['P-2', 'PE-3'],
    ] as const)
      world.speaker(by).confirm(node, advertisementOf(node).thumbprint, verifyBytes);
    const leaving = world.speaker('PE-3');
    await leaving.announce(signed('PE-3', { sequence: 2, lifetimeS: 0 }), linkStateOf('PE-3'));
    await leaving.close();
    world.settle();
    const names = (by: string) =>
      world
        .speaker(by)
        .heard()
        .nodes.map(({ node }) => node);
    assert.deepEqual([names('PE-1'), names('P-2')], [['P-2'], ['PE-1']]);
    assert.deepEqual(neighbourNames(world.speaker('P-2')), ['PE-1']);
    const rest = world.speaker('PE-1').heard().nodes[0]?.linkState?.neighbours;
    world.advance(5000);
    assert.ok(rest);
    assert.deepEqual(names('PE-1'), ['P-2'], 'it does not come back');
  });

  it('a farewell of an earlier run, replayed on whatever wire, evicts nobody who is confirmed (threat 1)', async () => {
    const world = await three();
    const speaker = world.speaker('PE-1');
    await world.speaker('PE-3').announce(signed('PE-3', { sequence: 500 }), linkStateOf('PE-3'));
    world.advance(3000);
    speaker.confirm('PE-3', advertisementOf('PE-3').thumbprint, verifyBytes);
    const payload = encodeSigned(signed('PE-3', { sequence: 100, lifetimeS: 0 }));
    const [tlvs = new Uint8Array()] = encodeContents(linkStateOf('PE-3'), payload);
    const replays = [
      encodeLldp({ source, chassisId: 'PE-3', portId: 'e0', ttlS: 0, payload }),
      encodeLldp({ source, chassisId: 'PE-3', portId: 'e0', ttlS: 120, payload }),
      // Nobody signs a link state PDU as a whole: its own sequence number is anybody's.
      encodeLspFrame(makeLsp(systemIdOf('PE-3'), 0, 1_000_000, 1200, tlvs), source),
    ];
    for (const frame of replays) {
      for (const wire of ['customer', 'P-2']) world.deliver(wire, 'PE-1', frame);
      const told = speaker.heard().nodes.find(({ node }) => node === 'PE-3');
      assert.deepEqual([told?.authenticated, told?.advertisement.advertisement.sequence], [true, 500]);
    }
  });

  it('keeps confirmed nodes through a flood of invented ones, and bounded (threat 2)', async () => {
    const world = await three();
    for (const node of ['P-2', 'PE-3']) {
      world.speaker('PE-1').confirm(node, advertisementOf(node).thumbprint, verifyBytes);
    }
    world.speaker('P-2').confirm('PE-1', advertisementOf('PE-1').thumbprint, verifyBytes);
    for (let at = 0; at < 3000; at++) {
      world.inject('P-2', 'PE-1', lldpFrame(`L${at}`));
      world.inject('P-2', 'PE-1', lspFrame(`I${at}`, `I${at}`));
    }
    world.settle();
    const { nodes, neighbours } = world.speaker('PE-1').heard();
    assert.ok(nodes.length <= 1024 + 4);
    assert.deepEqual(
      nodes
        .slice(0, 2)
        .map((node) => node.node)
        .sort(),
      ['P-2', 'PE-3'],
    );
    assert.equal(neighbours[0]?.node, 'P-2');
    assert.ok(nodes.find((node) => node.node === 'PE-3')?.linkState, 'its link state was evicted');
    // The invented adjacencies that we flood are bounded, and our LSP still goes out.
    world.advance(3000);
    const ours = world
      .speaker('P-2')
      .heard()
      .nodes.find((node) => node.node === 'PE-1')?.linkState;
    assert.ok(ours && ours.neighbours.length <= 128);
    assert.ok(ours.neighbours.some((neighbour) => neighbour.hostname === 'P-2'));
  });

  it('a million invented neighbours cost less than 32 MB, and the real one stays heard (threat 2)', async () => {
    const world = new World([['PE-1', 'P-2']]);
    await world.announceAll();
    world.advance(2000);
    const speaker = world.speaker('PE-1');
    speaker.confirm('P-2', advertisementOf('P-2').thumbprint, verifyBytes);
    world.advance(2000);
    const lldp = lldpFrame('N0000000');
    const nameAt = Buffer.from(lldp).indexOf('N0000000', 40);
    const lsps = Array.from({ length: 100 }, (_, at) => lspFrame(`I${at}`, `I${at}`));
    const before = process.memoryUsage().rss;
    for (let at = 0; at < 1_000_000; at++) {
      for (let digit = 0; digit < 7; digit++)
        lldp[nameAt + 7 - digit] = 48 + (Math.floor(at / 10 ** digit) % 10);
      const frame = at % 10 === 0 ? lsps[(at / 10) % 100] : lldp;
      if (frame) world.deliver('P-2', 'PE-1', frame);
      // 50,000 frames a second for 20 s, while P-2 goes on announcing itself.
      if (at % 5000 === 0) world.advance(100);
    }
    const growthMb = (process.memoryUsage().rss - before) / 2 ** 20;
    assert.ok(growthMb < 32, `${growthMb.toFixed(1)} MB more`);
    assert.ok(speaker.heard().nodes.length > 500, 'the flood was not taken for neighbours at all');
    const [first] = speaker.heard().neighbours;
    assert.deepEqual([first?.node, first?.authenticated, first?.fresh], ['P-2', true, true]);
    assert.ok(Number(first?.ageMs) <= 1000);
  });

  it('an invented neighbour is no lever: the database is sent once an interval', async () => {
    const world = await three();
    const before = world.framesSent;
    for (let at = 0; at < 200; at++) world.inject('PE-1', 'P-2', lldpFrame(`L${at}`));
    world.settle();
    world.advance(900);
    assert.ok(world.framesSent - before < 60, `${world.framesSent - before} frames`);
  });

  it('two certificates under one name are two entries, not one that hides the other', async () => {
    const world = await three();
    const payload = encodeSigned(forged('PE-3', { thumbprint: new Uint8Array(32).fill(1), sequence: 7 }));
    world.inject('P-2', 'PE-1', encodeLldp({ source, chassisId: 'PE-3', portId: 'e0', ttlS: 120, payload }));
    world.settle();
    assert.equal(
      world
        .speaker('PE-1')
        .heard()
        .nodes.filter((node) => node.node === 'PE-3').length,
      2,
    );
  });
});

describe('a speaker', () => {
  it('tells of relayed advertisements with their hops', async () => {
    const world = await three();
    world.speaker('PE-1').hearRelayed(signed('PE-7'), 4, 30);
    const relayed = world
      .speaker('PE-1')
      .heard()
      .nodes.find((node) => node.node === 'PE-7');
    assert.deepEqual([relayed?.source, relayed?.hops, relayed?.linkState], ['relay', 4, undefined]);
    world.advance(30_000);
    assert.ok(
      !world
        .speaker('PE-1')
        .heard()
        .nodes.some((node) => node.node === 'PE-7'),
    );
  });

  it('speaks for itself only, and not after it was closed', async () => {
    const world = new World([['PE-1', 'P-2']]);
    const speaker = world.speaker('PE-1');
    await assert.rejects(speaker.announce(signed('P-2'), linkStateOf('P-2')), /speaks for PE-1/);
    await speaker.close();
    await speaker.close();
    await assert.rejects(speaker.announce(signed('PE-1'), linkStateOf('PE-1')), /closed/);
  });

  it('announced again, it is heard at once, everywhere', async () => {
    const world = await three();
    await world.speaker('PE-1').announce(signed('PE-1', { sequence: 2, port: 4711 }), linkStateOf('PE-1'));
    world.settle();
    for (const listener of ['P-2', 'PE-3']) {
      const heard = world
        .speaker(listener)
        .heard()
        .nodes.find((node) => node.node === 'PE-1');
      assert.equal(heard?.advertisement.advertisement.port, 4711);
    }
  });
});
