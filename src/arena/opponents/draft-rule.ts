/**
 * The rule of the troubleshooting draft (section 5.3.1 steps 3 and 4): 100 pings from the head and 100 from the next node
 * to the tail; "Compare loss % from PE-1 vs P-2; if PE-1>0 and P-2=0, root cause is in {PE-1 -> P-2 link, upstream ACL}".
 * An access list at the head whose counter rose meanwhile is the cause that it names; otherwise the link.
 *
 * The draft has no rule for packets lost further on, or on the way back: then nothing is decided.
 */
import type { Element } from '../../core/records.ts';
import { allIsWell, type Diagnosis } from '../claims.ts';
import type { Prober } from '../prober.ts';
import type { Way } from '../ways.ts';
import { linkElement } from './cells.ts';
import type { Opponent } from './opponent.ts';

const count = 100;

export const draftRule: Opponent = {
  name: 'draft-rule',
  source: 'draft-zeng-mcp-troubleshooting (device to device), section 5.3.1',
  model: 'M1',
  async diagnose(prober) {
    const way = prober.ways.find(({ direction }) => direction === 'forward');
    if (way === undefined) return allIsWell;
    const [link] = way.links;
    if (link === undefined) return allIsWell;
    const hits = () => prober.accessListHits(link.from.node, link.from.interface, 'egress');
    const before = await hits();
    const head = await prober.ping(way, 0, count);
    const next = way.nodes.length > 2 ? await prober.ping(way, 1, count) : { sent: 0, lost: 0 };
    const after = await hits();
    if (head === undefined || next === undefined) return undecided(prober);
    if (head.lost === 0 && next.lost === 0) return allIsWell;
    if (head.lost === 0 || next.lost > 0) return undecided(prober, way);
    const object = [...after].find(([name, packets]) => packets > (before.get(name) ?? 0))?.[0];
    const element = linkElement(link);
    const claim = { element, direction: 'forward' as const };
    const claims =
      object === undefined
        ? [claim]
        : [{ ...claim, kind: 'egress-acl' as const, element: { ...element, object } }];
    return { claims, suspects: [], isInconclusive: false };
  },
};

/** Somewhere behind the next node, or anywhere on the ways. */
function undecided({ ways }: Prober, way?: Way): Diagnosis {
  const links = way === undefined ? ways.flatMap((one) => one.links) : way.links.slice(1);
  const nodes = new Set(links.flatMap(({ from, to }) => [from.node, to.node]));
  const suspects: Element[] = [...links.map(linkElement), ...[...nodes].map((node) => ({ node }))];
  return { claims: [], suspects, isInconclusive: true };
}
