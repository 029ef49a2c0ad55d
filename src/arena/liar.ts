/** A case's liar: the same invented counters for every method that asks it. */
import type { DeviceDriver } from '../core/ports.ts';
import { lyingDevice } from '../sim/lying-device.ts';
import type { ArenaCase } from './cases.ts';
import { streamOf } from './streams.ts';

/** The router as its agent tells of it. */
export function asItTells(
  node: string,
  router: DeviceDriver,
  { seed, index, missing }: Pick<ArenaCase, 'seed' | 'index' | 'missing'>,
): DeviceDriver {
  const lies = missing.some((one) => one.node === node && one.how === 'lying');
  return lies ? lyingDevice(router, streamOf(seed, `lie ${index}`), { fault: () => {} }) : router;
}
