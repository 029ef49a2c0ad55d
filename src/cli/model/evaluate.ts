/** Reads every text of a set by each reader, and how well they did. */
import type { OnBoxModel } from '../../system/on-box-model.ts';
import { readByRules, readIntentSchema, readText } from './read-intent.ts';
import type { Example, Read } from './scores.ts';

export const readers = ['model', 'rules', 'both'] as const;
export type Reader = (typeof readers)[number];

/** `model`: what it read, sure or not. `both`: as Confer uses them. Without a model, the rules alone. */
export async function readAll(
  examples: readonly Example[],
  model: OnBoxModel | undefined,
  signal: AbortSignal,
): Promise<Partial<Record<Reader, Read[]>>> {
  const rules = examples.map((example): Read => ({ example, intent: readByRules(example.text) }));
  if (model === undefined) return { rules };
  const alone: Read[] = [];
  const both: Read[] = [];
  for (const example of examples) {
    const reading = await readText(example.text, model, {
      names: example.names ?? [],
      signal,
    });
    const said =
      reading.by === 'structure' || reading.by === 'nobody' ? { intent: reading.intent } : reading.model;
    const intent = said?.intent;
    const logProbability = reading.model?.logProbability;
    alone.push({ example, intent, ...(logProbability !== undefined && { logProbability }) });
    both.push({ example, intent: reading.intent });
  }
  return { model: alone, rules, both };
}

/** One JSON object a line: text, intent, and names where the set has any. Returns the number of the first line that is none. */
export function parseExamples(content: string): { examples: Example[]; badLine?: number } {
  const lines = content.split('\n').filter((line) => line.trim() !== '');
  const examples: Example[] = [];
  for (const [index, line] of lines.entries()) {
    const example = parseExample(line);
    if (example === undefined) return { examples, badLine: index + 1 };
    examples.push(example);
  }
  return { examples };
}

function parseExample(line: string): Example | undefined {
  try {
    const { text, intent, names } = JSON.parse(line) as Record<string, unknown>;
    const whole = { reason: 'to be refused', ...(intent as object) };
    const expected = (intent as { kind?: string }).kind === 'unsupported' ? whole : intent;
    const parsed = readIntentSchema.safeParse(expected);
    if (typeof text !== 'string' || !parsed.success) return undefined;
    const known = Array.isArray(names) ? names.filter((name) => typeof name === 'string') : undefined;
    return { text, intent: parsed.data, ...(known !== undefined && { names: known }) };
  } catch {
    return undefined;
  }
}
