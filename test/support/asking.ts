/** What the tests of the kinds of intents share: one question to a modelled domain, and a report that verifies. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { reportBytes } from '../../src/collaboration/report.ts';
import { verifyReport } from '../../src/collaboration/verify.ts';
import type { Report } from '../../src/core/records.ts';
import { reportSchema } from '../../src/core/report-schema.ts';
import { type Fault, parseTopology, type Topology } from '../../src/core/topology.ts';
import { Domain, type DomainOptions } from './domain.ts';

export interface Scene {
  topology?: Topology;
  faults?: readonly Fault[];
  at?: string;
  wire?: DomainOptions['wire'];
  driver?: DomainOptions['driver'];
}

export function shippedTopology(name: string): Topology {
  const file = `topologies/${name}.yaml`;
  return parseTopology(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'), file);
}

export const threeInARow = shippedTopology('pe1-p2-pe3');

/** A fault of the shipped topology. */
export function shippedFault(id: string, topology = threeInARow): Fault {
  const fault = topology.faults.find((one) => one.id === id);
  assert.ok(fault, `${topology.name} has no fault ${id}`);
  return fault;
}

/** The report verifies, and has the form that is documented. */
export async function askedOf(text: string, scene: Scene = {}): Promise<Report> {
  const { topology = threeInARow, faults = [], at = 'PE-1', wire, driver } = scene;
  const options = { seed: 1, ...(wire && { wire }), ...(driver && { driver }) };
  await using domain = await Domain.start(topology, options);
  domain.inject(...faults);
  const report = await domain.ask(at, text);
  reportSchema.parse(report);
  const verification = verifyReport(reportBytes(report), domain.trustAnchorPem);
  assert.ok(verification.ok, JSON.stringify(verification.checks.at(-1)));
  return report;
}

export function said({ verdict, summary, findings, suspects }: Report): string {
  return `${verdict}: ${summary} ${JSON.stringify({ findings, suspects })}`;
}
