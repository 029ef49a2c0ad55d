/**
 * `npm run build [-- DIRECTORY]`: the command line in a few files in place of some hundreds, so that an installation
 * starts sooner and with less memory. packaging/pack.sh packs it and packaging/confer prefers it; a checkout needs none.
 */
import { build } from 'esbuild';
import { installedFile } from '../src/system/installation.ts';
import { scriptCommand } from './script-command.ts';

const program = scriptCommand('build')
  .argument('[directory]', 'where to; it works in an installation, whose other files it needs')
  .parse();
const [outdir = installedFile('dist')] = program.args;

await build({
  entryPoints: [installedFile('src/cli.ts')],
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node26',
  // For packages in CommonJS that ask for the builtin modules of Node.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  // The model's cell and the workers run from the sources, and plots are an option.
  external: ['onnxruntime-node', '@huggingface/*', 'piscina', 'vega'],
  // Errors are told by the names of their classes; licences stay with the code.
  keepNames: true,
  legalComments: 'eof',
  logLevel: 'warning',
});
