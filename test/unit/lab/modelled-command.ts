/**
 * Stands for the `confer` command in tests of the modelled world: prints what it was asked as one JSON line, then
 * answers "echo" on the port that the test names, and calls others where it is told to.
 */
import { createServer } from 'node:net';
import { connectDevice } from '../../../src/sim/remote-device.ts';

const [command, ...args] = process.argv.slice(2);
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);

if (command === 'agent') {
  const device = await connectDevice();
  const facts = await device.driver.facts();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(Number(args[0]), '127.0.0.1', async () => {
    const reached = args[1] === undefined ? null : await device.reach(args[1], 9_514);
    say({ node: facts.node, reached });
  });
  if (args.includes('stubborn')) process.on('SIGTERM', () => say({ ignored: 'SIGTERM' }));
  process.on('disconnect', () => process.exit(0));
} else {
  say({ command, args });
}
