/** The contract of Peers: over mutual TLS on loopback, over the simulated network in virtual time, and audited. */
import { Audit } from '../../src/agent/audit.ts';
import { AuditedPeers } from '../../src/agent/audited-peers.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { createMtlsWorld } from './mtls-world.ts';
import { dialContract, type PeersWorld, peersContract } from './peers.ts';
import { createSimulatedWorld } from './simulated-world.ts';

for (const [name, create] of [
  ['mutual TLS on loopback', createMtlsWorld],
  ['the simulated network', createSimulatedWorld],
] as const) {
  peersContract(name, create);
  peersContract(`${name}, over a link that the peer opened`, () => calledFirst(create));
  dialContract(name, create);
}
peersContract('with an audit trail', audited);

/** P-2 opens the link, over which PE-1 then calls back. */
async function calledFirst(create: () => Promise<PeersWorld>): Promise<PeersWorld> {
  const world = await create();
  const { signal } = new AbortController();
  await world.pass(world.peers('P-2').open('PE-1', { session: 'first', signal }));
  return world;
}

async function audited(): Promise<PeersWorld> {
  const world = await createMtlsWorld();
  const { clock } = world;
  const trails = new Map<string, ReturnType<PeersWorld['peers']>>();
  const peersOf = (node: string) => {
    const peers = world.peers(node);
    const { keyPair, certificatePem } = world.service(node).device;
    const settings = { node, privateKey: keyPair.privateKey, certificatePem, recordsMax: 1_000 };
    const trail = new AuditedPeers(peers, new Audit(settings, { clock, store: createMemoryStore() }), clock);
    return { open: trail.open.bind(trail), close: () => peers.close() };
  };
  const peers: PeersWorld['peers'] = (node) => {
    const known = trails.get(node) ?? peersOf(node);
    trails.set(node, known);
    return known;
  };
  return { ...world, peers };
}
