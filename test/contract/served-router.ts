/** The lab's end of a modelled lab: the routers, and one of them served to the parent process as to an agent. */

import { serveDevice } from '../../src/sim/device-server.ts';
import { ModelledNetwork } from '../../src/sim/network.ts';
import { createSeededRandom } from '../../src/sim/seeded-random.ts';
import { createSystemClock } from '../../src/system/clock.ts';
import { threeRouters } from '../support/three-routers.ts';

const network = new ModelledNetwork(threeRouters(), {
  clock: createSystemClock(),
  random: createSeededRandom(1),
});
serveDevice(process, {
  driver: network.router('PE-1'),
  frames: network.framePort('PE-1'),
  reach: async (host, port) => ({ host, port }),
});
process.send?.('ready');
