/**
 * HTML and SVG in which everything is escaped that was not written here: names, sentences and answers in a report come
 * from the network.
 */
import { visible } from '../visible-text.ts';

/** Text that is markup already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = Markup | string | number | undefined | false | readonly Content[];

/** A template whose values are escaped, in element content and in quoted attributes alike. */
export function markup(strings: TemplateStringsArray, ...values: Content[]): Markup {
  const text = strings.map((part, index) => part + textOf(values[index]));
  return new Markup(text.join(''));
}

function textOf(content: Content): string {
  if (content === undefined || content === false) return '';
  if (content instanceof Markup) return content.text;
  if (typeof content === 'object') return content.map(textOf).join('');
  return escaped(String(content));
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function escaped(text: string): string {
  return visible(text).replaceAll(/[&<>"'`]/g, (character) => entities[character] ?? '');
}
