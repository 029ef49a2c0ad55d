/**
 * Sentences that leave nothing to interpret: the one of the troubleshooting draft, in the few forms of each kind of intent that
 * the documentation shows. What code reads in them stands, whatever a model makes of it.
 */
const name = String.raw`[A-Za-z0-9][\w.:/-]*`;
const between = String.raw`from\s+${name}\s+to\s+${name}(?:\s+via\s+${name}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)${name})*)?`;
const asking = String.raw`(?:(?:please\s+)?(?:verify|check|measure|test)\s+)?(?:the\s+)?`;
const path = String.raw`(?:\s+(?:on|over|of)\s+the\s+(?:srv6\s+)?path)?`;
const topic = '(?:packet[ -]?loss|loss|reachability|latency|(?:path )?mtu)';

const plain = [
  new RegExp(String.raw`^\s*${asking}${topic}${path}\s+${between}\s*[.?!]?\s*$`, 'i'),
  new RegExp(String.raw`^\s*${asking}bgp\s+session\s+from\s+${name}\s+to\s+${name}\s*[.?!]?\s*$`, 'i'),
];

/** Whether `text` is such a sentence, and no more than that. */
export function isPlainSentence(text: string): boolean {
  return text.length <= 1_000 && plain.some((pattern) => pattern.test(text));
}
