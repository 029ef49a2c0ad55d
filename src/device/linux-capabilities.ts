/** What Linux must allow the agent (capabilities(7)), looked at before anything else fails for want of it. */
import { readFileSync } from 'node:fs';
import { ConferError } from '../core/errors.ts';

/** Bit numbers of linux/capability.h, and what the agent needs each for. */
const needed = [
  { name: 'CAP_NET_ADMIN', bit: 12n, purpose: 'to read and count with nftables' },
  { name: 'CAP_NET_RAW', bit: 13n, purpose: 'to send probes, to capture and to hear neighbours' },
] as const;

/**
 * Throws ConferError `device-failure` that names every capability that is missing. `status` is the text of
 * /proc/self/status: a user other than root needs them as ambient ones, for `ip` and `nft` inherit nothing else.
 */
export function requireCapabilities(status: string = ownStatus()): void {
  const uid = /^Uid:\s*\d+\s+(\d+)/m.exec(status)?.[1];
  const field = uid === '0' ? 'CapEff' : 'CapAmb';
  const held = BigInt(`0x${new RegExp(`^${field}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'}`);
  const missing = needed.filter(({ bit }) => (held & (1n << bit)) === 0n);
  if (missing.length === 0) return;
  const what = missing.map(({ name, purpose }) => `${name} ${purpose}`).join(', and ');
  throw new ConferError(
    'device-failure',
    `The agent lacks ${what}: start it with confer-agent.service, which gives it these (AmbientCapabilities=), or as root.`,
  );
}

function ownStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch (cause) {
    throw new ConferError(
      'device-failure',
      '`driver: linux` needs Linux with /proc; use the modelled lab here.',
      {
        cause,
      },
    );
  }
}
