/** What docs/deploy.md tells to do: its `sh` blocks in order, each with where it is run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/source.ts';

export interface Block {
  /** "operator", "router" (each of them), or the name of one router. */
  place: string;
  /** What the test does after it: a second word of the fence's info string. */
  label: string | undefined;
  text: string;
  /** Line of the fence in the document, from 1. */
  line: number;
}

/** Lines "```sh PLACE [LABEL]" to "```". Throws for a block that says no place: nothing of the page is left untried. */
export function deployBlocks(file = join(root, 'docs/deploy.md')): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const line1 = index + 1;
    if (open !== undefined) {
      if (line === '```') {
        blocks.push(open);
        open = undefined;
      } else open.text += `${line}\n`;
      continue;
    }
    const [, language, place, label] = /^```(\S+)(?: (\S+))?(?: (\S+))?$/.exec(line) ?? [];
    if (language !== 'sh') continue;
    if (place === undefined) throw new Error(`${file}:${line1}: say where this block is run.`);
    open = { place, label, text: '', line: line1 };
  }
  return blocks;
}
