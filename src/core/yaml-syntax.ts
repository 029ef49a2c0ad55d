/** What makes a text no YAML, in plain words: the parser's own are about tokens. */
import type { Document, YAMLParseError } from 'yaml';

export interface SyntaxMistake {
  /** Where in the text. */
  offset: number;
  /** What was expected, as a clause without a full stop. */
  expectation: string;
}

/**
 * Behind the first place that cannot be read the parser guesses, so only that one is told. Names that are there twice can
 * all be told.
 */
export function syntaxMistakes(document: Document, text: string): SyntaxMistake[] {
  const [first] = document.errors
    .filter(({ code }) => code !== 'DUPLICATE_KEY')
    .sort((one, other) => one.pos[0] - other.pos[0]);
  if (first !== undefined)
    return [{ offset: first.pos[0], expectation: `this is no YAML: ${expected(first)}` }];
  return document.errors.map(({ pos }) => {
    // Behind an empty value the parser points at the end of the line before.
    const offset = pos[0] + (/^\s*/.exec(text.slice(pos[0]))?.[0].length ?? 0);
    const key = /^[^\s:]+/.exec(text.slice(offset))?.[0] ?? '';
    return { offset, expectation: `expected each name once, found "${key}" again` };
  });
}

function expected({ code, message }: YAMLParseError): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'expected spaces at the beginning of the line, found a tab';
    case 'BAD_INDENT':
      return closing(message) ?? 'expected the same indentation for all that belongs together';
    case 'BAD_SCALAR_START':
    case 'BAD_ALIAS':
    case 'ALIAS_PROPS':
    case 'TAG_RESOLVE_FAILED':
      return 'expected quotes around a value that begins with a sign';
    case 'BAD_DQ_ESCAPE':
      return 'expected single quotes around a value with backslashes';
    case 'MULTIPLE_DOCS':
      return 'expected one document, found another';
    case 'MISSING_CHAR':
      return closing(message) ?? missing(message);
    default:
      return usual;
  }
}

const usual = 'expected "name: value" or "- item"';

/** "Flow sequence in block collection must be sufficiently indented and end with a ]" */
function closing(message: string): string | undefined {
  const [, sign] = /end with a (.)/.exec(message) ?? [];
  if (sign !== undefined) return `expected a closing ${sign}`;
  return message.includes('quote') ? 'expected a closing quotation mark' : undefined;
}

function missing(message: string): string {
  if (message.startsWith('Missing ,')) return 'expected a comma or a colon';
  if (message.startsWith('Missing space')) return 'expected a space after the colon';
  return usual;
}
