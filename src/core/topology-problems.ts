/** Collects everything that is wrong with a file, so that one run tells all of it: "file:line: field: expectation". */
import { type Document, isCollection, isNode, isPair, isScalar, type LineCounter } from 'yaml';
import type { z } from 'zod';
import { ConferError } from './errors.ts';
import { expectationOf } from './expectation.ts';
import { fieldNameOf } from './field-name.ts';

export type FieldPath = readonly (string | number)[];

/** More would not be read. */
const problemsMax = 100;

export class Problems {
  readonly #fileName: string;
  readonly #yaml: Document;
  readonly #lines: LineCounter;
  readonly #found: { offset: number; text: string }[] = [];

  constructor(fileName: string, yaml: Document, lines: LineCounter) {
    this.#fileName = fileName;
    this.#yaml = yaml;
    this.#lines = lines;
  }

  /** A problem of the field at this path; a field that is missing is reported where its parent begins. */
  add(path: FieldPath, expectation: string): void {
    const field = fieldNameOf(path);
    this.#push(this.#offsetOf(path), field === '' ? expectation : `${field}: ${expectation}`);
  }

  addAt(offset: number, expectation: string): void {
    this.#push(offset, expectation);
  }

  /** An issue of `value`, the document. */
  addIssue(issue: z.core.$ZodIssue, value: unknown): void {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    this.add(path, expectationOf(issue, value));
  }

  /** Throws ConferError `bad-input` with one line for each problem. */
  throwIfAny(): undefined {
    if (this.#found.length === 0) return;
    const lines = this.#found
      .toSorted((one, other) => one.offset - other.offset)
      .map(({ offset, text }) => `${this.#fileName}:${this.#lines.linePos(offset).line}: ${text}`);
    throw new ConferError('bad-input', [...new Set(lines)].slice(0, problemsMax).join('\n'));
  }

  #push(offset: number, text: string): void {
    this.#found.push({ offset, text });
  }

  #offsetOf(path: FieldPath): number {
    let offset = 0;
    let current: unknown = this.#yaml.contents;
    for (const part of path) {
      if (!isCollection(current)) break;
      const item = current.items.find((candidate, index) =>
        isPair(candidate)
          ? isScalar(candidate.key) && String(candidate.key.value) === String(part)
          : index === part,
      );
      if (item === undefined) break;
      const at = isPair(item) ? item.key : item;
      if (isNode(at) && at.range) offset = at.range[0];
      current = isPair(item) ? item.value : item;
    }
    return offset;
  }
}
