/**
 * The product, in the words of the troubleshooting draft, section 5.3. Read this first; each step is a file.
 *
 *   text -> intent -> domain -> sessions -> paths -> plan -> measurements -> conclusion -> report
 *
 * A peer never makes it fail: what a peer does not answer becomes `untrusted(reason)` and the report still ships.
 */
import type { KeyObject } from 'node:crypto';
import type { Beacon } from '../../discovery/beacon.ts';
import type { LanguageModel } from '../../models/language-model.ts';
import { wordSummary } from '../../models/rules.ts';
import { counted } from '../core/counted.ts';
import type { Clock, Peers, Random } from '../core/ports.ts';
import type { Report } from '../core/records.ts';
import type { Requests } from './detour.ts';
import { type Directory, discover, nearestTo } from './domain.ts';
import { understand } from './intent.ts';
import { kindOf } from './intents/index.ts';
import { conclude } from './measure.ts';
import type { SpentNonces } from './open-peers.ts';
import type { Observer } from './progress.ts';
import { rankingBy } from './ranking/ranking.ts';
import { assembleReport } from './report.ts';
import { Session } from './session.ts';
import { reasonerOf, wordingBy } from './wording/wording.ts';

export interface CollaborationPorts {
  clock: Clock;
  random: Random;
  peers: Peers;
  nonces: SpentNonces;
  requests: Requests;
  beacon: Beacon;
  model: LanguageModel;
  /** This device: its name, its report key and certificate, its addresses, and how it announces itself. */
  self: {
    node: string;
    privateKey: KeyObject;
    certificatePem: string;
    addresses(): Promise<readonly string[]>;
    announce(): Promise<void>;
  };
  /** Whether a node is managed over the tested links. */
  management(node: string, directory: Directory): 'in-band' | 'out-of-band';
}

export async function collaborate(
  text: string,
  ports: CollaborationPorts,
  signal: AbortSignal,
  observe: Observer,
): Promise<Report> {
  const { clock, random, self } = ports;

  // Step 0: intent injection
  const asked = await understand(text, ports.model, signal);
  const kind = kindOf(asked);
  observe({ step: 'intent', text: kind.wording(asked), fraction: 0.02 });

  // Step 1: collaboration domain discovery
  const { intent, directory } = await discover(asked, { ...ports, self }, signal);
  observe({
    step: 'discovery',
    text: `heard ${directory
      .names()
      .filter((name) => name !== self.node)
      .join(', ')}`,
    fraction: 0.1,
  });

  // Step 2: mutual TLS and capability negotiation, hop by hop along the forwarding tables
  const management = (node: string) => ports.management(node, directory);
  const session = new Session(
    sessionId(random),
    {
      clock,
      peers: ports.peers,
      nonces: ports.nonces,
      self: self.node,
      certificate: self.certificatePem,
      management,
      requests: ports.requests,
      nearest: (node) => nearestTo(node, directory),
    },
    signal,
  );

  // Step 3: parallel resource and tool calls
  const { paths, flows } = await kind.measure(intent, {
    session,
    directory,
    clock,
    random,
    signal,
    observe,
  });
  await conclude({ session });
  observe({
    step: 'verified',
    text: `${counted(session.envelopes().length, 'signed answer')} verified, ${counted(session.away().length, 'node')} untrusted`,
    fraction: 0.9,
  });

  // Step 4: local correlation and inference
  const measured = {
    intent,
    paths,
    flows,
    readings: session.readings(),
    untrusted: session.away(),
  };
  const conclusion = kind.conclude(measured);
  const facts = kind.facts(conclusion, measured);
  const { wording, summary = wordSummary(facts) } =
    (await wordingBy(ports.model, conclusion, measured, facts, signal)) ?? {};
  const ranking = await rankingBy(ports.model, conclusion, measured, signal);
  observe({ step: 'correlation', text: `${conclusion.verdict}: ${summary}`, fraction: 0.95 });

  // Step 5: roll-up report
  return assembleReport(
    {
      intent,
      intentText: text,
      session,
      paths,
      flows,
      conclusion,
      summary,
      reasoner: reasonerOf(ports.model.name, wording),
      wording,
      ranking,
    },
    { node: self.node, privateKey: self.privateKey, nowMs: session.nowMs() },
  );
}

/** 64 random bits: names the session and the report. */
function sessionId(random: Random): string {
  return Buffer.from(random.bytes(8)).toString('hex');
}
