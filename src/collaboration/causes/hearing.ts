/** Who still hears whom: discovery's frames cross links even where packets do not. */
import type { Readings } from '../readings.ts';

/** A neighbour that was not heard for this many announcement intervals is lost in that direction. */
export const silentIntervals = 3;

/**
 * Whether `node` still hears `neighbour` directly on this interface (on any, when its name is not known); undefined when
 * it did not say.
 */
export function hears(
  readings: Readings,
  node: string,
  interfaceName: string,
  neighbour: string,
): { id: string; fresh: boolean } | undefined {
  const reading = readings.get(node)?.discovery.at(-1);
  if (reading === undefined) return undefined;
  const usual = reading.value['interval-ms'];
  const fresh = reading.value.neighbour.some(
    (one) =>
      one.node === neighbour &&
      (interfaceName === '' || one.interface === interfaceName) &&
      one['age-ms'] <= silentIntervals * (one['interval-ms'] ?? usual),
  );
  return { id: reading.id, fresh };
}
