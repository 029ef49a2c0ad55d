/**
 * Kills agents at random moments under load, and looks each time whether what they acknowledged is still there.
 *
 *   load -> kill -9 -> the trail holds and has every answer -> restart -> reports are there, nonces go on -> load ...
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../src/core/limits.ts';
import type { Random } from '../../src/core/ports.ts';
import { CrashDomain } from './domain.ts';
import { Ledger } from './ledger.ts';
import { Load, readReports } from './load.ts';

export interface AgentCampaign {
  kills: number;
  random: Random;
  directory: string;
  topologyFile: string;
  intent: string;
  /** Longest time under load before a kill, milliseconds; what is drawn is uniform below it. */
  loadMsMax: number;
  /** Waits at the end until every lease must have ended, to see that no counter is left. */
  waitsForLeases: boolean;
  onProgress(line: string): void;
}

export interface AgentFigures {
  kills: number;
  answers: number;
  reports: number;
  auditRecords: number;
  /** Answers between agents, found in the trails of both. */
  answersCompared: number;
  unanswered: number;
  failures: string[];
}

/** Reports that are read back after each restart; all of them at the end. */
const readBackEach = 5;

export async function killAgents(campaign: AgentCampaign): Promise<AgentFigures> {
  const { random, onProgress } = campaign;
  await using domain = await CrashDomain.prepare(campaign.directory, campaign.topologyFile, random);
  await domain.startAll();
  const ledger = new Ledger(domain.trustAnchorPem);
  const loads = new Map<string, Load>();
  const busy = (node: string) => {
    const isHead = node === domain.nodes[0] || node === domain.nodes.at(-1);
    const options = { readers: 2, ...(isHead && { intent: campaign.intent }) };
    loads.set(node, new Load(domain, node, ledger, options));
  };
  for (const node of domain.nodes) busy(node);
  let [kills, unanswered] = [0, 0];
  const idle = async (node: string) => {
    const load = loads.get(node);
    await load?.stop();
    unanswered += load?.unanswered ?? 0;
  };
  for (; kills < campaign.kills && ledger.failures.length === 0; kills += 1) {
    await sleep(random.fraction() * campaign.loadMsMax);
    const node = domain.nodes[Math.floor(random.fraction() * domain.nodes.length)] ?? '';
    if (!domain.isRunning(node)) ledger.fail(node, `it ended by itself: ${domain.lastWords(node)}`);
    await domain.end(node, 'SIGKILL');
    await idle(node);
    await ledger.audited(node, domain.store(node));
    await domain.start(node);
    await readBack(domain, node, ledger, random);
    busy(node);
    if ((kills + 1) % 10 === 0)
      onProgress(`${kills + 1} kills: ${ledger.answers} answers, ${ledger.reports} reports acknowledged`);
  }
  await Promise.all(domain.nodes.map(idle));
  if (campaign.waitsForLeases) {
    await sleep(limits.countingLeaseMs + 5_000);
    for (const node of domain.nodes) leavesNothing(domain, node, ledger);
  }
  for (const node of domain.nodes) {
    await compare(domain, node, ledger, ledger.reportsOf(node));
    const code = await domain.end(node, 'SIGTERM');
    if (code !== 0) ledger.fail(node, `SIGTERM ends it with ${code}: ${domain.lastWords(node)}`);
    leavesNothing(domain, node, ledger);
    await ledger.audited(node, domain.store(node));
  }
  await ledger.compared(new Map(domain.nodes.map((node) => [node, domain.store(node)])));
  const { answers, reports, auditRecords, answersCompared, failures } = ledger;
  return { kills, answers, reports, auditRecords, answersCompared, unanswered, failures };
}

/** The newest report, which was under way last, and some that were there before. */
async function readBack(domain: CrashDomain, node: string, ledger: Ledger, random: Random): Promise<void> {
  const uris = ledger.reportsOf(node);
  const drawn = Array.from(
    { length: readBackEach - 1 },
    () => uris[Math.floor(random.fraction() * uris.length)],
  );
  const chosen = [...new Set([uris.at(-1), ...drawn])].filter((uri) => uri !== undefined);
  await compare(domain, node, ledger, chosen);
}

async function compare(domain: CrashDomain, node: string, ledger: Ledger, uris: string[]): Promise<void> {
  for (const [uri, report] of await readReports(domain, node, uris)) ledger.found(node, uri, report);
}

function leavesNothing(domain: CrashDomain, node: string, ledger: Ledger): void {
  const countings = domain.countings(node);
  if (countings > 0) ledger.fail(node, `${countings} counting sessions are left on the router`);
}
