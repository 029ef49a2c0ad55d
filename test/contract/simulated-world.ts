/** Agents of the simulation, with a service that answers what the contract asks, over its network and in its time. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { thumbprintHexOf } from '../../crypto/certificate.ts';
import { privateKeyPem } from '../../crypto/keys.ts';
import type { Clock, Peers, Random } from '../../src/core/ports.ts';
import { parseTopology } from '../../src/core/topology.ts';
import type { LinkedPeers } from '../../src/mcp/client.ts';
import { noFaults } from '../../src/sim/fault-mix.ts';
import { FaultyWire } from '../../src/sim/faulty-wire.ts';
import { identityOf, trustAnchorPem, worldStartMs } from '../../src/sim/identities.ts';
import { type Listener, ManagementNetwork } from '../../src/sim/management-network.ts';
import type { MemorySocket } from '../../src/sim/memory-socket.ts';
import { ModelledNetwork } from '../../src/sim/network.ts';
import { Observations } from '../../src/sim/observations.ts';
import { createSeededRandom } from '../../src/sim/seeded-random.ts';
import { SimulatedAgent } from '../../src/sim/simulated-agent.ts';
import { Trace } from '../../src/sim/trace.ts';
import { createVirtualClock } from '../../src/sim/virtual-clock.ts';
import { passUntil } from '../support/virtual-pass.ts';
import { FakeService } from '../unit/mcp/world.ts';
import { offered, type PeersWorld } from './peers.ts';

/** Longer than it takes that all hear all. */
const settledMs = 20_000;
/** A wall clock that is so far ahead finds every certificate expired. */
const skewMs = 10 * 24 * 3_600_000;

export async function createSimulatedWorld(): Promise<PeersWorld> {
  const clock = createVirtualClock(worldStartMs);
  const trace = new Trace(() => clock.elapsed());
  const wire = new FaultyWire({
    stalls: true,
    trace,
    random: randomOf('wire'),
    mix: () => noFaults,
    elapsed: () => clock.elapsed(),
    flightMs: [0.2, 1],
  });
  const topology = parseTopology(star, 'star.yaml');
  const network = new ModelledNetwork(topology, { clock, random: randomOf('packets') });
  const observations = new Watching(trace, 60_000);
  let isSilent = false;
  const management = new Counting({
    trace,
    wire,
    after: clock.after,
    elapsed: () => clock.elapsed(),
    carries: () => !isSilent,
    isPartitioned: () => false,
  });
  const names = Object.keys(offered);
  const answering = new Map<string, string>();
  const services = new Map(names.map((node) => [node, new FakeService(deviceOf(node))]));
  const agents = new Map(
    names.map((node, index) => [
      node,
      new SimulatedAgent({
        node,
        capabilities: offered[node] ?? [],
        host: `192.0.2.${index + 1}`,
        announceIntervalMs: 5_000,
        skewMs: node === 'P-4' ? skewMs : 0,
        clock,
        management,
        observations,
        trace,
        device: network.router(node),
        frames: network.framePort(node),
        nodeAt: (host) => {
          const named = names[Number(host.split('.').at(-1)) - 1] ?? '';
          return answering.get(named) ?? named;
        },
        random: randomOf,
        disk: { commitMs: () => 1, onWrite: () => {} },
        serve: () => of(services, node),
      }),
    ]),
  );
  const pass = <T>(promise: Promise<T>): Promise<T> => passUntil(clock, promise);
  await pass(Promise.all([...agents.values()].map((agent) => agent.start())));
  await clock.advance(settledMs);
  assert.ok(
    [...management.open.values()].every((open) => open.size === 0),
    'an agent called by itself',
  );
  for (const service of services.values()) service.calls.length = service.negotiations.length = 0;
  return {
    clock,
    peers: (node) => of(observations.peers, node),
    service: (node) => of(services, node),
    connections: (node) => management.open.get(node)?.size ?? 0,
    async stop(node) {
      of(agents, node).crash('keep', {});
      await clock.advance(10);
    },
    async start(node) {
      await pass(of(agents, node).start());
      await clock.advance(settledMs);
    },
    silence() {
      isSilent = true;
    },
    replace: (node, by) => void answering.set(node, by),
    pass,
    wait: (ms) => clock.advance(ms),
    async [Symbol.asyncDispose]() {
      for (const agent of agents.values()) agent.crash('keep', {});
      await clock.advance(100);
      assert.equal(clock.waiting, 0, 'a timer outlived its process');
    },
  };
}

/** Who reaches whom over management is the management network's; frames reach neighbours. */
const star = `name: star
topology:
  defaults: { labels: { confer.management: out-of-band, confer.background-loss-percent: "0" } }
  nodes: { PE-1: {}, P-2: {}, PE-3: {}, P-4: {} }
  links:
    - endpoints: ["P-2:to-pe1", "PE-1:to-p2"]
    - endpoints: ["P-2:to-pe3", "PE-3:to-p2"]
    - endpoints: ["P-2:to-p4", "P-4:to-p2"]
`;

/** Keeps the peers that each agent was made with. */
class Watching extends Observations {
  readonly peers = new Map<string, LinkedPeers>();

  override watchPeers(from: string, peers: Peers, clock: Clock): Peers {
    this.peers.set(from, peers as LinkedPeers);
    return super.watchPeers(from, peers, clock);
  }
}

/** Counts the connections that each listener has taken and that are open. */
class Counting extends ManagementNetwork {
  readonly open = new Map<string, Set<MemorySocket>>();

  override listen(node: string, listener: Listener): void {
    const open = new Set<MemorySocket>();
    this.open.set(node, open);
    const accept: Listener['accept'] = (socket, peer) => {
      const refusal = listener.accept(socket, peer);
      if (refusal === undefined) open.add(socket);
      socket.on('close', () => open.delete(socket));
      return refusal;
    };
    super.listen(node, { ...listener, accept });
  }

  override vanish(node: string, isHeard: boolean): void {
    this.open.delete(node);
    super.vanish(node, isHeard);
  }
}

function deviceOf(node: string) {
  const { keyPair, certificatePem } = identityOf(node);
  const thumbprint = thumbprintHexOf(certificatePem);
  const keyPem = privateKeyPem(keyPair.privateKey);
  return { node, certificatePem, keyPem, authorityPem: trustAnchorPem, keyPair, thumbprint };
}

function randomOf(who: string): Random {
  return createSeededRandom(createHash('sha256').update(who).digest().readUIntBE(0, 6));
}

function of<T>(map: ReadonlyMap<string, T>, node: string): T {
  return map.get(node) ?? assert.fail(`no node ${node}`);
}
