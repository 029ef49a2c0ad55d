/**
 * `npm run bench [-- NAME...]`: prints a table. Ratios are between two things in one run; absolute figures only show
 * the scale, for machines differ and are shared.
 */

import { scriptCommand } from '../scripts/script-command.ts';
import { benchFanOut } from './fan-out.ts';
import { benchIdle } from './idle.ts';
import { benchIntent } from './intent.ts';
import { benchModel } from './model.ts';
import { benchProbes } from './probes.ts';
import { benchSimulation } from './simulation.ts';
import { benchStore } from './store.ts';
import { type Row, tableOf } from './table.ts';
import { benchTransport } from './transport.ts';

const benches: Record<string, () => Promise<Row[]>> = {
  transport: benchTransport,
  'fan-out': benchFanOut,
  intent: benchIntent,
  idle: benchIdle,
  store: benchStore,
  simulation: benchSimulation,
  probes: benchProbes,
  model: benchModel,
};

const known = Object.keys(benches);
const program = scriptCommand('bench')
  .argument('[names...]', `of ${known.join(', ')}; all when absent`)
  .parse();
const wanted = program.args;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0)
  program.error(`There is no benchmark ${unknown.join(', ')}; there are ${known.join(', ')}`, {
    exitCode: 2,
  });
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n## ${name}\n\n${tableOf(await bench())}`);
}
