/**
 * Kills a controller at random moments while it pulls, and looks each time whether what it acknowledged to the devices is
 * in its store, verified, and there once.
 *
 *   reports on every device -> pull -> kill -9 -> store compared with what the devices say -> pull ... -> pull to the end
 *
 * Each round is a new controller with an empty store, killed until one pull gets through.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { type JsonObject, sha256Hex } from '../../crypto/canonical.ts';
import { reportBytes, reportUriPrefix } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import { Archive } from '../../src/controller/archive.ts';
import { ConferError } from '../../src/core/errors.ts';
import type { Random } from '../../src/core/ports.ts';
import type { Report } from '../../src/core/records.ts';
import { reportMetaKeys, reportNote } from '../../src/core/report-tools.ts';
import { openStoreSnapshot, type StoreSnapshot } from '../../src/system/store-snapshot.ts';
import { CrashDomain, command } from './domain.ts';
import { Ledger } from './ledger.ts';
import { Load } from './load.ts';
import { patiently } from './patience.ts';

export interface ControllerCampaign {
  kills: number;
  random: Random;
  directory: string;
  topologyFile: string;
  intent: string;
  /** On each device, before the first pull. */
  reportsEach: number;
  /** Kills of one controller before it may pull to the end. */
  killsEach: number;
  onProgress(line: string): void;
}

export interface ControllerFigures {
  kills: number;
  controllers: number;
  reportsOnDevices: number;
  /** Reports that devices say are acknowledged, looked up in the controller's store after a kill. */
  acknowledgementsChecked: number;
  /** Kills that hit a pull after it had stored something and before it had everything. */
  killsMidway: number;
  failures: string[];
}

const pullMsMax = 120_000;
/** For about so much of a pull the process only starts; hardly a kill is spent on that. */
const startShare = 0.4;

export async function killController(campaign: ControllerCampaign): Promise<ControllerFigures> {
  const { random, onProgress } = campaign;
  await using domain = await CrashDomain.prepare(campaign.directory, campaign.topologyFile, random);
  await domain.startAll();
  const failures: string[] = [];
  const reportsOnDevices = await fill(domain, campaign, failures);
  onProgress(`${reportsOnDevices} reports are on ${domain.nodes.length} devices`);
  const figures = { kills: 0, controllers: 0, acknowledgementsChecked: 0, killsMidway: 0 };
  let pullMs = await whole(new Controlled(domain, campaign.directory, 0), failures, reportsOnDevices);
  while (figures.kills < campaign.kills && failures.length === 0) {
    figures.controllers += 1;
    const controller = new Controlled(domain, campaign.directory, figures.controllers);
    for (let kill = 0; kill < campaign.killsEach && figures.kills < campaign.kills; kill += 1) {
      await controller.pullFor(pullMs * (startShare + (1 - startShare) * random.fraction()));
      figures.kills += 1;
      const { acknowledged, held, problems } = await controller.compared();
      failures.push(...problems);
      figures.acknowledgementsChecked += acknowledged;
      if (held > 0 && held < reportsOnDevices) figures.killsMidway += 1;
    }
    pullMs = (pullMs + (await whole(controller, failures, reportsOnDevices))) / 2;
    onProgress(
      `${figures.kills} kills of ${figures.controllers} controllers, a pull takes ${Math.round(pullMs)} ms`,
    );
  }
  return { ...figures, reportsOnDevices, failures };
}

/** Asks every device until it has its reports. Returns how many there are. */
async function fill(domain: CrashDomain, campaign: ControllerCampaign, failures: string[]): Promise<number> {
  const ledger = new Ledger(domain.trustAnchorPem);
  const loads = domain.nodes.map(
    (node) => new Load(domain, node, ledger, { readers: 0, intent: campaign.intent }),
  );
  const isFull = (node: string) => ledger.reportsOf(node).length >= campaign.reportsEach;
  while (!domain.nodes.every(isFull)) await sleep(100);
  await Promise.all(loads.map((load) => load.stop()));
  failures.push(...ledger.failures);
  let count = 0;
  for (const node of domain.nodes) count += (await listed(domain, node)).length;
  return count;
}

/** Lets a pull get through. Returns how long it took, milliseconds. */
async function whole(controller: Controlled, failures: string[], expected: number): Promise<number> {
  const began = performance.now();
  const { code, output } = await controller.pull();
  const took = performance.now() - began;
  if (code !== 0) failures.push(`controller: a pull that nobody kills ends with ${code}: ${output}`);
  const { held, problems } = await controller.compared();
  failures.push(...problems);
  if (held !== expected)
    failures.push(`controller: ${held} reports are held after a whole pull, not ${expected}`);
  return took;
}

/** One controller with a name and a store of its own. */
class Controlled {
  readonly #domain: CrashDomain;
  readonly #name: string;
  readonly #home: string;
  /** SHA-256 of what was verified, by device and id. */
  readonly #verified = new Map<string, string>();

  constructor(domain: CrashDomain, directory: string, number: number) {
    this.#domain = domain;
    this.#name = `controller-${number}`;
    this.#home = join(directory, this.#name);
    domain.issue(this.#name, 'controller', this.#home);
    const settings = {
      identity: this.#home,
      store: join(this.#home, 'store'),
      devices: domain.nodes.map((node) => ({ name: node, url: domain.url(node).origin })),
    };
    writeFileSync(join(this.#home, 'controller.yaml'), stringify(settings));
  }

  /** Resolves once the process has ended by itself. */
  async pull(): Promise<{ code: number | null; output: string }> {
    const child = this.#spawn();
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
    const late = setTimeout(() => child.kill('SIGKILL'), pullMsMax);
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(late);
    return { code, output: Buffer.concat(chunks).toString('utf8') };
  }

  /** Kills the process after so long, wherever it is by then. */
  async pullFor(ms: number): Promise<void> {
    const child = this.#spawn();
    child.stdout?.resume();
    child.stderr?.resume();
    const ended = once(child, 'close');
    await Promise.race([sleep(ms), ended]);
    child.kill('SIGKILL');
    await ended;
  }

  /** What the devices say that this controller acknowledged must be in its store, whole, each report once. */
  async compared(): Promise<{ acknowledged: number; held: number; problems: string[] }> {
    const problems: string[] = [];
    const held = await this.#held(problems);
    let acknowledged = 0;
    for (const node of this.#domain.nodes)
      for (const { id, acknowledgedBy } of await listed(this.#domain, node)) {
        if (!acknowledgedBy.includes(this.#name)) continue;
        acknowledged += 1;
        if (!held.has(`${node} ${id}`))
          problems.push(`${this.#name}: report ${id} of ${node} is acknowledged and not in the store`);
      }
    return { acknowledged, held: held.size, problems };
  }

  async #held(problems: string[]): Promise<Set<string>> {
    const found = new Set<string>();
    using snapshot = this.#store();
    if (snapshot === undefined) return found;
    const archive = new Archive(snapshot);
    await archive.open();
    for (const { reason } of archive.refused())
      problems.push(`${this.#name}: a report was refused: ${reason}`);
    for (const { device, id } of archive.held()) {
      const key = `${device} ${id}`;
      if (found.has(key)) problems.push(`${this.#name}: report ${id} of ${device} is held twice`);
      found.add(key);
      if (!this.#isSound(key, await archive.report(device, id)))
        problems.push(`${this.#name}: report ${id} of ${device} does not verify in the store`);
    }
    return found;
  }

  /** Undefined where the controller was killed before it had made its store. */
  #store(): StoreSnapshot | undefined {
    try {
      return openStoreSnapshot(join(this.#home, 'store'));
    } catch (error) {
      if (error instanceof ConferError && error.code === 'bad-input') return undefined;
      throw error;
    }
  }

  /** Verifies a report where it was not seen yet; later only that it is the same, for verifying takes long. */
  #isSound(key: string, report: Report | undefined): boolean {
    if (report === undefined) return false;
    const bytes = reportBytes(report);
    const sha256 = sha256Hex(bytes);
    const isKnown = this.#verified.get(key) === sha256;
    const isSound = isKnown || verifyReport(bytes, this.#domain.trustAnchorPem).ok;
    if (isSound) this.#verified.set(key, sha256);
    return isSound;
  }

  #spawn(): ChildProcess {
    const config = join(this.#home, 'controller.yaml');
    return spawn(process.execPath, [command, 'controller', 'pull', '--json', '--config', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

/** What a device tells of its reports. */
async function listed(
  domain: CrashDomain,
  node: string,
): Promise<{ id: string; acknowledgedBy: string[] }[]> {
  const resources = await patiently(domain, node, (client, signal) => client.listResources({ signal }));
  return resources.flatMap(({ uri, _meta }) => {
    const note = reportNote.safeParse((_meta as JsonObject | undefined)?.[reportMetaKeys.note]);
    if (!uri.startsWith(reportUriPrefix) || !note.success) return [];
    return [{ id: uri.slice(reportUriPrefix.length), acknowledgedBy: note.data['acknowledged-by'] }];
  });
}
