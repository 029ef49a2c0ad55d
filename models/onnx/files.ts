/**
 * A folder in the layout of a Hugging Face ONNX decoder, as whoever opened it can read it. Every file that is used is
 * hashed: against the folder's manifest where there is one, and into the digest by which reports name the model.
 */
import { createHash } from 'node:crypto';
import { ModelError } from './errors.ts';

export interface ModelFiles {
  /** Every file below the folder, relative, with forward slashes. */
  readonly names: readonly string[];
  /** Throws where it cannot be read. */
  read(name: string): Uint8Array;
  /** SHA-256, lower-case hex, of files too large to be read at once. */
  sha256(name: string): string;
  /** Where the runtime opens what it maps into memory by itself. */
  path(name: string): string;
}

export const manifestName = 'manifest.json';
const anew = 'Install the model anew; it is not used as it is.';

/** What a manifest says of a model: the files and their hashes, and what people want to know of it. */
export interface Manifest {
  /** SHA-256, lower-case hex, by relative name. */
  files: ReadonlyMap<string, string>;
  /** Everything else that it says: licence, parameters, training run. */
  about: Readonly<Record<string, unknown>>;
}

/** Undefined where the folder has none. Throws ModelError `unfit` for one that does not fit. */
export function readManifest(files: ModelFiles): Manifest | undefined {
  if (!files.names.includes(manifestName)) return undefined;
  const whole = readJson(files, manifestName);
  const { files: listed, ...about } = whole;
  const hashes = new Map<string, string>();
  for (const [name, said] of Object.entries(isObject(listed) ? listed : {})) {
    const hash = isObject(said) ? said.sha256 : said;
    if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash))
      throw new ModelError('unfit', `${manifestName}: files.${name} is no SHA-256 in lower-case hex.`);
    hashes.set(name, hash);
  }
  if (hashes.size === 0)
    throw new ModelError(
      'unfit',
      `${manifestName} lists no files: write {"files": {"config.json": "<SHA-256>", ...}}.`,
    );
  return { files: hashes, about };
}

/**
 * Reads files, and refuses each whose hash is not that of the manifest. Nothing that is read is trusted before it was
 * hashed, and what was hashed is what is used: the bytes are read once.
 */
export class VerifiedFiles {
  readonly manifest: Manifest | undefined;
  readonly names: readonly string[];
  readonly #files: ModelFiles;
  readonly #hashes = new Map<string, string>();

  /** `isShipped`: with a manifest, so that who takes that away does not take the protection away. */
  constructor(files: ModelFiles, { isShipped = false } = {}) {
    this.#files = files;
    this.names = files.names;
    this.manifest = readManifest(files);
    if (isShipped && this.manifest === undefined)
      throw new ModelError(
        'hash-mismatch',
        `${manifestName} is missing: this model is shipped with the hashes of its files. ${anew}`,
      );
    // It says how sure the model must be, so it is part of what the digest stands for.
    if (this.manifest !== undefined)
      this.#hashes.set(manifestName, createHash('sha256').update(files.read(manifestName)).digest('hex'));
  }

  read(name: string): Uint8Array {
    const bytes = this.#files.read(name);
    this.#check(name, createHash('sha256').update(bytes).digest('hex'));
    return bytes;
  }

  json(name: string): Record<string, unknown> {
    return parsed(name, this.read(name));
  }

  /** For what the runtime maps into memory by itself. */
  path(name: string): string {
    this.#check(name, this.#files.sha256(name));
    return this.#files.path(name);
  }

  /** SHA-256, lower-case hex, over the names and hashes of everything that was read. */
  digest(): string {
    const lines = [...this.#hashes].map(([name, hash]) => `${hash}  ${name}\n`).sort();
    return createHash('sha256').update(lines.join('')).digest('hex');
  }

  #check(name: string, hash: string): void {
    this.#hashes.set(name, hash);
    if (this.manifest === undefined) return;
    const expected = this.manifest.files.get(name);
    if (expected === hash) return;
    const what =
      expected === undefined
        ? 'it lists no such file'
        : `SHA-256 should begin with ${expected.slice(0, 12)}, the file's with ${hash.slice(0, 12)}`;
    throw new ModelError('hash-mismatch', `${name} is not the file of ${manifestName}: ${what}. ${anew}`);
  }
}

export function readJson(files: ModelFiles, name: string): Record<string, unknown> {
  return parsed(name, files.read(name));
}

function parsed(name: string, bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ModelError('unfit', `${name} is no JSON.`);
  }
  if (!isObject(value)) throw new ModelError('unfit', `${name} is no JSON object.`);
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
