/**
 * Input: agents whose agent.yaml names other numbers on the wire (docs/deploy.md, "Numbers on the wire"), next to one
 * that has the usual ones. Output: the bytes of their frames, and who hears whom.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { stringify } from 'yaml';
import { frameKind } from '../../discovery/ethernet.ts';
import { parseTopology } from '../../src/core/topology.ts';
import { serveDevice } from '../../src/sim/device-server.ts';
import { ModelledNetwork } from '../../src/sim/network.ts';
import { createSystemClock } from '../../src/system/clock.ts';
import { initAuthority, issueIdentity } from '../../src/system/pki.ts';
import { createSystemRandom } from '../../src/system/random.ts';
import { freePort } from '../support/one-agent.ts';
import { cli, node as nodeCommand, scratch, threeRouters } from './confer.ts';

const clock = createSystemClock();
const lifetimeMs = 3_600_000;
const waitMs = 60_000;
/** So many frames are given to an agent that hears nobody, before it is believed. */
const framesEnough = 6;

const others = { lldpOui: 'AC-DE-48', lldpSubtype: 7, isisApplication: 0xbeef, isisArea: '49.0042' };
/** Type 127 (7 bits), length (9 bits), then organisation and subtype: IEEE 802.1AB. */
const otherLldp = /fe..acde4807|ff..acde4807/;
/** TLV 251, length, flags, application: RFC 6823. Area addresses: TLV 1 of ISO 10589. */
const otherIsis = /fb..00beef/;
const otherArea = /010403490042/;
const usual = { lldp: /024346/, isis: /fb..00c0fe/, area: /010403490001/ };

it('agents with equal codepoints hear each other, and not those with others [T21]', async () => {
  await using agents = new AsyncDisposableStack();
  using place = scratch();
  const authority = join(place.path, 'ca');
  const now = clock.now();
  initAuthority(authority, { name: 'codepoints', lifetimeMs, now });
  const topology = parseTopology(readFileSync(threeRouters, 'utf8'), threeRouters);
  const network = new ModelledNetwork(topology, { clock, random: createSystemRandom() });

  const start = async (name: string, codepoints: object | undefined) => {
    const identity = join(place.path, name);
    issueIdentity(authority, identity, { node: name, role: 'device', hosts: [], lifetimeMs, now });
    const config = {
      node: name,
      identity,
      store: join(identity, 'store'),
      listen: { host: '127.0.0.1', port: await freePort('127.0.0.1') },
      advertise: { host: '127.0.0.1' },
      driver: 'modelled',
      discovery: { source: 'modelled', intervalMs: 200, ...(codepoints && { codepoints }) },
    };
    const file = join(identity, 'agent.yaml');
    writeFileSync(file, stringify(config));
    const child = fork(cli, ['agent', '--config', file], {
      execPath: nodeCommand,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const agent = { child, sent: [] as string[], heard: 0, log: '' };
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      agent.log += text;
    });
    const port = network.framePort(name);
    serveDevice(child, {
      driver: network.router(name),
      frames: {
        interfaces: () => port.interfaces(),
        send: (to, frame) => {
          agent.sent.push(`${frameKind(frame)} ${Buffer.from(frame).toString('hex')}`);
          port.send(to, frame);
        },
        onFrame: (handler) =>
          port.onFrame((from, frame) => {
            agent.heard += 1;
            handler(from, frame);
          }),
      },
      reach: async (host, toPort) => ({ host, port: toPort }),
    });
    agents.defer(() => ended(child));
    return agent;
  };
  const pe1 = await start('PE-1', others);
  const p2 = await start('P-2', others);
  const pe3 = await start('PE-3', undefined);

  const sent = ({ sent: all }: { sent: string[] }, kind: string) =>
    all.filter((frame) => frame.startsWith(kind)).join('\n');
  const told: [agent: typeof pe1, kind: 'lldp' | 'isis', bytes: RegExp][] = [
    ...[pe1, p2].flatMap((agent): typeof told => [
      [agent, 'lldp', otherLldp],
      [agent, 'isis', otherIsis],
      [agent, 'isis', otherArea],
    ]),
    [pe3, 'lldp', usual.lldp],
    [pe3, 'isis', usual.isis],
    [pe3, 'isis', usual.area],
  ];
  const isSettled = () =>
    lastDomain(pe1.log) === 'P-2' &&
    lastDomain(p2.log) === 'PE-1' &&
    pe3.heard >= framesEnough &&
    told.every(([agent, kind, bytes]) => bytes.test(sent(agent, kind)));
  using deadline = clock.deadline(waitMs);
  while (!isSettled()) await clock.sleep(20, deadline.signal);

  for (const agent of [pe1, p2]) {
    assert.doesNotMatch(sent(agent, 'lldp'), usual.lldp);
    assert.doesNotMatch(sent(agent, 'isis'), usual.isis);
  }

  await Promise.all([pe1, p2, pe3].map(({ child }) => ended(child)));
  assert.equal(lastDomain(pe3.log), undefined, 'PE-3 hears nobody');
  for (const { log } of [pe1, p2]) assert.doesNotMatch(log, /"nodes":\[[^\]]*PE-3/);
});

/** Whom discovery hears, as the agent logged it last. */
function lastDomain(log: string): string | undefined {
  const lines = log.split('\n').filter((line) => line.includes('"message":"domain"'));
  return lines.length === 0 ? undefined : JSON.parse(lines.at(-1) ?? '').nodes.join();
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'close');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await exited;
  clearTimeout(timer);
}
