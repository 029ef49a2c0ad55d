/**
 * Sentences that leave nothing to interpret: every word of them is a name or a number of what the rules read, or one of the few
 * words that the documentation asks with. What code reads in them stands, whatever a model makes of it.
 */
const words = new Set(
  (
    'please verify check measure test find show why what is are was the a an any on of in at for from to via through over ' +
    'between and with by path paths router link srv6 sr ip ipv6 packet packets loss losses lost drop drops dropped dropping ' +
    'losing reachability reachable reach latency delay delays mtu pmtu bgp session sessions probe probes byte bytes octet ' +
    'octets percent more or most least up first fault only second per acceptable accepted allowed count size dscp head tail ' +
    'neighbor neighbour source destination src dst cpu memory interface interfaces status health'
  ).split(' '),
);
/** Names of DSCPs are numbers to the rules. */
const dscpName = /^(?:ef|cs[0-7]|af[1-4][1-3]|be)$/;
const textMax = 1_000;

/** `intent` is what the rules read in `text`. */
export function isPlainSentence(text: string, intent: Readonly<Record<string, unknown>>): boolean {
  if (intent.kind === 'unsupported' || text.length > textMax) return false;
  const said = new Set(
    Object.values(intent)
      .flat()
      .map((value) => String(value).toLowerCase()),
  );
  const isRead = (word: string) =>
    words.has(word) || said.has(word) || ('dscp' in intent && dscpName.test(word));
  return text
    .toLowerCase()
    .split(/[\s,;=?!"'`()%]+|[-=]+>|→|:\s|[.:]$/u)
    .map((word) => word.replace(/[.:]+$/, ''))
    .every((word) => word === '' || isRead(word));
}
