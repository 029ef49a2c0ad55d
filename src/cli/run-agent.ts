/** `confer agent`: one agent, its ports bound to the real machine (or to the modelled lab that started it). */

import { verify } from 'node:crypto';
import { once } from 'node:events';
import { dirname, resolve } from 'node:path';
import { keyPairFromPem, publicKeyOf } from '../../crypto/keys.ts';
import type { Beacon } from '../../discovery/beacon.ts';
import { type Agent, type AgentSettings, createAgent } from '../agent/agent.ts';
import { type AgentConfig, parseAgentConfig } from '../agent/config.ts';
import { ConferError } from '../core/errors.ts';
import type { Clock, Log, Random } from '../core/ports.ts';
import type { Caller } from '../core/service.ts';
import { createPeers, type Dial, type DialedSocket, type Endpoint, type LinkedPeers } from '../mcp/client.ts';
import { callBack } from '../mcp/controller-links.ts';
import type { Fixtures } from '../mcp/fixtures.ts';
import { createHttpHandler, createHttpServer } from '../mcp/http.ts';
import type { PeerLink } from '../mcp/peer-link.ts';
import { createSystemClock } from '../system/clock.ts';
import { loadIdentity } from '../system/identity.ts';
import { LiveIdentity } from '../system/live-identity.ts';
import { createStderrLog } from '../system/log.ts';
import { openModel } from '../system/model-store.ts';
import { type Identity, judgePem, listenMtls, type MtlsListener, peerOf } from '../system/mtls.ts';
import { createSystemRandom } from '../system/random.ts';
import { openSqliteStore } from '../system/sqlite-store.ts';
import { complain } from './complaints.ts';
import { callerOf, dialPeer } from './connections.ts';
import { watchDomain } from './domain-watch.ts';
import { readersGone } from './readers.ts';
import { readInput } from './report-files.ts';
import { openRouter, type Router } from './router.ts';

/** After the store has failed, whatever does not end within this time is left behind. */
const failedStopMs = 5_000;

/**
 * Runs until SIGTERM or SIGINT. Throws ConferError `bad-input` for a config or identity that does not fit, and
 * `storage-failure` as soon as the store fails: nothing can be acknowledged from then on.
 */
export async function runAgent(configFile: string): Promise<void> {
  const { config, identity, identityDirectory } = loadAgent(configFile);
  const log = createStderrLog(config.node);
  const stopped = untilSignal();
  try {
    const live = new LiveIdentity(identityDirectory, identity, { clock: createSystemClock(), log });
    const running = await startAgent(config, live, log);
    log.info('serving', { host: running.listener.host, port: running.listener.port });
    const ending = await Promise.race([stopped, aborted(running.failed)]);
    if (typeof ending !== 'string') throw await stoppedFor(ending, running, log);
    log.info('stopping', { signal: ending });
    await running.close();
  } finally {
    // The lab that started this process holds a channel open, which would keep it alive.
    if (process.connected) process.disconnect?.();
  }
}

/** Gives back what can be given back, the router's temporary state before all. Returns the failure. */
async function stoppedFor(failure: Error, running: RunningAgent, log: Log): Promise<Error> {
  log.warn('stopping: the store failed', { reason: failure.message });
  setTimeout(() => process.exit(complain(failure)), failedStopMs).unref();
  await running.close().catch(() => {}); // the first failure tells more than what it brings about
  return failure;
}

function loadAgent(configFile: string): {
  config: AgentConfig;
  identity: Identity;
  identityDirectory: string;
} {
  const config = parseAgentConfig(readInput(configFile).toString('utf8'), configFile);
  const here = (path: string) => resolve(dirname(configFile), path);
  const identityDirectory = here(config.identity);
  const identity = loadIdentity(identityDirectory);
  if (identity.node !== config.node)
    throw new ConferError(
      'bad-input',
      `${configFile}: node is ${config.node}, but the certificate in ${config.identity} names ${identity.node}.`,
    );
  return { config: { ...config, store: here(config.store) }, identity, identityDirectory };
}

interface RunningAgent {
  listener: MtlsListener;
  /** Aborts with the ConferError of the store or the audit trail. */
  failed: AbortSignal;
  close(): Promise<void>;
}

/** Opens what an agent needs, bottom up; `close`, or a failure on the way, gives it back, top down. */
async function startAgent(config: AgentConfig, live: LiveIdentity, log: Log): Promise<RunningAgent> {
  await using opened = new AsyncDisposableStack();
  const clock = createSystemClock();
  const random = createSystemRandom();
  const store = opened.adopt(openSqliteStore(config.store), (one) => one.close());
  if (store.damage !== undefined) log.warn('the store is damaged', { reason: store.damage });
  const { model } = opened.adopt(openModel(config.model, { clock, log }), (one) => one.close());
  const router = await openRouter(config, log);
  const { device, beacon } = router;
  opened.defer(() => beacon.close());
  const peers: LinkedPeers = createPeers({
    node: config.node,
    capabilities: config.capabilities,
    clock,
    log,
    lookup: (node) => lookUp(beacon, node),
    dial: (host, port, expected) => dialConfirmed(router, live, host, port, expected),
    service: () => agent.service,
  });
  opened.defer(() => peers.close());
  const agent = createAgent(settingsOf(config, live.current), {
    clock,
    random,
    store,
    beacon,
    device,
    peers,
    admit: (pem, expected) => judgePem(pem, live.current, expected),
    model,
    log,
  });
  await agent.open();
  opened.defer(() => agent.close()); // where the rest does not come up
  const handler = createHttpHandler(agent.service, {
    clock,
    log,
    fixtures: config.conformance ? await conformanceFixtures(clock, random, log) : undefined,
    callerOf,
    newSessionId: () => Buffer.from(random.bytes(16)).toString('hex'),
    onLink: (link, caller, socket) => {
      const certificate = peerOf(socket)?.certificatePem ?? '';
      if (caller.role === 'controller') void meetController(agent, link, caller, certificate);
      else peers.adopt(link, caller, certificate);
    },
  });
  opened.defer(() => handler.close());
  const server = createHttpServer(handler);
  const listener = await listenMtls({
    identity: live.current,
    ...config.listen,
    onConnection: (socket) => server.emit('connection', socket),
    onRefused: ({ address, reason, detail }) => {
      log.warn('connection refused', { address, reason, detail });
      agent.connectionRefused({ address, reason, detail });
    },
  });
  opened.defer(() => listener.close());
  opened.defer(live.follow((identity) => listener.rotate(identity)));
  opened.defer(() => agent.close());
  agent.start();
  opened.defer(watchDomain(beacon, log, clock));
  const everything = opened.move();
  const failed = AbortSignal.any([store.failed, agent.failed]);
  return { listener, failed, close: () => everything.disposeAsync() };
}

/** A controller that opens a link hears of new reports over it. */
async function meetController(
  agent: Agent,
  link: PeerLink,
  { name, thumbprint }: Caller,
  certificate: string,
): Promise<void> {
  try {
    const own = { node: agent.service.node };
    agent.attachController(await callBack(link, { node: name, certificate, thumbprint }, own));
  } catch {
    link.close(); // it opens another one
  }
}

/** Nothing of them is even loaded by an agent that is not told to. */
async function conformanceFixtures(clock: Clock, random: Random, log: Log): Promise<Fixtures> {
  log.warn('conformance mode: fixtures of the MCP conformance suites are served; not for a router in use');
  const { createConformanceFixtures } = await import('../mcp/conformance.ts');
  return createConformanceFixtures({ clock, random });
}

function settingsOf(config: AgentConfig, { node, keyPem, certificatePem }: Identity): AgentSettings {
  return {
    identity: { node, certificatePem, privateKey: keyPairFromPem(keyPem).privateKey },
    advertise: { host: config.advertise.host, port: config.advertise.port ?? config.listen.port },
    capabilities: config.capabilities,
    announceIntervalMs: config.discovery.intervalMs,
    reports: config.reports,
    auditRecordsMax: config.audit.recordsMax,
  };
}

/** Where discovery says that a node listens: a hint, TLS decides. */
function lookUp(beacon: Beacon, node: string): Endpoint | undefined {
  const known = beacon.heard().nodes.find((one) => one.node === node)?.advertisement.advertisement;
  if (known === undefined) return undefined;
  const advertisedThumbprint = Buffer.from(known.thumbprint).toString('hex');
  return { host: known.host, port: known.port, advertisedThumbprint, capabilities: known.capabilities };
}

/** What TLS proved, discovery may keep: from now on a forged advertisement of this node is told from a real one. */
async function dialConfirmed(
  { beacon, reach }: Router,
  live: LiveIdentity,
  host: string,
  port: number,
  expected: Parameters<Dial>[2],
): Promise<DialedSocket> {
  const at = (await reach?.(host, port)) ?? { host, port };
  const dialed = await dialPeer(live.current, at.host, at.port, expected);
  live.guard(dialed.socket);
  const key = publicKeyOf(dialed.certificate);
  beacon.confirm?.(dialed.node, Buffer.from(dialed.thumbprint, 'hex'), (bytes, signature) =>
    verify(null, bytes, key, signature),
  );
  return dialed;
}

/** Resolves with the reason of a signal that aborts. */
async function aborted(signal: AbortSignal): Promise<Error> {
  if (!signal.aborted) await once(signal, 'abort');
  return signal.reason;
}

function untilSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
    // A lab that dies takes its agents along.
    process.once('disconnect', () => resolve('disconnect'));
    readersGone.addEventListener('abort', () => resolve('nobody reads the log'), { once: true });
  });
}
