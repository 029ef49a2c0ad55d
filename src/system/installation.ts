/** Files of the installation: the same whether the program runs from its sources or from what `npm run build` made. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The directory of Confer's package.json. */
export const installation = installationAbove(import.meta.dirname);

/** A file that comes with Confer, by its path in the sources: "topologies/pe1-p2-pe3.yaml". */
export function installedFile(path: string): string {
  return join(installation, path);
}

function installationAbove(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory;
  const above = dirname(directory);
  if (above === directory) throw new Error(`No package.json above ${import.meta.dirname}.`);
  return installationAbove(above);
}
