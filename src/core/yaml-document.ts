/** A configuration file in YAML: parsed once; all mistakes of a file are reported together, each with its line. */
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConferError, messageOf } from './errors.ts';
import { expectationOf } from './expectation.ts';
import { fieldNameOf } from './field-name.ts';
import { syntaxMistakes } from './yaml-syntax.ts';

/** Throws ConferError `bad-input` that names file, line and field of everything that is wrong. */
export function parseYaml<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  fileName: string,
): z.output<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const told = (offset: number, what: string) =>
    `${fileName}:${Math.max(1, lines.linePos(offset).line)}: ${what}`;
  const broken = syntaxMistakes(document, text).map((one) => told(one.offset, `${one.expectation}.`));
  if (broken.length > 0) throw new ConferError('bad-input', broken.join('\n'));
  const value = plain(document, fileName);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...issue.path, key], message: 'There is no such field.' }))
      : [{ field: issue.path, message: expectationOf(issue, value) }],
  );
  const placed = mistakes.map((one) => ({ ...one, offset: offsetOf(document, one.field) }));
  placed.sort((one, other) => one.offset - other.offset);
  throw new ConferError(
    'bad-input',
    placed
      .map(({ offset, field, message }) =>
        told(offset, `${fieldNameOf(field, value) || 'the file'}: ${message}`),
      )
      .join('\n'),
  );
}

/** An alias without its anchor, or one that multiplies beyond reason, shows only here. */
function plain(document: Document, fileName: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new ConferError('bad-input', `${fileName}:1: ${messageOf(error)}; write it without aliases.`);
  }
}

/** Where a field stands in the text; where it is missing, the object that should have it. */
function offsetOf(document: Document, field: readonly PropertyKey[]): number {
  for (let depth = field.length; depth > 0; depth -= 1) {
    const node = document.getIn(field.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}
