import type { Beacon } from '../../discovery/beacon.ts';
import type { Clock, Log } from '../core/ports.ts';

/**
 * How often discovery is asked whom it hears, which decodes all that it holds: often while the domain comes together,
 * for a lab waits for it, and rarely afterwards.
 */
const lookEveryMs = 100;
const lookEveryQuietMs = 5_000;
/** After so long without a change it is quiet. */
const quietAfterMs = 30_000;

/** Tells the log whom discovery hears, whenever that changes. Returns what stops it. */
export function watchDomain(beacon: Beacon, log: Log, clock: Clock): () => void {
  const ending = new AbortController();
  void watch(beacon, log, clock, ending.signal);
  return () => ending.abort();
}

async function watch(beacon: Beacon, log: Log, clock: Clock, signal: AbortSignal): Promise<void> {
  let told = '';
  let changedAt = clock.elapsed();
  while (!signal.aborted) {
    const nodes = [...new Set(beacon.heard().nodes.map(({ node }) => node))].sort();
    if (nodes.join() !== told) {
      told = nodes.join();
      changedAt = clock.elapsed();
      log.info('domain', { nodes });
    }
    const isQuiet = clock.elapsed() - changedAt >= quietAfterMs;
    await clock.sleep(isQuiet ? lookEveryQuietMs : lookEveryMs, signal).catch(() => {});
  }
}
