import { readFileSync } from 'node:fs';

/** The version of this package, from its package.json. */
export function commandVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}
