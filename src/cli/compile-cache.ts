/**
 * Keeps what Node makes of a source file (types stripped, compiled) from one start to the next: a third of a start's
 * processor time. Beside the code, where whoever could write could change the code as well; never in a shared /tmp.
 * Without the right to write there, every start compiles anew, unless NODE_COMPILE_CACHE names another place. Import it
 * before anything large.
 */
import { enableCompileCache } from 'node:module';
import { installedFile } from '../system/installation.ts';

enableCompileCache(installedFile('node_modules/.cache/confer'));
