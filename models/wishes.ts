/** How much is to be measured, how carefully and with which packets: how people say so, as the rules read it. */
import { sizes } from './kind-rules.ts';

const upTo = String.raw`(?:(?:a\s+)?(?:packet\s+)?loss(?:es)?\s+(?:of\s+)?)?(?:up\s+to\s+|at\s+most\s+)?`;
const percent = String.raw`(\d{1,3}(?:\.\d{1,2})?)\s*(?:%|percent\b)`;

const wishes: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['firstFaultOnly', /\b(?:only\s+)?(?:the\s+)?first\s+fault(?:\s+only)?\b/i],
  // "1 probe a second", "50 packets/s", but not "we lose 3 packets a second".
  [
    'perSecondMax',
    /(?<!\b(?:los[est]+|losing|drops?|dropped|dropping|missing)\s+)\b(?:at\s+most\s+)?(\d{1,6})\s*(?:(?:probes?|packets?)\s*(?:\s(?:a|per|each)\s+sec(?:ond)?|\/\s*s(?:ec(?:ond)?)?)|pps)\b/i,
  ],
  // Before `count`: "at most 300 probes in total", "in total 300 packets".
  [
    'totalMax',
    /\b(?:at\s+most\s+)?(\d{1,7})\s+(?:probes|packets)\s+(?:in\s+(?:total|all)|altogether|overall|all\s+together)\b/i,
  ],
  [
    'totalMax',
    /\b(?:in\s+total|altogether|overall),?\s+(?:(?:at\s+most|no\s+more\s+than|up\s+to)\s+)?(\d{1,7})\s+(?:probes|packets)\b/i,
  ],
  ['lossMinPercent', /\bfrom\s+(\d{1,2}(?:\.\d{1,2})?)\s*(?:%|percent\b)(?:\s+on\b)?/i],
  ['lossMinPercent', /\b(?:of\s+)?(\d{1,2}(?:\.\d{1,2})?)\s*(?:%|percent)\s+or\s+more\b/i],
  [
    'lossMaxPercent',
    new RegExp(String.raw`\b(?:accept\w*|tolerat\w*|willing to accept)\s+${upTo}${percent}`, 'i'),
  ],
  [
    'lossMaxPercent',
    new RegExp(
      String.raw`\b(?:up\s+to|at\s+most|(?:no|not)\s+more\s+than|less\s+than)\s+${percent}(?:\s+(?:of\s+)?(?:packet\s+)?loss(?:es)?)?(?:\s+(?:is|are)\s+(?:ok|fine|acceptable|accepted|tolerable|tolerated|allowed))?`,
      'i',
    ),
  ],
  ['lossMaxPercent', /\bloss-?max(?:-?percent)?\s*[=:]\s*(\d{1,3}(?:\.\d{1,2})?)(?:\s*%)?/i],
  ['dscp', /\b(?:with\s+)?dscp\s*(?:of\s+|value\s+|[=:]\s*)?(\d{1,2}|ef|af[1-4][1-3]|cs[0-7]|be)\b/i],
  ...sizes.map((size) => ['sizeBytes', size] as const),
  ['count', /\b(?:with\s+)?(?:a\s+)?count\s*(?:of\s+|[=:]\s*)?(\d{1,6})\b/i],
  ['count', /\b(?:with\s+)?at\s+most\s+(\d{1,6})\s+(?:probes|packets)\b/i],
  // "3 probes", but neither "we lost 3 packets", "3 of 500 probes" nor "3 packets are lost".
  [
    'count',
    /(?<!(?:\b(?:los[est]+|losing|drops?|dropped|dropping|missing|of|in)\s+|[\w.:/-]))(?:(?:with|using|send|sending)\s+)?(\d{1,6})\s+(?:probes|packets|pings)\b(?=\s*(?:[.,;?!]*\s*$|[,;]|(?:from|to|via|over|on|of|each|please)\b))/i,
  ],
];

/** `rest` is the text without them: none of it is part of a path. */
export function readWishes(text: string): { wanted: Record<string, unknown>; rest: string } {
  const wanted: Record<string, unknown> = {};
  let rest = text;
  for (const [name, pattern] of wishes) {
    const found = pattern.exec(rest);
    if (found === null || name in wanted) continue;
    wanted[name] = found[1] === undefined ? true : name === 'dscp' ? codePointOf(found[1]) : Number(found[1]);
    rest = `${rest.slice(0, found.index)} ${rest.slice(found.index + found[0].length)}`;
  }
  return { wanted, rest };
}

/** "46", or the name of a per-hop behaviour: EF (RFC 3246), AF11 to AF43 (RFC 2597), CS0 to CS7 (RFC 2474). */
function codePointOf(text: string): number {
  const [kind = '', first = 0, second = 0] = [
    text.slice(0, 2).toLowerCase(),
    ...[...text.slice(2)].map(Number),
  ];
  if (kind === 'ef') return 46;
  if (kind === 'be') return 0;
  if (kind === 'af') return 8 * Number(first) + 2 * Number(second);
  return kind === 'cs' ? 8 * Number(first) : Number(text);
}
