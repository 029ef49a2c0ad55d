/** Sentences about the processor, the memory and the interfaces of one device. */
import { kindOfSentence } from './kind-rules.ts';

export interface DeviceStatusFound {
  kind: 'device-status';
  head: string;
  metrics: Metric[];
}

type Metric = 'cpu' | 'memory' | 'interface';

const word = (words: string) => new RegExp(String.raw`(?<![\w.-])(?:${words})(?![\w-]|\.\w)`, 'i');

const topics: readonly (readonly [Metric, RegExp])[] = [
  ['cpu', word('cpus?|processors?|(?:system |cpu )?load|how busy')],
  ['memory', word('memory|ram|mem')],
  ['interface', word('interfaces?|ports?')],
];
/** All of these together. */
const whole = word(
  '(?:device|system|router|node)[- ](?:status|state|health)|health|(?:status|state) of (?:the )?(?:device|router|node)',
);

const name = String.raw`([A-Za-z0-9](?:[\w.:/-]*\w)?)`;
const fill = String.raw`(?:(?:the|a|router|node|device|all)\s+)*`;
const patterns: readonly RegExp[] = [
  new RegExp(String.raw`\b(?:head|node|device)\s*[=:]\s*${name}`, 'i'),
  new RegExp(String.raw`\b(?:of|on|at|for|from|in)\s+${fill}${name}`, 'gi'),
  new RegExp(String.raw`\bhow\s+busy\s+is\s+${fill}${name}`, 'i'),
  new RegExp(
    String.raw`(?<![\w.:/-])${name}:?\s+(?:cpu|processor|memory|ram|mem|interfaces?|ports?|load|health|status)\b`,
    'i',
  ),
];
/** What stands where a name could, and is none. */
const others = new Set(
  (
    'the a an its my our this that and or of on at for from to in is are cpu processor processors memory ram mem load ' +
    'interface interfaces port ports status state health device router node all check show verify use usage used percent ' +
    'what how busy please now system free available'
  ).split(' '),
);
/** One device has no way to somewhere. */
const way = /(?<![\w.-])(?:path|via|through|between|to|towards?)\s+\S|->|=>|→/i;

/** Undefined where the text is about something else, or names no device. */
export function parseDeviceStatus(text: string): DeviceStatusFound | undefined {
  const plain = text.replace(/["'`“”‘’]/g, '');
  if (way.test(plain) || kindOfSentence(plain) !== undefined) return undefined;
  const metrics = topics.filter(([, topic]) => topic.test(plain)).map(([metric]) => metric);
  if (metrics.length === 0 && !whole.test(plain)) return undefined;
  for (const pattern of patterns)
    for (const [, found = ''] of plain.matchAll(new RegExp(pattern, 'gi'))) {
      const head = found.replace(/[.:]+$/, '');
      if (head === '' || others.has(head.toLowerCase())) continue;
      return {
        kind: 'device-status',
        head,
        metrics: metrics.length > 0 ? metrics : topics.map(([metric]) => metric),
      };
    }
  return undefined;
}
