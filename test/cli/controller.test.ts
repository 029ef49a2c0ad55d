/** `confer controller` against live agents over mutual TLS: pull, kill -9, watch, push, restart, report. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { stringify } from 'yaml';
import type { JsonObject } from '../../crypto/canonical.ts';
import { reportBytes, reportUriPrefix } from '../../src/collaboration/report.ts';
import { Archive } from '../../src/controller/archive.ts';
import type { Report } from '../../src/core/records.ts';
import { parseTopology } from '../../src/core/topology.ts';
import { type Lab, startLab } from '../../src/lab/lab.ts';
import { createModelledWorld } from '../../src/lab/modelled-world.ts';
import type { World } from '../../src/lab/world.ts';
import { serveDevice } from '../../src/sim/device-server.ts';
import { ModelledNetwork } from '../../src/sim/network.ts';
import { createSystemClock } from '../../src/system/clock.ts';
import { initAuthority, issueIdentity } from '../../src/system/pki.ts';
import { createSystemRandom } from '../../src/system/random.ts';
import { openSqliteStore } from '../../src/system/sqlite-store.ts';
import { openStoreSnapshot } from '../../src/system/store-snapshot.ts';
import { Domain } from '../support/domain.ts';
import { cli, confer, node, type Running, refuses, scratch, start, threeRouters } from './confer.ts';

const sentence = 'Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2';
const lifetimeMs = 24 * 3_600_000;
const clock = createSystemClock();
const random = createSystemRandom();
const topology = parseTopology(readFileSync(threeRouters, 'utf8'), threeRouters);

describe('confer controller pull [T28]', () => {
  const directory = scratch();
  const at = (...names: string[]) => join(directory.path, ...names);
  const config = at('controller.yaml');
  /** A good one for each time that the controller is killed, and some more. */
  const reportsMade = 8;
  let agent: ChildProcess;
  let made: Report[];

  before(async () => {
    made = await reportsOfPe1(reportsMade, at('reports-ca.pem'));
    await fill(at('PE-1', 'store'), made);
    const now = clock.now();
    initAuthority(at('ca'), { name: 'links', lifetimeMs, now });
    const issue = (name: string, role: 'device' | 'controller' | 'operator') =>
      issueIdentity(at('ca'), at(name), { node: name, role, hosts: ['127.0.0.1'], lifetimeMs, now });
    issue('PE-1', 'device');
    issue('noc', 'controller');
    issue('alice', 'operator');
    const port = await freePort();
    agent = startAgent(at('PE-1'), port);
    await serving(agent);
    write(config, {
      identity: 'noc',
      trust: 'reports-ca.pem',
      store: 'archive',
      devices: [{ name: 'PE-1', url: `https://127.0.0.1:${port}` }],
    });
  });

  after(async () => {
    agent?.kill('SIGKILL');
    directory[Symbol.dispose]();
  });

  it('killed with -9 in the middle, again and again, holds every report once, and only that is acknowledged', async () => {
    const heldAfter: number[] = [];
    for (const heldMin of [0, 1, 5]) {
      const pull = start(['controller', 'pull', '--config', config]);
      while (pull.child.exitCode === null && (await heldIds(at('archive'))).length < heldMin) await pause(3);
      if (heldMin === 0) await pause(300);
      pull.child.kill('SIGKILL');
      await pull.ended;
      const held = await heldIds(at('archive'));
      heldAfter.push(held.length);
      for (const id of await acknowledgedIds(at('PE-1', 'store')))
        assert.ok(held.includes(id), `${id} is acknowledged and lost`);
    }
    assert.ok(
      heldAfter.some((count) => count > 0 && count < reportsMade),
      `never in the middle: ${heldAfter}`,
    );
    const { code, stdout, stderr } = await confer('controller', 'pull', '--config', config);
    assert.equal(code, 0, stdout + stderr);
    const ids = made.map(({ uri }) => uri.slice(reportUriPrefix.length)).sort();
    assert.deepEqual((await heldIds(at('archive'))).sort(), ids);
    assert.deepEqual((await acknowledgedIds(at('PE-1', 'store'))).sort(), ids);
  });

  it('prints a table and, with --json, one object; the second pull has nothing new', async () => {
    const people = await confer('controller', 'pull', '--config', config);
    assert.deepEqual(people, {
      code: 0,
      signal: null,
      stdout: [
        'device  new  verified  refused  away',
        'PE-1    0    0         0',
        '0 reports stored and acknowledged, 0 refused, 0 of 1 device away.',
        '',
      ].join('\n'),
      stderr: '',
    });
    const { code, stdout } = await confer('controller', 'pull', '--config', config, '--json');
    assert.equal(code, 0);
    const { ok, devices } = JSON.parse(stdout);
    assert.equal(ok, true);
    assert.equal(devices[0].shelf.kept, reportsMade);
    assert.equal(devices[0].shelf.unacknowledged, 0);
  });

  it('lists and shows what it holds, offline, the same bytes as on the device', async () => {
    const listed = await confer('controller', 'report', 'list', '--config', config);
    assert.equal(listed.code, 0, listed.stderr);
    assert.equal(listed.stdout.trim().split('\n').length, 1 + reportsMade);
    const [report] = made;
    const id = report?.['session-id'] ?? '';
    assert.match(listed.stdout, new RegExp(`^${id}  PE-1    ${report?.created}  ${report?.verdict}`, 'm'));
    const json = await confer('controller', 'report', 'show', id, '--config', config, '--json');
    assert.ok(report);
    assert.equal(
      json.stdout,
      Buffer.from(reportBytes(report)).toString(),
      'the very bytes, so that they verify',
    );
    const shown = await confer('controller', 'report', 'show', id, '--config', config);
    assert.equal(shown.code, 0);
    assert.match(shown.stdout, /^The report holds\.$/m);
    const show = ['controller', 'report', 'show'];
    await refuses([...show, 'ffff', '--config', config], 1, /There is no report ffff/);
    await refuses(
      [...show, id, '--config', config, '--device', 'P-2'],
      1,
      new RegExp(`There is no report ${id} of P-2 here, but one of PE-1\\.$`, 'm'),
    );
    const page = at('page.html');
    const html = await confer(...show, id, '--config', config, '--html', page);
    assert.deepEqual([html.code, html.stdout], [0, ''], html.stderr);
    assert.match(readFileSync(page, 'utf8'), /^<!doctype html>/i);
    const yang = await confer(...show, id, '--config', config, '--yang');
    assert.equal(yang.code, 0, yang.stderr);
    assert.match(Object.keys(JSON.parse(yang.stdout))[0] ?? '', /^ietf-mcp:/);
    await refuses([...show, id, '--config', config, '--html', '--yang'], 2, /cannot be used with option/);
  });

  it('says who is away and what is refused and why, with exit code 1', async () => {
    const other = at('other.yaml');
    const gone = await freePort();
    write(other, {
      identity: 'noc',
      trust: 'ca/ca.pem', // not whose reports these are
      store: 'archive-2',
      refused: { keepMax: 100 },
      devices: [
        { name: 'PE-1', host: '127.0.0.1', port: addressIn(config) },
        { name: 'P-2', host: '127.0.0.1', port: gone },
      ],
    });
    const pulled = await confer('controller', 'pull', '--config', other);
    assert.equal(pulled.code, 1, pulled.stderr);
    assert.match(pulled.stdout, /^PE-1 {4}8 {4}0 {9}8$/m);
    assert.match(pulled.stdout, /^P-2 {5}0 {4}0 {9}0 {8}unreachable$/m);
    assert.match(
      pulled.stdout,
      /^refused: PE-1 [0-9a-f]{16}: certificates: certificate of .* was not issued by links, serial number [0-9A-F]{11}….{5}, SHA-256 fingerprint [0-9A-F:]{11}…[0-9A-F:]{5}\.$/m,
    );
    assert.match(pulled.stdout, /^away: P-2: 127\.0\.0\.1 port \d+ cannot be reached/m);
    const again = await confer('controller', 'pull', '--config', other);
    assert.equal(again.code, 1);
    assert.match(again.stdout, /^PE-1 {4}0 {4}0 {9}8$/m);
    assert.match(again.stdout, /since 20.*; not fetched again without --retry-refused/);
    const refused = await confer('controller', 'report', 'list', '--refused', '--config', other);
    assert.equal(refused.stdout.trim().split('\n').length, 1 + reportsMade);
    await refuses(
      ['controller', 'pull', '--config', other, '--retry-refused', '--release-refused'],
      2,
      /cannot be used with option/,
    );
    write(other, {
      identity: 'noc',
      trust: 'reports-ca.pem',
      store: 'archive-2',
      devices: [{ name: 'PE-1', host: '127.0.0.1', port: addressIn(config) }],
    });
    const retried = await confer('controller', 'pull', '--config', other, '--retry-refused');
    assert.equal(retried.code, 0, retried.stdout);
    assert.equal((await heldIds(at('archive-2'))).length, reportsMade);
  });

  it('tells a device whose certificate names another', async () => {
    const other = at('misnamed.yaml');
    write(other, {
      identity: 'noc',
      store: 'archive-3',
      devices: [{ name: 'PE-9', host: '127.0.0.1', port: addressIn(config) }],
    });
    const { code, stdout } = await confer('controller', 'pull', '--config', other);
    assert.equal(code, 1);
    assert.match(stdout, /^away: PE-9: .*(PE-1, not PE-9|not the expected device)/m);
  });

  it('tells what does not fit in one sentence, with exit code 2', async () => {
    const pull = (file: string) => ['controller', 'pull', '--config', file];
    await refuses(pull(at('absent.yaml')), 2, /absent\.yaml cannot be read/);
    const bad = at('bad.yaml');
    writeFileSync(bad, 'identity: noc\nstore: archive\ndevices: []\n');
    await refuses(pull(bad), 2, /bad\.yaml:3: devices: expected at least one device/);
    write(bad, { identity: 'alice', store: 'archive', devices: [{ name: 'PE-1', host: '::1' }] });
    await refuses(
      pull(bad),
      2,
      /bad\.yaml: identity: expected a certificate of a controller, alice has one of role operator/,
    );
    write(bad, {
      identity: 'noc',
      trust: 'PE-1/key.pem',
      store: 'archive',
      devices: [{ name: 'A', host: '::1' }],
    });
    await refuses(pull(bad), 2, /bad\.yaml: trust: expected the certificate of an authority/);
    write(bad, { identity: 'noc', store: 'archive-9', devices: [{ name: 'A', host: '::1' }] });
    await refuses(['controller', 'report', 'list', '--config', bad], 2, /archive-9 holds no reports yet/);
    await refuses([...pull(bad), '--fast'], 2, /unknown option '--fast'/);
  });

  for (const command of ['', 'pull', 'watch', 'report list', 'report show'])
    it(`help of confer controller ${command} has an example`, async () => {
      const { code, stdout } = await confer('controller', ...command.split(' ').filter(Boolean), '--help');
      assert.equal(code, 0);
      assert.match(stdout, /\nExample: confer controller /);
    });
});

describe('confer controller watch [T28]', () => {
  const directory = scratch();
  const at = (...names: string[]) => join(directory.path, ...names);
  const config = at('controller.yaml');
  const agents = new Map<string, ChildProcess>();
  let world: World;
  let lab: Lab;
  let watch: Running;

  before(async () => {
    world = await createModelledWorld(topology, { clock, random, commandFile: cli });
    const { spawnAgent, agentSettings } = world;
    world.spawnAgent = (name, args) => {
      const child = spawnAgent.call(world, name, args);
      agents.set(name, child);
      return child;
    };
    world.agentSettings = (name) => ({
      ...agentSettings.call(world, name),
      ...(name === 'PE-3' && { reports: { keepMax: 1 } }),
    });
    const { signal } = new AbortController();
    lab = await startLab(world, { directory: at('lab'), clock, signal, onLine: () => {} });
    const now = clock.now();
    issueIdentity(at('lab', 'ca'), at('noc'), {
      node: 'noc',
      role: 'controller',
      hosts: [],
      lifetimeMs,
      now,
    });
    write(config, {
      identity: 'noc',
      store: 'archive',
      devices: topology.nodes.map(({ name }) => ({ name, ...world.endpoint(name) })),
      watch: { retryMinMs: 100, retryMaxMs: 500 },
    });
    watch = start(['controller', 'watch', '--config', config]);
  });

  after(async () => {
    watch?.child.kill('SIGKILL');
    await lab?.[Symbol.asyncDispose]();
    directory[Symbol.dispose]();
  });

  const ask = async (name: string) => {
    const { host, port } = world.endpoint(name);
    const url = `https://${host}:${port}`;
    return await confer('ask', '--agent', url, '--identity', lab.operator, '--json', '--', sentence);
  };
  const idIn = (stdout: string): string => JSON.parse(stdout).report['session-id'];

  it('takes a report that is pushed while it is connected, and the device knows', async () => {
    for (const { name } of topology.nodes) await watch.printed(new RegExp(`  ${name}  connected; 0 reports`));
    const asked = await ask('PE-1');
    const id = idIn(asked.stdout);
    await watch.printed(new RegExp(`  PE-1  report ${id}  NO_FAULT: no fault`));
    assert.deepEqual(await heldIds(at('archive')), [id]);
    while (!(await acknowledgedIds(storeOf('PE-1'))).includes(id)) await pause(20);
  });

  it('lets others read meanwhile, and no second one write', async () => {
    const listed = await confer('controller', 'report', 'list', '--config', config, '--json');
    assert.equal(JSON.parse(listed.stdout).length, 1);
    await refuses(
      ['controller', 'pull', '--config', config],
      1,
      /is in use: a running `confer controller watch`/,
    );
  });

  it('catches up after the device was killed and came back with a report that nobody heard of', async () => {
    const device = agents.get('PE-1');
    device?.kill('SIGKILL');
    await watch.printed(/ {2}PE-1 {2}away \(unreachable\)/);
    watch.child.kill('SIGSTOP');
    const again = world.spawnAgent('PE-1', ['agent', '--config', join(storeOf('PE-1'), '../agent.yaml')]);
    await serving(again);
    let asked = await ask('PE-1');
    for (let tries = 0; asked.code !== 0 && tries < 100; tries += 1) {
      await pause(200); // its neighbours are not heard yet
      asked = await ask('PE-1');
    }
    const id = idIn(asked.stdout);
    assert.ok(!(await heldIds(at('archive'))).includes(id));
    watch.child.kill('SIGCONT');
    const told = await watch.printed(new RegExp(`report ${id}[^]*PE-1  connected; [1-9]\\d* report`));
    assert.equal(told.split(`report ${id}`).length, 2, 'told once');
    while (!(await acknowledgedIds(storeOf('PE-1'))).includes(id)) await pause(20);
  });

  it('stops at SIGTERM in order, with exit code 0', async () => {
    watch.child.kill('SIGTERM');
    const { code, stderr } = await watch.ended;
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /confer: /);
  });

  it('while no controller fetches, a full shelf refuses the intent before it measures', async () => {
    assert.equal((await ask('PE-3')).code, 0);
    const refused = await ask('PE-3');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /The report shelf is full: 1 reports wait for a controller/);
    assert.doesNotMatch(refused.stderr, /^calls: /m);
    const pulled = await confer('controller', 'pull', '--config', config);
    assert.match(pulled.stdout, /^shelf: PE-3: 1 of 1 reports kept, 1 not acknowledged/m);
    assert.equal((await ask('PE-3')).code, 0);
  });

  function storeOf(name: string): string {
    return at('lab', 'nodes', name, 'store');
  }
});

/** Reports of a modelled network, and the authority that vouches for them as a file. */
async function reportsOfPe1(count: number, anchorFile: string): Promise<Report[]> {
  await using domain = await Domain.start(topology, { seed: 1 });
  const reports: Report[] = [];
  while (reports.length < count) reports.push(await domain.ask('PE-1', topology.intent ?? ''));
  writeFileSync(anchorFile, domain.trustAnchorPem);
  return reports;
}

/** As the agent keeps them. */
async function fill(directory: string, reports: readonly Report[]): Promise<void> {
  const store = openSqliteStore(directory);
  for (const report of reports)
    await store.put(
      'reports',
      report.uri.slice(reportUriPrefix.length),
      JSON.parse(JSON.stringify(report)) as JsonObject,
    );
  await store.close();
}

function startAgent(home: string, port: number): ChildProcess {
  const file = join(home, 'agent.yaml');
  mkdirSync(home, { recursive: true });
  write(file, {
    node: 'PE-1',
    identity: home,
    store: join(home, 'store'),
    listen: { host: '127.0.0.1', port },
    advertise: { host: '127.0.0.1' },
    driver: 'modelled',
    discovery: { source: 'modelled' },
  });
  const child = fork(cli, ['agent', '--config', file], {
    execPath: node,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const network = new ModelledNetwork(topology, { clock, random });
  serveDevice(child, {
    driver: network.router('PE-1'),
    frames: network.framePort('PE-1'),
    reach: async (host, toPort) => ({ host, port: toPort }),
  });
  return child;
}

async function serving(child: ChildProcess): Promise<void> {
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk;
  });
  while (!log.includes('"serving"')) {
    assert.equal(child.exitCode, null, log);
    await pause(20);
  }
}

async function heldIds(directory: string): Promise<string[]> {
  try {
    using snapshot = openStoreSnapshot(directory);
    const archive = new Archive(snapshot);
    await archive.open();
    return archive.held().map(({ id }) => id);
  } catch (error) {
    if (/There is no store|not the store of|cannot be read/.test(String(error))) return [];
    throw error;
  }
}

async function acknowledgedIds(directory: string): Promise<string[]> {
  using snapshot = openStoreSnapshot(directory);
  const ids: string[] = [];
  for (const id of await snapshot.keys('reports-notes')) {
    const entry = await snapshot.get('reports-notes', id);
    if (JSON.stringify(entry).includes('"acknowledged-by":["noc"]')) ids.push(id);
  }
  return ids;
}

function write(file: string, settings: object): void {
  writeFileSync(file, stringify(settings));
}

function addressIn(file: string): number {
  return Number(/:(\d+)\s*$/m.exec(readFileSync(file, 'utf8'))?.[1]);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
