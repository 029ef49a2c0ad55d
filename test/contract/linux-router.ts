/** The DeviceDriver contract over the Linux driver, in the namespace of PE-1: started by device-driver.test.ts. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { DeviceFacts } from '../../src/core/ports.ts';
import { createLinuxDriver } from '../../src/device/linux.ts';
import { deviceDriverContract } from './device-driver.ts';

const { facts, interfaces } = JSON.parse(process.argv[2] ?? '{}') as {
  facts: DeviceFacts;
  interfaces: string[];
};

deviceDriverContract('Linux', async () => ({
  driver: createLinuxDriver({ facts, interfaces }),
  belongings: () => ({
    rules: execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' }),
    rawSockets: socketsIn('raw6'),
    packetSockets: socketsIn('packet'),
  }),
  pass: (promise) => promise,
  wait: (ms) => delay(ms),
  async [Symbol.asyncDispose]() {},
}));

function socketsIn(table: string): number {
  return readFileSync(`/proc/self/net/${table}`, 'utf8').trimEnd().split('\n').length - 1;
}
