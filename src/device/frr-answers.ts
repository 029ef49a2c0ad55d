/** What FRR's vtysh prints: the answers of several commands, one after the other. */
import type { z } from 'zod';
import { ConferError } from '../core/errors.ts';

/** What each command printed. */
export type Ask = (daemon: string, commands: readonly string[]) => Promise<string[]>;

/** The JSON values that follow each other in a text, and what comes behind them, as texts. */
export function answersIn(text: string): string[] {
  const answers: string[] = [];
  let [start, depth, isQuoted] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (isQuoted && character === '\\') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') {
      depth--;
      if (depth > 0) continue;
      answers.push(text.slice(start, at + 1).trim());
      start = at + 1;
    } else if (depth === 0 && character.trim() !== '') break;
  }
  return [...answers, text.slice(start)];
}

/** Throws ConferError `device-failure` for what is not of that shape. */
export function json<T>(text: string | undefined, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text?.trim() || '{}'));
  } catch (error) {
    throw new ConferError('device-failure', 'vtysh printed something else than expected of FRR 8.4.', {
      cause: error,
    });
  }
}
