/**
 * stale-lsp: two neighbours are adjacent, and one still has older link state than the other had before: flooding should
 * have brought it the newer within moments (ISO 10589 section 7.3.15).
 */
import { turned } from '../../sections.ts';
import { hopsOf, type RoutingExplanation, type SessionEvidence } from './evidence.ts';
import { isisEnds } from './isis-interfaces.ts';

export function staleLsp(evidence: SessionEvidence): RoutingExplanation[] {
  return hopsOf(evidence)
    .flatMap((hop) => [hop, turned(hop)])
    .flatMap((hop) => {
      const ends = isisEnds(evidence.readings, hop);
      if (ends === undefined || !ends.near.isUp || !ends.far.isUp) return [];
      const newer = evidence.readings.get(hop.from)?.isis[0];
      const older = evidence.readings.get(hop.to)?.isis.at(-1);
      if (newer === undefined || older === undefined) return [];
      return (older.value.lsp ?? [])
        .filter(({ 'lsp-id': id, sequence }) =>
          newer.value.lsp?.some((one) => one['lsp-id'] === id && one.sequence > sequence),
        )
        .map(({ 'lsp-id': id }) => ({
          kind: 'stale-lsp' as const,
          element: { node: hop.to, object: id },
          direction: 'both' as const,
          supportedBy: [newer.id, older.id],
        }));
    });
}
