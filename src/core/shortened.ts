const ellipsis = '...';

/** At most `charactersMax` UTF-16 units of a text, at least 3; never half a surrogate pair, which no JSON reader takes. */
export function shortened(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text.toWellFormed();
  return `${text.slice(0, charactersMax - ellipsis.length).toWellFormed()}${ellipsis}`;
}
