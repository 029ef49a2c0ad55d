/**
 * Sentences that leave nothing to interpret: every word of them is a name or a number of what the rules read, or one of the few
 * words that the documentation asks with. What code reads in them stands, whatever a model makes of it.
 */
import { knownWords, plainWords } from './intent/vocabulary.ts';
import { readTelegram } from './telegram.ts';

const words = new Set(
  (
    'please verify check measure test find show why what is are was the a an any on of in at for from to via through over ' +
    'between and with by path paths router link srv6 sr ip ipv6 packet packets session sessions probe probes byte bytes octet ' +
    'octets percent more or most least up first fault only second per acceptable accepted allowed count size dscp head tail ' +
    'neighbor neighbour source destination src dst pps probes/s packets/s probes/sec packets/sec sec total altogether overall'
  ).split(' '),
);
/** What is asked for; a sentence with two of them asks for two things. */
const topics = [
  'loss losses lost drop drops dropped dropping losing',
  'reachability reachable reach',
  'latency delay delays',
  'mtu pmtu',
  'bgp',
  'cpu memory interface interfaces status health',
].map((topic) => new Set(topic.split(' ')));
/** Names of DSCPs are numbers to the rules. */
const dscpName = /^(?:ef|cs[0-7]|af[1-4][1-3]|be)$/;
const textMax = 1_000;

/** `intent` is what the rules read in `text`. */
export function isPlainSentence(text: string, intent: Readonly<Record<string, unknown>>): boolean {
  if (intent.kind === 'unsupported' || text.length > textMax) return false;
  if (readTelegram(text) !== undefined) return true;
  const said = new Set(
    Object.values(intent)
      .flat()
      .map((value) => String(value).toLowerCase()),
  );
  const names = [intent.head, intent.tail, intent.via, intent.neighbor]
    .flat()
    .map((name) => String(name ?? ''));
  // In the place of a name: "via P-2 asap", "via P-2 or P-4". Routers called A and C are written so.
  if (names.some((name) => knownWords.has(name) || plainWords.has(name) || words.has(name))) return false;
  const isRead = (word: string) =>
    words.has(word) ||
    said.has(word) ||
    topics.some((topic) => topic.has(word)) ||
    ('dscp' in intent && dscpName.test(word));
  const typed = text
    .toLowerCase()
    .split(/[\s,;=?!"'`()%]+|[-=]+>|→|:\s|[.:]$/u)
    .map((word) => word.replace(/[.:]+$/, ''));
  const asked = topics.filter((topic) => typed.some((word) => topic.has(word)));
  return asked.length < 2 && typed.every((word) => word === '' || isRead(word));
}
