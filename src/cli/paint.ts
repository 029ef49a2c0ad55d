/** Colours for what a person looks at. Never needed to understand it: everything that is coloured is also written. */
import { type InspectColor, styleText } from 'node:util';

export type Role = 'bad' | 'good' | 'doubt' | 'name';
export type Paint = (role: Role, text: string) => string;

export const plain: Paint = (_role, text) => text;

const styles: Record<Role, InspectColor[]> = {
  bad: ['bold', 'red'],
  good: ['green'],
  doubt: ['yellow'],
  name: ['bold'],
};

/** Colours on a terminal that has them; none elsewhere or where NO_COLOR is set (https://no-color.org). */
export function paintFor(stream: NodeJS.WritableStream): Paint {
  return (role, text) => styleText(styles[role], text, { stream, validateStream: true });
}
