/** A router whose agent invents the counters that it signs (threat: a lying measurement). */
import type { JsonObject } from '../../crypto/canonical.ts';
import { countingSchema, dataPaths } from '../core/device-data.ts';
import type { DeviceDriver, Random } from '../core/ports.ts';
import type { Trace } from './trace.ts';

/** Which of its counters a liar invents. */
const lies = ['in', 'out', 'delivered', 'all'] as const;

/** One lie for the whole run: the chosen counters are multiplied by the same factor in every answer. */
export function lyingDevice(driver: DeviceDriver, random: Random, trace: Pick<Trace, 'fault'>): DeviceDriver {
  const lie = lies[Math.floor(random.fraction() * lies.length)] ?? 'all';
  const factor = random.fraction() < 0.7 ? random.fraction() : 1 + random.fraction();
  const invented = (counter: string, which: 'in' | 'out' | 'delivered') =>
    lie === which || lie === 'all' ? String(Math.round(Number(counter) * factor)) : counter;
  return {
    facts: () => driver.facts(),
    run: (probe, options) => driver.run(probe, options),
    apply: (change) => driver.apply(change),
    async read(path, signal) {
      const data = await driver.read(path, signal);
      if (!path.startsWith(`${dataPaths.counting}=`)) return data;
      const counting = countingSchema.parse(data)['confer-device:counting'];
      trace.fault('liar', `${lie} times ${factor.toFixed(3)}`);
      const flow = counting.flow.map((one) => ({
        ...one,
        interface: one.interface.map(({ name, in: received, out }) => ({
          name,
          in: invented(received, 'in'),
          out: invented(out, 'out'),
        })),
        delivered: invented(one.delivered, 'delivered'),
      }));
      return { 'confer-device:counting': { ...counting, flow } } as unknown as JsonObject;
    },
  };
}
