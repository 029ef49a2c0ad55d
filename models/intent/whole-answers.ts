/**
 * What the text says beyond doubt belongs into the answer: every hop of a list of which it says one, a number whose unit is
 * said, the name that is called head or tail, and of which protocol it speaks. A model is not led past it.
 */
import { endToken, fieldsOf, kinds, numberAs, via } from './fields.ts';
import { type NameLabels, nameLabels } from './name-labels.ts';
import { type NameRuns, nameRuns } from './name-runs.ts';
import type { Tagged } from './prompt-writer.ts';

const pathKinds: ReadonlySet<string> = new Set(
  kinds.filter((kind) => fieldsOf[kind].includes(via)).map((kind) => `<|${kind}|>`),
);
/** With neighbours or sessions of their own, about which nobody asks by way of BGP. */
const otherProtocols: ReadonlySet<string> = new Set([
  'ospf',
  'isis',
  'rip',
  'eigrp',
  'ldp',
  'rsvp',
  'bfd',
  'lldp',
  'lacp',
  'vrrp',
  'hsrp',
  'stp',
  'pim',
  'ntp',
]);
const saidOf = new WeakMap<Tagged, { runs: NameRuns; labels: NameLabels }>();

/** Whether the answer can still say every hop of a list of which it says some, and calls head and tail what the text does. */
export function leavesNothingOut(token: string, written: readonly string[], tagged: Tagged): boolean {
  if (written[0] === undefined) return token !== '<|bgp-session|>' || !isOfAnotherProtocol(tagged);
  if (!pathKinds.has(written[0])) return true;
  if (isNumberLeftOut(token, written, tagged)) return false;
  const said = saidOf.get(tagged) ?? { runs: nameRuns(tagged.tokens), labels: nameLabels(tagged.tokens) };
  saidOf.set(tagged, said);
  const { runs, labels } = said;
  const used = new Set(written.filter((one) => tagged.names.has(one)));
  const [, , first = ''] = written;
  if (tagged.names.has(token)) {
    if (labels.excluded.has(token)) return false;
    const part = written.length === 2 ? 'head' : written.length === 4 ? 'tail' : 'via';
    const called = token === labels.head ? 'head' : token === labels.tail ? 'tail' : undefined;
    if (called !== undefined && called !== part) return false;
    if (part !== 'via' && called === undefined && labels[part] !== undefined) return false;
    if (part !== 'via' && labels.hops.has(token)) return false;
    if (part === 'head') return runs.mayBeHead(token);
    return part === 'tail' ? runs.mayBeTail(first, token) : runs.mayFollow(token, used);
  }
  const hops = written.slice(6).filter((one) => used.has(one));
  if (written.length < 5 || token === via.token) return true;
  return [...labels.hops].every((hop) => used.has(hop)) && runs.mayEnd(hops.at(-1), used);
}

function isOfAnotherProtocol({ tokens }: Tagged): boolean {
  return tokens.some((one) => otherProtocols.has(one)) && !tokens.some((one) => one.includes('bgp'));
}

/** Whether `token` goes past a field of which the text says the value beyond doubt: "500 probes", "dscp 34". */
function isNumberLeftOut(token: string, written: readonly string[], tagged: Tagged): boolean {
  const kind = kinds.find((one) => `<|${one}|>` === written[0]);
  const fields = kind === undefined ? [] : fieldsOf[kind];
  const place = token === endToken ? fields.length : fields.findIndex((field) => field.token === token);
  return fields.slice(0, Math.max(0, place)).some(({ token: field, type }) => {
    if (written.includes(field) || (type !== 'count' && type !== 'dscp' && type !== 'bytes')) return false;
    const said = [...tagged.numbers.values()].filter(({ unit }) => unit === type);
    return said.length === 1 && numberAs(type, said[0]) !== undefined;
  });
}
