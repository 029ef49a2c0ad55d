/**
 * One node of the discovery lab test: announces itself on its interfaces and prints what it hears, a line of JSON every
 * 100 ms, until SIGTERM. Usage: node discovery-node.ts NAME INTERFACE,INTERFACE [LLDPD-SOCKET] [CODEPOINTS], where the
 * codepoints are written as in agent.yaml (YAML or JSON), and an empty text stands for no daemon.
 */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { signAdvertisement } from '../../discovery/advertisement.ts';
import type { Codepoints } from '../../discovery/codepoints.ts';
import { parseAgentConfig } from '../../src/agent/config.ts';
import { openFrameBeacon } from '../../src/system/frame-beacon.ts';

export interface Told {
  readonly neighbours: {
    node: string;
    interface: string;
    source: string;
    ageMs: number;
    fresh: boolean;
    port: number;
  }[];
  readonly nodes: { node: string; source: string; hops?: number }[];
}

const [, , node = '', interfaces = '', socketPath = '', codepoints = ''] = process.argv;

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}

/** As an agent reads them. */
function codepointsOf(text: string): Codepoints {
  const config = `
node: ${node}
identity: .
store: .
driver: modelled
advertise: { host: 127.0.0.1 }
discovery: { codepoints: ${text} }
`;
  return parseAgentConfig(config, 'agent.yaml').discovery.codepoints;
}

async function main(): Promise<void> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const lldpd = {
    socketPath,
    pollIntervalMs: 300,
    onProblem: (problem: Error) => console.error(problem.message),
  };
  const beacon = await openFrameBeacon({
    node,
    interfaces: interfaces.split(','),
    announceIntervalMs: 500,
    ...(codepoints === '' ? {} : { codepoints: codepointsOf(codepoints) }),
    ...(socketPath === '' ? {} : { lldpd }),
  });
  const advertisement = {
    node,
    host: 'fc00:1::1',
    port: 9514,
    capabilities: ['ietf-srv6-ping', 'ietf-interface-counters'],
    thumbprint: createHash('sha256').update(node).digest(),
    sequence: Math.floor(Date.now() / 1000),
    lifetimeS: 60,
  };
  try {
    const linkState = { hostname: node, addresses: ['fc00:1::1'], neighbours: [], sids: [] };
    await beacon.announce(
      signAdvertisement(advertisement, (bytes) => sign(null, bytes, privateKey)),
      linkState,
    );
  } catch (error) {
    await beacon.close();
    throw error;
  }
  const printer = setInterval(() => console.log(JSON.stringify(told())), 100);
  process.once('SIGTERM', async () => {
    clearInterval(printer);
    await beacon.close();
  });

  function told(): Told {
    const { neighbours, nodes } = beacon.heard();
    return {
      neighbours: neighbours.map(({ advertisement: { advertisement: heard }, ...neighbour }) => ({
        node: neighbour.node,
        interface: neighbour.interface,
        source: neighbour.source,
        ageMs: neighbour.ageMs,
        fresh: neighbour.fresh,
        port: heard.port,
      })),
      nodes: nodes.map(({ node: name, source, hops }) => ({
        node: name,
        source,
        ...(hops === undefined ? {} : { hops }),
      })),
    };
  }
}
