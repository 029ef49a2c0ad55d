/** Holds a kernel world with a process in P-2 until it is ended, for tests of how it ends. Prints what it holds. */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createKernelWorld } from '../../src/lab/kernel-world.ts';
import { threeRouters } from '../support/three-routers.ts';

const commandFile = fileURLToPath(new URL('sleeper.ts', import.meta.url));
const world = await createKernelWorld(threeRouters(), { commandFile });
const agent = world.spawnAgent('P-2', []);
if (agent.stdout === null) throw new Error('no standard output');
await once(agent.stdout, 'data');
process.stdout.write(`${JSON.stringify({ namespace: world.namespaceOf('P-2'), pid: agent.pid })}\n`);
setTimeout(() => {
  if (process.argv[2] === 'throw') throw new Error('as the test wants');
}, 50);
setInterval(() => {}, 1_000);
