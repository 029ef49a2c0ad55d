/**
 * The Beacon contract over AF_PACKET sockets, and with lldpd in P-2 when its control socket is given: started by
 * beacon.test.ts in a namespace that has both ends of every link.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Beacon } from '../../discovery/beacon.ts';
import { openFrameBeacon } from '../../src/system/frame-beacon.ts';
import { threeRouters } from '../support/three-routers.ts';
import { type BeaconWorld, beaconContract, type Node, nodes } from './beacon.ts';

const run = promisify(execFile);
const [, , socketPath] = process.argv;

if (socketPath === undefined) beaconContract('real wires', { source: 'lldp' }, () => wireWorld());
else
  beaconContract('real wires and lldpd', { source: 'lldpd', isDaemon: true }, async () => {
    const world = await wireWorld(socketPath);
    return {
      ...world,
      async [Symbol.asyncDispose]() {
        await world[Symbol.asyncDispose]();
        const details = ['-f', 'json0', 'show', 'interfaces', 'details'];
        const { stdout } = await run('lldpcli', ['-u', socketPath, ...details]);
        assert.doesNotMatch(stdout, /02,43,46/, 'the daemon announces us after we have gone');
      },
    };
  });

async function wireWorld(lldpdSocket?: string): Promise<BeaconWorld> {
  const socketsBefore = packetSockets(); // the daemon has its own
  const beacons = new Map<Node, Beacon>();
  for (const node of nodes) {
    const interfaces = threeRouters().links.flatMap(({ a, b }) =>
      [a, b].flatMap((end) => (end.node === node ? [end.interface] : [])),
    );
    const lldpd = {
      socketPath: lldpdSocket ?? '',
      pollIntervalMs: 100,
      onProblem: (problem: Error) => console.error(problem.message),
    };
    const withDaemon = node === 'P-2' && lldpdSocket !== undefined;
    const options = { node, interfaces, announceIntervalMs: 200, ...(withDaemon && { lldpd }) };
    beacons.set(node, await openFrameBeacon(options));
  }
  return {
    beacon: (node) => beacons.get(node) ?? assert.fail(node),
    async until(holds) {
      for (let tries = 0; tries < 400; tries += 1) {
        if (holds()) return;
        await delay(50);
      }
      const told = nodes.map((node) => [node, beacons.get(node)?.heard()]);
      assert.fail(
        `not within 20 s: ${JSON.stringify(told, (key, value) => (key === 'advertisement' ? undefined : value))}`,
      );
    },
    wait: (ms) => delay(ms),
    async [Symbol.asyncDispose]() {
      for (const beacon of beacons.values()) await beacon.close();
      assert.equal(packetSockets(), socketsBefore, 'an AF_PACKET socket was left open');
    },
  };
}

/** Those of the whole namespace, after a line of headings. */
function packetSockets(): number {
  return readFileSync('/proc/self/net/packet', 'utf8').trimEnd().split('\n').length - 1;
}
