/** Seeds a second of one thread, with real signatures, and where the floor is: signing and verifying alone. */
import { readFileSync } from 'node:fs';
import { canonicalBytes } from '../crypto/canonical.ts';
import { signBytes, verifyBytes } from '../crypto/envelope.ts';
import { keyPairFromSeed } from '../crypto/keys.ts';
import { parseTopology } from '../src/core/topology.ts';
import { runCampaign } from '../src/sim/campaign.ts';
import { median } from './parties.ts';
import type { Row } from './table.ts';

const rounds = 3;
const stories = [
  { name: 'pe1-p2-pe3', seeds: 20, target: '>= 100 seeds/s a core' },
  { name: 'fabric-20', seeds: 3, target: '' },
];

export async function benchSimulation(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, seeds, target } of stories) {
    const file = `topologies/${name}.yaml`;
    const topology = parseTopology(readFileSync(file, 'utf8'), file);
    const [rates, events]: [number[], number[]] = [[], []];
    await runCampaign({ topology, from: 1, to: 2, jobs: 1 }); // compiles
    for (let round = 0; round < rounds; round++) {
      const beganAt = process.cpuUsage().user;
      const outcome = await runCampaign({ topology, from: 1, to: seeds, jobs: 1 });
      const seconds = (process.cpuUsage().user - beganAt) / 1e6;
      rates.push(seeds / seconds);
      events.push(outcome.events / seconds);
    }
    const figure = `${median(rates).toFixed(1)} seeds/s, ${median(events).toFixed(0)} events/s`;
    rows.push({ what: `${name}, default faults, a second of processor time`, figure, target });
  }
  return [...rows, signing()];
}

/** What every answer of a run costs at the very least: it is signed once, and verified on arrival and in its report. */
function signing(): Row {
  const { privateKey, publicKey } = keyPairFromSeed(new Uint8Array(32).fill(7));
  const bytes = canonicalBytes({ text: 'x'.repeat(400) });
  const count = 2_000;
  const beganAt = process.cpuUsage().user;
  for (let turn = 0; turn < count; turn++) {
    const signature = signBytes('bench', bytes, privateKey);
    for (let check = 0; check < 2; check++) verifyBytes('bench', bytes, signature, publicKey);
  }
  const micros = (process.cpuUsage().user - beganAt) / count;
  return { what: 'one signature, verified twice', figure: `${micros.toFixed(0)} us` };
}
