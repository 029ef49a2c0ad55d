import { readFileSync } from 'node:fs';
import { installedFile } from '../system/installation.ts';

/** The version of this package, from its package.json. */
export function commandVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(installedFile('package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}
