/** One real agent in a process of its own (`confer agent`, modelled router), and an operator's identity to call it with. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { parseTopology, type Topology } from '../../src/core/topology.ts';
import { serveDevice } from '../../src/sim/device-server.ts';
import { ModelledNetwork } from '../../src/sim/network.ts';
import { createSystemClock } from '../../src/system/clock.ts';
import { initAuthority, issueIdentity } from '../../src/system/pki.ts';
import { createSystemRandom } from '../../src/system/random.ts';
import { root } from './source.ts';

const topologyFile = join(root, 'topologies/pe1-p2-pe3.yaml');
const lifetimeMs = 3_600_000;
const startMsMax = 60_000;

export interface OneAgent extends AsyncDisposable {
  node: string;
  /** Of its MCP endpoint. */
  url: URL;
  /** Identity directory of an operator: certificate.pem, key.pem, ca.pem. */
  operator: string;
  topology: Topology;
  /** What it logged so far. */
  log(): string;
}

/** Starts PE-1 of the three routers on loopback; `settings` are added to its agent.yaml. */
export async function startOneAgent(settings: Record<string, unknown> = {}): Promise<OneAgent> {
  const node = 'PE-1';
  const host = '127.0.0.1';
  const topology = parseTopology(readFileSync(topologyFile, 'utf8'), topologyFile);
  const clock = createSystemClock();
  const directory = mkdtempSync(join(tmpdir(), 'confer-one-agent-'));
  const [identity, operator] = [join(directory, node), join(directory, 'operator')];
  const authority = join(directory, 'ca');
  const now = clock.now();
  initAuthority(authority, { name: 'interop', lifetimeMs, now });
  issueIdentity(authority, identity, { node, role: 'device', hosts: [host], lifetimeMs, now });
  issueIdentity(authority, operator, { node: 'operator', role: 'operator', hosts: [], lifetimeMs, now });

  const port = await freePort(host);
  const file = join(directory, 'agent.yaml');
  const config = {
    node,
    identity,
    store: join(directory, 'store'),
    listen: { host, port },
    advertise: { host },
    driver: 'modelled',
    discovery: { source: 'modelled', intervalMs: 500 },
    ...settings,
  };
  writeFileSync(file, stringify(config));
  const network = new ModelledNetwork(topology, { clock, random: createSystemRandom() });
  const child = fork(join(root, 'src/cli.ts'), ['agent', '--config', file], {
    execPath: join(root, 'node_modules/.bin/node'),
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  serveDevice(child, {
    driver: network.router(node),
    frames: network.framePort(node),
    reach: async (toHost, toPort) => ({ host: toHost, port: toPort }),
  });
  const exited = once(child, 'exit');
  let logged = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    logged += text;
  });
  const end = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await exited;
    clearTimeout(timer);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    using deadline = clock.deadline(startMsMax);
    while (!logged.includes('"serving"')) {
      assert.equal(child.exitCode, null, logged);
      await clock.sleep(20, deadline.signal);
    }
  } catch (error) {
    await end();
    throw error;
  }
  const url = new URL(`https://${host}:${port}/mcp`);
  return { node, url, operator, topology, log: () => logged, [Symbol.asyncDispose]: end };
}

/** A port that nobody listens on now. */
export async function freePort(host: string): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
