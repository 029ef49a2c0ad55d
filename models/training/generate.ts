/**
 * Makes the data of the intent task: one JSON line a request, {text, prompt, answer, intent, names, templates}.
 *
 *     node models/training/generate.ts OUT [--count 800000] [--seed 1] [--publish models/training/validation]
 *
 * writes train.jsonl (only trained templates and name styles, with noise) and five sets for validation, 1,000 each:
 * known.jsonl (trained templates, name styles never trained), held-out.jsonl (templates never trained), noisy.jsonl (as
 * training data, other draws), strange.jsonl (held-out templates in a stranger's words and with typing errors: on it is
 * calibrated) and refused.jsonl (held-out templates, unsupported only); summary.json has their SHA-256.
 * `--publish` also writes the first 500 of known, held-out and strange as `confer model eval` reads them.
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readGrammar, templateRules } from './grammar.ts';
import { createRandom } from './random.ts';
import { drawSample, type Sample, type SampleOptions } from './sample.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '800000' },
    seed: { type: 'string', default: '1' },
    publish: { type: 'string' },
  },
});
const [out] = positionals;
if (out === undefined) throw new Error('Say where to write: node models/training/generate.ts OUT');
const folder = out;
mkdirSync(folder, { recursive: true });

const grammar = readGrammar();
const validationCount = 1_000;
const noisy: SampleOptions = { templates: 'trained', nameStyles: 'trained', isNoisy: true };

const trained = new Set<string>();
const validation = {
  known: write('known', validationCount, 11, {
    templates: 'trained',
    nameStyles: 'held-out',
    isNoisy: false,
  }),
  'held-out': write('held-out', validationCount, 12, {
    templates: 'held-out',
    nameStyles: 'held-out',
    isNoisy: false,
  }),
  noisy: write('noisy', validationCount, 13, noisy),
  strange: write('strange', validationCount, 15, {
    templates: 'held-out',
    nameStyles: 'held-out',
    isNoisy: true,
    isStrange: true,
  }),
  refused: write(
    'refused',
    validationCount,
    14,
    { templates: 'held-out', nameStyles: 'held-out', isNoisy: false },
    (sample) => sample.intent.kind === 'unsupported',
  ),
};
const validationTexts = new Set(trained);
const train = write(
  'train',
  Number(values.count),
  Number(values.seed) + 100,
  noisy,
  (sample) => !validationTexts.has(sample.prompt),
);

if (values.publish !== undefined) publish(values.publish);

const rules = [...grammar].filter(([name]) => templateRules.has(name));
const summary = {
  seed: Number(values.seed),
  templates: rules.reduce((sum, [, all]) => sum + all.length, 0),
  heldOutTemplates: rules.reduce((sum, [, all]) => sum + all.filter((one) => one.isHeldOut).length, 0),
  files: { train, ...validation },
};
writeFileSync(join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
console.log(JSON.stringify(summary, null, 2));

function publish(to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of ['known', 'held-out', 'strange']) {
    const lines = readFileSync(join(folder, `${name}.jsonl`), 'utf8')
      .split('\n')
      .slice(0, 500);
    const short = lines.map((line) => {
      const { text, names, intent } = JSON.parse(line) as Sample;
      return JSON.stringify({ text, ...(names.length > 0 && { names }), intent });
    });
    writeFileSync(join(to, `${name}.jsonl`), `${short.join('\n')}\n`);
  }
}

/** Validation is written first, and training never has one of its prompts. */
function write(
  name: string,
  count: number,
  seed: number,
  options: SampleOptions,
  isWanted: (sample: Sample) => boolean = () => true,
) {
  const random = createRandom(seed);
  const path = join(folder, `${name}.jsonl`);
  const file = openSync(path, 'w');
  const hash = createHash('sha256');
  const kinds: Record<string, number> = {};
  let written = 0;
  let refused = 0;
  for (let lines = ''; written < count || lines !== ''; ) {
    const sample = written < count ? drawSample(grammar, random, options) : undefined;
    if (sample === undefined || !isWanted(sample)) refused++;
    else {
      if (name !== 'train') trained.add(sample.prompt);
      const { text, prompt, answer, intent, names, templates } = sample;
      lines +=
        name === 'train'
          ? `${JSON.stringify({ prompt, answer })}\n`
          : `${JSON.stringify({ text, names, intent, prompt, answer, templates })}\n`;
      kinds[sample.intent.kind] = (kinds[sample.intent.kind] ?? 0) + 1;
      written++;
    }
    if (written < count && lines.length < 1_000_000) continue;
    hash.update(lines);
    writeSync(file, lines);
    lines = '';
  }
  closeSync(file);
  return { count: written, refused, kinds, sha256: hash.digest('hex') };
}
