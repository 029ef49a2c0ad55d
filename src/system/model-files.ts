/** Model folders on disk. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { ModelError } from '../../models/onnx/errors.ts';
import { type ModelFiles, manifestName } from '../../models/onnx/files.ts';

/** Files below a folder; a model has a dozen. */
const filesMax = 1_000;
const pieceBytes = 1 << 20;

/** Throws ModelError `absent`. */
export function openModelFiles(folder: string): ModelFiles {
  return {
    names: namesBelow(folder),
    read: (name) => readFileSync(join(folder, name)),
    sha256: (name) => hashOf(join(folder, name)),
    path: (name) => join(folder, name),
  };
}

function namesBelow(folder: string): string[] {
  let entries: string[];
  try {
    entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    throw new ModelError('absent', `There is no model in ${folder}: put the folder of one there.`, {
      cause: error,
    });
  }
  if (entries.length > filesMax)
    throw new ModelError('unfit', `${folder} holds ${entries.length} files: that is no model.`);
  return entries
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => name.split(sep).join('/'))
    .sort();
}

function hashOf(path: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(pieceBytes);
  const file = openSync(path, 'r');
  try {
    for (let read = -1; read !== 0; ) {
      read = readSync(file, piece);
      hash.update(piece.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}

/** Lists every file of a folder with its SHA-256; `about` is what people want to know of the model. */
export function writeManifest(folder: string, about: Record<string, unknown>): void {
  const names = namesBelow(folder).filter((name) => name !== manifestName);
  const files = Object.fromEntries(names.map((name) => [name, hashOf(join(folder, name))]));
  writeFileSync(join(folder, manifestName), `${JSON.stringify({ ...about, files }, null, 2)}\n`);
}
