/**
 * What of a conclusion may be said in a sentence, finding by finding: its kind, the slots that it has, what each is filled with, and
 * what was seen at its place. All of it follows from the signed answers, so that whoever verifies a report has the same.
 */
import { type KindPhrases, kindPhrases } from '../../../models/evidence/kind-phrases.ts';
import { type Concluded, sentencePrompt } from '../../../models/evidence/sentence.ts';
import type { Slot, SlotValues } from '../../../models/evidence/slots.ts';
import type { SignName } from '../../../models/evidence/words.ts';
import type { SummaryFacts } from '../../../models/language-model.ts';
import type { Conclusion, Element, Finding, Hop, Path, ServedIntent } from '../../core/records.ts';
import type { Measured } from '../intents/kind.ts';
import { shareLost } from '../ranking/amounts.ts';
import { shownEvidence } from '../ranking/shown.ts';
import { type Sign, type Signs, signsOf } from '../ranking/signs.ts';

export interface Said {
  about: Concluded;
  values: SlotValues;
  prompt: string;
}

/** One of each finding, or one of a conclusion without any; none where nothing is left to word. */
export function saidOf(
  conclusion: Conclusion,
  measured: Measured<ServedIntent>,
  facts: SummaryFacts,
): Said[] {
  const { intent, ...others } = measured;
  const signs: Signs =
    intent.kind === 'path-loss' ? signsOf({ intent, ...others }) : { paths: [], signs: [] };
  const { findings } = conclusion;
  const said =
    findings.length > 0
      ? findings.map((finding, index) =>
          ofFinding(finding, facts, index, { ...measured, signs: signs.signs }),
        )
      : facts.answer === undefined
        ? [ofNone(conclusion, facts)]
        : [];
  const evidence = shownEvidence(signs);
  return said.map(({ about, values }) => ({ about, values, prompt: sentencePrompt(evidence, about) }));
}

type Worded = Omit<Said, 'prompt'>;

function ofNone({ verdict }: Conclusion, facts: SummaryFacts): Worded {
  const { head, tail, lost, suspects, probes } = facts;
  const isHealthy = verdict === 'NO_FAULT';
  const values: SlotValues = isHealthy
    ? { head, tail, count: String(probes) }
    : {
        head,
        tail,
        ...(lost !== undefined && { lost }),
        ...(suspects.length > 0 && { suspects: suspects.join(', ') }),
      };
  const slots = Object.keys(values) as Slot[];
  const kind = isHealthy ? 'healthy' : 'undetermined';
  return { about: { kind, slots, required: slots, signs: [], nodes: [] }, values };
}

function ofFinding(
  finding: Finding,
  facts: SummaryFacts,
  index: number,
  { signs, paths }: { signs: readonly Sign[]; paths: readonly Path[] },
): Worded {
  const { kind, element, direction, lossPercent } = finding;
  const { object, shows = [] }: KindPhrases = kindPhrases[kind];
  const at = signs.filter((sign) => shows.includes(sign.sign) && isAt(sign, finding, paths));
  const told = facts.findings[index];
  const isOfLoss = facts.answer === undefined;
  const required: SlotValues = {
    ...placeOf(finding),
    ...(object !== undefined && element.object !== undefined && { [object]: element.object }),
    ...(isOfLoss && { direction: direction === 'both' ? 'in both directions' : wayWords[direction] }),
    ...(isOfLoss && lossPercent > 0 && told !== undefined && { loss: told.loss, interval: told.interval }),
    ...(isOfLoss && lossPercent > 0 && told?.octets !== undefined && { mtu: String(told.octets) }),
  };
  const values: SlotValues = { ...required, ...countedAt(at) };
  return {
    about: {
      kind,
      slots: Object.keys(values) as Slot[],
      required: Object.keys(required) as Slot[],
      signs: [...new Set(at.map(({ sign }) => sign))],
      nodes: element.peer === undefined ? [element.node] : [element.node, element.peer],
      way: direction,
      ...(isOfLoss && { lost: shareLost(10_000, Math.round(10_000 - 100 * lossPercent)) }),
    },
    values,
  };
}

const wayWords = { forward: 'forward', reverse: 'in reverse' } as const;

/** As the clauses of its kind name it: by what it has. */
function placeOf({ kind, element, direction }: Finding): SlotValues {
  const { node, interface: name, peer } = element;
  const { at } = kindPhrases[kind];
  const end = name === undefined ? node : `${node} ${name}`;
  if (at === 'pair' && peer !== undefined) return { node, peer };
  if (at === 'link' && peer !== undefined)
    return { link: `${end} ${direction === 'both' ? '-' : '->'} ${peer}` };
  return (at === 'link' || at === 'interface') && name !== undefined ? { interface: end } : { node };
}

const countedBy: Partial<Record<SignName, Slot>> = {
  'acl-egress': 'denied',
  'acl-ingress': 'denied',
  'reverse-path': 'denied',
  'queue-steady': 'dropped',
  'queue-bursty': 'dropped',
  'ports-full': 'dropped',
  damaged: 'damaged',
};

/** The first counter of each. */
function countedAt(signs: readonly Sign[]): SlotValues {
  const values: Partial<Record<Slot, string>> = {};
  for (const { sign, grown } of signs) {
    const slot = countedBy[sign];
    if (slot !== undefined && grown !== undefined) values[slot] ??= String(grown);
  }
  return values;
}

/** Seen there and nowhere else: at the same link, the same router, or a link of the router that is accused as a whole. */
function isAt({ elements, direction }: Sign, finding: Finding, paths: readonly Path[]): boolean {
  const [place, ...others] = elements;
  if (others.length > 0) return false;
  const isSameWay =
    direction === undefined || finding.direction === 'both' || direction === finding.direction;
  return isSameWay && isSamePlace(place, finding.element, paths);
}

/** Two routers may have several links between them: an interface tells which. */
function isSamePlace(seen: Element, place: Element, paths: readonly Path[]): boolean {
  const { node, peer, object, interface: name } = place;
  // A list or a member is its router's: the other end may have another one of the same name.
  const areOfObjects = object !== undefined && seen.object !== undefined;
  if (areOfObjects && (object !== seen.object || seen.node !== node)) return false;
  const areNamed = name !== undefined && seen.interface !== undefined;
  if (seen.node === node)
    return (
      (peer === undefined || seen.peer === undefined || seen.peer === peer) &&
      (!areNamed || seen.interface === name)
    );
  if (seen.peer !== node || (peer !== undefined && seen.node !== peer)) return false;
  return !areNamed || paths.some(({ hops }) => hops.some((hop) => joins(hop, seen, place)));
}

/** Whether these are the two ends of the hop. */
function joins({ from, egress, to, ingress }: Hop, one: Element, other: Element): boolean {
  const are = (first: Element, second: Element) =>
    first.node === from && first.interface === egress && second.node === to && second.interface === ingress;
  return are(one, other) || are(other, one);
}
