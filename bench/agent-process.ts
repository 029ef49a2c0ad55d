/**
 * Real agents as a process of their own, on loopback: what `confer agent` opens, over modelled routers that nobody
 * probes. Arguments: the directory with everybody's identity, nodes. Tells its parent the ports.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyPairFromPem } from '../crypto/keys.ts';
import { createRules } from '../models/rules.ts';
import { createAgent } from '../src/agent/agent.ts';
import { callerOf, dialPeer } from '../src/cli/connections.ts';
import { allCapabilities } from '../src/core/tools.ts';
import { parseTopology } from '../src/core/topology.ts';
import { createPeers } from '../src/mcp/client.ts';
import { createHttpHandler, createHttpServer } from '../src/mcp/http.ts';
import { ModelledNetwork } from '../src/sim/network.ts';
import { createSystemClock } from '../src/system/clock.ts';
import { loadIdentity } from '../src/system/identity.ts';
import { judgePem, listenMtls, peerOf } from '../src/system/mtls.ts';
import { createSystemRandom } from '../src/system/random.ts';
import { openSqliteStore } from '../src/system/sqlite-store.ts';

const [directory = '', ...nodes] = process.argv.slice(2);
const file = 'topologies/pe1-p2-pe3.yaml';
const topology = parseTopology(readFileSync(file, 'utf8'), file);
const [clock, random] = [createSystemClock(), createSystemRandom()];
const log = { info() {}, warn: (message: string) => console.error(message) };

async function startAgent(node: string): Promise<number> {
  const identity = loadIdentity(join(directory, node));
  const agent = createAgent(
    {
      identity: {
        node,
        certificatePem: identity.certificatePem,
        privateKey: keyPairFromPem(identity.keyPem).privateKey,
      },
      advertise: { host: '127.0.0.1', port: 9514 },
      capabilities: allCapabilities,
      announceIntervalMs: 30_000,
    },
    {
      clock,
      random,
      store: openSqliteStore(join(directory, `${node}-store`)),
      beacon: {
        announce: async () => {},
        heard: () => ({ neighbours: [], nodes: [] }),
        close: async () => {},
      },
      // Every agent of a benchmark answers for the transit router, whatever its name.
      device: new ModelledNetwork(topology, { clock, random }).router('P-2'),
      model: createRules(),
      admit: (pem, expected) => judgePem(pem, identity, expected),
      peers: createPeers({
        node,
        capabilities: allCapabilities,
        clock,
        log,
        lookup: () => undefined,
        dial: (host, port, expected) => dialPeer(identity, host, port, expected),
        service: () => agent.service,
      }),
      log,
    },
  );
  await agent.open();
  const handler = createHttpHandler(agent.service, {
    clock,
    log,
    callerOf,
    newSessionId: () => Buffer.from(random.bytes(16)).toString('hex'),
  });
  const server = createHttpServer(handler);
  const listener = await listenMtls({
    identity,
    host: '127.0.0.1',
    port: 0,
    onConnection: (socket) => {
      if (peerOf(socket) !== undefined) server.emit('connection', socket);
    },
  });
  return listener.port;
}

process.once('disconnect', () => process.exit(0));
const ports: number[] = [];
for (const node of nodes) ports.push(await startAgent(node));
process.send?.({ ports });
