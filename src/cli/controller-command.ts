/** `confer controller pull|watch|report`. */
import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { roleOf } from '../../crypto/certificate.ts';
import { keyPairFromPem } from '../../crypto/keys.ts';
import { reportBytes } from '../collaboration/report.ts';
import { verifyReport } from '../collaboration/verify.ts';
import { Archive, type HeldReport } from '../controller/archive.ts';
import { type ControllerConfig, parseControllerConfig } from '../controller/config.ts';
import { type Controller, createController, type WatchEvent } from '../controller/controller.ts';
import { createLinkedDevices, type DialedDevice } from '../controller/linked-devices.ts';
import { ConferError, messageOf, PeerError } from '../core/errors.ts';
import { createSystemClock } from '../system/clock.ts';
import { loadIdentity } from '../system/identity.ts';
import { createStderrLog } from '../system/log.ts';
import { createSystemRandom } from '../system/random.ts';
import { databaseName, openSqliteStore, type SqliteStore } from '../system/sqlite-store.ts';
import { openStoreSnapshot } from '../system/store-snapshot.ts';
import { dialPeer } from './connections.ts';
import { describeEvent, describeHeld, describePull, describeRefusals } from './controller-text.ts';
import { exitCodes } from './exit-codes.ts';
import { untilInterrupted } from './interruption.ts';
import { printReport } from './report-command.ts';
import { readInput } from './report-files.ts';

/** Returns the exit code: `done` when every device was there and nothing is refused. */
export async function pullReports(options: {
  config: string;
  json?: boolean;
  retryRefused?: boolean;
  releaseRefused?: boolean;
}): Promise<number> {
  const loaded = loadController(options.config);
  using stop = untilInterrupted('Interrupted; what was stored stays, the next pull fetches the rest.');
  await using running = startController(loaded);
  const refusedBefore = options.retryRefused ? 'retry' : options.releaseRefused ? 'release' : 'tell';
  const accounts = await running.controller.pull({ signal: stop.signal, refusedBefore });
  const ok = accounts.every(({ away, refused }) => away === undefined && refused.length === 0);
  console.log(options.json ? JSON.stringify({ ok, devices: accounts }) : describePull(accounts));
  return ok ? exitCodes.done : exitCodes.noReport;
}

/** Runs until SIGTERM or SIGINT. */
export async function watchReports(options: { config: string; json?: boolean }): Promise<void> {
  const loaded = loadController(options.config);
  const clock = createSystemClock();
  using stop = untilInterrupted('Interrupted.');
  await using running = startController(loaded);
  const tell = (event: WatchEvent) => {
    const at = new Date(clock.now()).toISOString();
    console.log(options.json ? JSON.stringify({ at, ...event }) : describeEvent(event, at));
  };
  await running.controller.watch(tell, stop.signal);
}

export async function listHeldReports(options: {
  config: string;
  json?: boolean;
  refused?: boolean;
}): Promise<void> {
  using opened = await openArchive(options.config);
  const { archive } = opened;
  if (options.json) console.log(JSON.stringify(options.refused ? archive.refused() : archive.held()));
  else console.log(options.refused ? describeRefusals(archive.refused()) : describeHeld(archive.held()));
}

/** Verifies again what it shows. Returns the exit code: `noReport` when it does not hold. */
export async function showHeldReport(
  id: string,
  options: {
    config: string;
    device?: string;
    json?: boolean;
    /** True for stdout, or the name of a file. */
    html?: boolean | string;
    yang?: boolean;
    out?: string;
  },
): Promise<number> {
  using opened = await openArchive(options.config);
  const { archive, loaded } = opened;
  const { device } = chosen(
    archive.held().filter((one) => one.id === id),
    id,
    options,
  );
  const report = await archive.report(device, id);
  if (report === undefined) throw new ConferError('not-found', `Report ${id} of ${device} is gone.`);
  const bytes = reportBytes(report);
  const verification = verifyReport(bytes, loaded.trustAnchorPem);
  const out = typeof options.html === 'string' ? options.html : options.out;
  await printReport(report, verification, {
    ...(options.json && { json: true }),
    ...(options.yang && { yang: true }),
    ...(options.html && { html: true }),
    ...(out !== undefined && { out }),
  });
  return verification.ok ? exitCodes.done : exitCodes.noReport;
}

function chosen(found: HeldReport[], id: string, options: { config: string; device?: string }): HeldReport {
  const those = found.filter(({ device }) => options.device === undefined || device === options.device);
  const [one, another] = those;
  if (one === undefined && found.length > 0)
    throw new ConferError(
      'not-found',
      `There is no report ${id} of ${options.device} here, but one of ${found.map(({ device }) => device).join(', ')}.`,
    );
  if (one === undefined)
    throw new ConferError(
      'not-found',
      `There is no report ${id} here; \`confer controller report list --config ${options.config}\` lists them.`,
    );
  if (another !== undefined)
    throw new ConferError('usage', `${one.device} and ${another.device} have a report ${id}; add --device.`);
  return one;
}

interface LoadedController {
  config: ControllerConfig;
  name: string;
  identityDirectory: string;
  trustAnchorPem: string;
  storeDirectory: string;
}

/** Throws ConferError `bad-input` that names the file and the field. */
function loadController(file: string): LoadedController {
  const config = parseControllerConfig(readInput(file).toString('utf8'), file);
  const here = (path: string) => resolve(dirname(file), path);
  const identityDirectory = here(config.identity);
  const { node, certificatePem } = loadIdentity(identityDirectory);
  const role = roleOf(certificatePem);
  if (role !== 'controller')
    throw new ConferError(
      'bad-input',
      `${file}: identity: expected a certificate of a controller, ${config.identity} has one of role ${role}; \`confer pki issue --role controller\` makes one.`,
    );
  const trust = config.trust === undefined ? join(identityDirectory, 'ca.pem') : here(config.trust);
  const trustAnchorPem = readInput(trust).toString('utf8');
  if (!isAuthority(trustAnchorPem))
    throw new ConferError(
      'bad-input',
      `${file}: trust: expected the certificate of an authority in PEM, ${trust} is none.`,
    );
  return { config, name: node, identityDirectory, trustAnchorPem, storeDirectory: here(config.store) };
}

function isAuthority(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch {
    return false;
  }
}

interface RunningController extends AsyncDisposable {
  controller: Controller;
}

/** The controller on the real machine; disposing it lets what is being stored be stored. */
function startController(loaded: LoadedController): RunningController {
  const { config, name, trustAnchorPem, storeDirectory } = loaded;
  const clock = createSystemClock();
  const store = ownStore(storeDirectory);
  const devices = createLinkedDevices({
    clock,
    store,
    log: createStderrLog(name),
    dial: (device, signal) => dialDevice(loaded, device, signal),
  });
  const { pull, watch, refused } = config;
  const bounds = { ...pull, ...watch, refusedKeepMax: refused.keepMax };
  const names = config.devices.map((device) => device.name);
  const controller = createController(
    { name, trustAnchorPem, devices: names, bounds },
    { clock, random: createSystemRandom(), store, devices },
  );
  const close = async () => {
    await controller.close();
    await store.close();
  };
  return { controller, [Symbol.asyncDispose]: close };
}

function ownStore(directory: string): SqliteStore {
  try {
    const store = openSqliteStore(directory);
    if (store.damage !== undefined) console.error(`confer: ${store.damage}`);
    return store;
  } catch (error) {
    if (!messageOf(error).includes('another agent uses it')) throw error;
    const message = `The store in ${directory} is in use: a running \`confer controller watch\` pulls by itself, and lets \`confer controller report\` read.`;
    throw new ConferError('storage-failure', message, { cause: error });
  }
}

/** The identity is read for each link: certificates are short-lived, and a watch is not. */
async function dialDevice(
  { config, identityDirectory }: LoadedController,
  device: string,
  signal: AbortSignal,
): Promise<DialedDevice> {
  const at = config.devices.find(({ name }) => name === device);
  if (at === undefined) throw new PeerError('unreachable', `controller.yaml names no ${device}.`);
  const identity = loadIdentity(identityDirectory);
  const { socket, certificate } = await dialPeer(identity, at.host, at.port, { node: device, signal });
  const { node, certificatePem, keyPem } = identity;
  return {
    socket,
    certificate,
    self: { node, certificatePem, privateKey: keyPairFromPem(keyPem).privateKey },
  };
}

async function openArchive(
  configFile: string,
): Promise<{ archive: Archive; loaded: LoadedController } & Disposable> {
  const loaded = loadController(configFile);
  if (!existsSync(join(loaded.storeDirectory, databaseName)))
    throw new ConferError(
      'bad-input',
      `${loaded.storeDirectory} holds no reports yet; \`confer controller pull --config ${configFile}\` fetches them.`,
    );
  const store = openStoreSnapshot(loaded.storeDirectory);
  const archive = new Archive(store);
  await archive.open();
  return { archive, loaded, [Symbol.dispose]: () => store[Symbol.dispose]() };
}
