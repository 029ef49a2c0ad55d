/** The DeviceDriver contract over each driver: the modelled router, the same in another process, and a Linux router. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ConferError } from '../../src/core/errors.ts';
import type { DeviceDriver } from '../../src/core/ports.ts';
import { createKernelWorld } from '../../src/lab/kernel-world.ts';
import { serveDevice } from '../../src/sim/device-server.ts';
import { ModelledNetwork } from '../../src/sim/network.ts';
import { connectDevice } from '../../src/sim/remote-device.ts';
import { createSeededRandom } from '../../src/sim/seeded-random.ts';
import { createVirtualClock } from '../../src/sim/virtual-clock.ts';
import { missingForLab, skipWithoutLab } from '../support/lab.ts';
import { threeRouters } from '../support/three-routers.ts';
import { passUntil } from '../support/virtual-pass.ts';
import { deviceDriverContract } from './device-driver.ts';
import { ipcChannel } from './ipc-channel.ts';
import { finished } from './processes.ts';

deviceDriverContract('modelled router', async () => {
  const clock = createVirtualClock();
  const network = new ModelledNetwork(threeRouters(), { clock, random: createSeededRandom(1) });
  return {
    driver: network.router('PE-1'),
    belongings: () => ({ countings: network.countings('PE-1'), timers: clock.waiting }),
    pass: (promise) => passUntil(clock, promise),
    wait: (ms) => clock.advance(ms),
    die: async () => network.inject({ id: 'crash', kind: 'node-crash', active: true, node: 'PE-1' }),
    async [Symbol.asyncDispose]() {},
  };
});

describe('another process', () => {
  let lab: ChildProcess | undefined;
  const end = async () => {
    const gone = lab === undefined ? undefined : once(lab, 'exit');
    lab?.kill('SIGKILL');
    lab = undefined;
    await gone;
  };
  after(end);

  deviceDriverContract('modelled router in another process', async () => {
    if (lab === undefined) {
      lab = fork(new URL('./served-router.ts', import.meta.url));
      await once(lab, 'message');
    }
    const { driver, close } = await connectDevice(lab);
    return {
      driver,
      pass: (promise) => promise,
      wait: (ms) => delay(ms),
      die: end,
      async [Symbol.asyncDispose]() {
        close();
      },
    };
  });
});

describe('DeviceDriver: Linux', () => {
  const needs = { tools: ['ip', 'nft'] };
  const options = { skip: skipWithoutLab(needs), timeout: 120_000 };

  // The driver reads /proc and opens sockets: its process has to be inside the router's namespace.
  it('keeps the whole contract, inside a router’s network namespace', options, async () => {
    assert.equal(missingForLab(needs), undefined);
    await using world = await createKernelWorld(threeRouters());
    const { interfaces, ...addressing } = world.agentSettings('PE-1').device;
    const facts = { node: 'PE-1', system: 'Linux', ...addressing };
    const file = fileURLToPath(new URL('./linux-router.ts', import.meta.url));
    const inside = ['netns', 'exec', world.namespaceOf('PE-1'), process.execPath, file];
    const { code, output } = await finished('ip', [...inside, JSON.stringify({ facts, interfaces })]);
    assert.equal(code, 0, output);
    assert.match(output, /^ℹ pass [1-9]\d*$/m);
    assert.match(output, /^ℹ skipped 0$/m);
  });
});

describe('an Undo that fails', () => {
  it('is tried again by the next call, across the process boundary too', async () => {
    const clock = createVirtualClock();
    const network = new ModelledNetwork(threeRouters(), { clock, random: createSeededRandom(1) });
    const honest = network.router('PE-1');
    let failures = 1;
    const failing: DeviceDriver = {
      ...honest,
      async apply(change) {
        const applied = await honest.apply(change);
        const undo = async () => {
          if (failures-- > 0) throw new ConferError('device-failure', 'Not now.');
          await applied.undo();
        };
        return { undo, [Symbol.asyncDispose]: undo };
      },
    };
    const [agent, lab] = ipcChannel();
    const frames = network.framePort('PE-1');
    serveDevice(lab, { driver: failing, frames, reach: async (host, port) => ({ host, port }) });
    const { driver } = await connectDevice(agent);
    const session = await driver.apply({ kind: 'count', id: 'c1', flowLabels: [1], capturePacketsMax: 0 });
    await assert.rejects(session.undo(), { code: 'device-failure', message: 'Not now.' });
    assert.equal(network.countings('PE-1'), 1);
    await session.undo();
    assert.equal(network.countings('PE-1'), 0);
    await session.undo();
  });
});
