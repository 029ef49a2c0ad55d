/** Conclusions with evidence around them, drawn at random: every kind alike, also those that few networks have. */
import { type KindPhrases, kindPhrases, type PhrasedKind } from '../../evidence/kind-phrases.ts';
import { type Concluded, sentencePrompt } from '../../evidence/sentence.ts';
import type { Slot } from '../../evidence/slots.ts';
import {
  amounts,
  certainties,
  type ShownSign,
  type SignName,
  signWords,
  type Way,
} from '../../evidence/words.ts';
import type { Random } from '../random.ts';

const kinds = Object.keys(kindPhrases) as PhrasedKind[];
export const drawnKinds: readonly Concluded['kind'][] = [...kinds, 'healthy', 'undetermined'];
const signNames = Object.keys(signWords) as SignName[];
const ways: readonly Way[] = ['forward', 'reverse'];
const nodes = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Whose loss is that of large packets. */
const sizeKinds: ReadonlySet<PhrasedKind> = new Set(['mtu-mismatch', 'pmtud-blackhole', 'srv6-encap-mtu']);

const countedBy: Partial<Record<SignName, Slot>> = {
  'acl-egress': 'denied',
  'acl-ingress': 'denied',
  'reverse-path': 'denied',
  'queue-steady': 'dropped',
  'queue-bursty': 'dropped',
  'ports-full': 'dropped',
  damaged: 'damaged',
};

export function drawnConclusion(
  kind: Concluded['kind'],
  random: Random,
): { prompt: string; about: Concluded } {
  const about =
    kind === 'healthy' || kind === 'undetermined' ? withoutFinding(kind, random) : withFinding(kind, random);
  const isAsked = about.kind === 'healthy' || about.required.includes('direction');
  const [first = 'a', second = first] = about.nodes;
  const here: ShownSign[] = about.signs.map((sign) => signAt(sign, [first, second], random));
  const elsewhere = Array.from({ length: random.below(8) }, () =>
    signAt(random.pick(signNames), random.shuffled(nodes).slice(0, 2), random),
  );
  const paths = ways.map((way) => ({ way, lost: random.pick(amounts), isOneOfSeveral: random.chance(0.2) }));
  const evidence = isAsked
    ? { paths, signs: random.shuffled([...here, ...elsewhere]) }
    : { paths: [], signs: [] };
  return { prompt: sentencePrompt(evidence, about), about };
}

function withoutFinding(kind: 'healthy' | 'undetermined', random: Random): Concluded {
  const slots: Slot[] =
    kind === 'healthy'
      ? ['head', 'tail', 'count']
      : [
          'head',
          'tail',
          ...(random.chance(0.8) ? (['lost'] as const) : []),
          ...(random.chance(0.8) ? (['suspects'] as const) : []),
        ];
  return { kind, slots, required: slots, signs: [], nodes: [] };
}

function withFinding(kind: PhrasedKind, random: Random): Concluded {
  const { at, object, shows = [] }: KindPhrases = kindPhrases[kind];
  // Of another question than for loss, neither a direction nor evidence is there.
  const isOfLoss = random.chance(0.8);
  const signs = isOfLoss ? shows.filter(() => random.chance(0.6)) : [];
  const isLossy = isOfLoss && random.chance(0.85);
  const required: Slot[] = [
    ...(at === 'pair' ? (['node', 'peer'] as const) : [at]),
    ...(object === undefined ? [] : [object]),
    ...(isOfLoss ? (['direction'] as const) : []),
    ...(isLossy ? (['loss', 'interval'] as const) : []),
    ...(isLossy && sizeKinds.has(kind) ? (['mtu'] as const) : []),
  ];
  const counted = signs.flatMap((sign) => countedBy[sign] ?? []);
  const [one = 'a', other = 'b'] = random.shuffled(nodes);
  return {
    kind,
    slots: [...new Set([...required, ...counted])],
    required,
    signs,
    nodes: at === 'node' ? [one] : [one, other],
    way: random.pick([...ways, 'both']),
    ...(isOfLoss && { lost: isLossy ? random.pick(amounts.slice(1)) : 'none' }),
  };
}

function signAt(sign: SignName, at: readonly string[], random: Random): ShownSign {
  return {
    sign,
    nodes: [...new Set(at)],
    ...(random.chance(0.7) && { way: random.pick(ways) }),
    ...(random.chance(0.8) && { amount: random.pick(amounts.slice(1)) }),
    ...(sign === 'loses' && { certainty: random.pick(certainties) }),
  };
}
