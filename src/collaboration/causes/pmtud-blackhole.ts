/**
 * pmtud-blackhole: an MTU mismatch of which the sender never learns: the router in front of the smaller end counts what it
 * cannot send on (RFC 8201), and no "packet too big" comes to where the probes are from.
 */
import type { Section } from '../sections.ts';
import type { Evidence, Explanation } from './evidence.ts';
import { mtuMismatch } from './mtu-mismatch.ts';
import { refusalAt } from './too-big.ts';

export function pmtudBlackhole(section: Section, evidence: Evidence): Explanation | undefined {
  const found = mtuMismatch(section, evidence);
  const refusal = found && refusalAt(found.element, evidence);
  if (found === undefined || !refusal?.isSilent) return undefined;
  return { ...found, kind: 'pmtud-blackhole', supportedBy: [...found.supportedBy, ...refusal.supportedBy] };
}
