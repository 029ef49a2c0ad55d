/** What to type: commands that are printed for somebody to repeat are in the form in which this one was started. */
import { basename, relative } from 'node:path';

interface Start {
  /** npm_lifecycle_event: what npm runs, where npm runs it. */
  npmEvent: string | undefined;
  /** The file that Node was given, in full. */
  script: string;
  /** Options of Node itself. */
  nodeOptions: readonly string[];
  directory: string;
}

/** "confer", "npx confer", "npm run -s confer --" or "node src/cli.ts". */
export function commandFor({ npmEvent, script, nodeOptions, directory }: Start): string {
  if (npmEvent === 'npx') return 'npx confer';
  // npm scripts run where `confer` is on nobody's path.
  if (npmEvent !== undefined) return 'npm run -s confer --';
  // The command of an installation gives Node options, which nobody types.
  if (basename(script) !== 'cli.ts' || nodeOptions.length > 0) return 'confer';
  const near = relative(directory, script);
  return `node ${shellWord(near.startsWith('..') ? script : near)}`;
}

export const commandName = commandFor({
  npmEvent: process.env.npm_lifecycle_event,
  script: process.argv[1] ?? '',
  nodeOptions: process.execArgv,
  directory: process.cwd(),
});

/** A word as a POSIX shell takes it: quoted where it must be. */
export function shellWord(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
