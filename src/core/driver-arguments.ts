/** What a DeviceDriver may be asked to send and to change: one rule for every driver, so that they refuse alike. */
import { BlockList, isIPv6 } from 'node:net';
import { ConferError } from './errors.ts';
import { limits } from './limits.ts';
import type { Change, Probe } from './ports.ts';
import { shortened } from './shortened.ts';

const ipv6HeaderBytes = 40;
const echoHeaderBytes = 8;
const flowLabelMax = 0xfffff;
const dscpMax = 63;
const addressCharactersTold = 64;

/** Octets of the smallest probe with that many SIDs (0 = plain): IPv6 + SRH (RFC 8754 section 2) + IPv6 + ICMPv6. */
export function probeBytesMin(segments: number): number {
  const encapsulation = segments === 0 ? 0 : ipv6HeaderBytes + 8 + 16 * segments;
  return encapsulation + ipv6HeaderBytes + echoHeaderBytes;
}

/** Throws ConferError `bad-input` for a probe that no driver sends. */
export function checkProbe(probe: Probe): void {
  const addresses = [
    probe.destination,
    ...(probe.kind === 'srv6-ping' ? probe.segments : []),
    ...(probe.kind === 'ping' && probe.source !== undefined ? [probe.source] : []),
  ];
  for (const address of addresses)
    if (!isRouted(address)) refuseProbe(`expected an IPv6 address that is routed, found "${address}"`);
  if (probe.kind === 'traceroute') {
    if (!isWithin(probe.hopsMax, 1, limits.pathNodesMax))
      refuseProbe(`expected 1 to ${limits.pathNodesMax} hops, found ${probe.hopsMax}`);
    return;
  }
  const segments = probe.kind === 'srv6-ping' ? probe.segments.length : 0;
  if (probe.kind === 'srv6-ping' && segments === 0) refuseProbe('expected at least one SID');
  if (segments > limits.pathNodesMax)
    refuseProbe(`expected at most ${limits.pathNodesMax} SIDs, found ${segments}`);
  const bytesMin = probeBytesMin(segments);
  const { sizeBytes = bytesMin, count, intervalMs } = probe;
  const flowLabels = probe.kind === 'srv6-ping' ? probe.flowLabels : [probe.flowLabel ?? 0];
  if (!isWithin(sizeBytes, bytesMin, limits.probeSizeBytesMax))
    refuseProbe(
      `expected a size from ${bytesMin} octets (with ${segments} SIDs) to ${limits.probeSizeBytesMax}, found ${sizeBytes}`,
    );
  const strange = flowLabels.find((label) => !isWithin(label, 0, flowLabelMax));
  if (strange !== undefined) refuseProbe(`expected a flow label of 20 bits, found ${strange}`);
  if (!isWithin(flowLabels.length, 1, limits.probeFlowLabelsMax))
    refuseProbe(`expected 1 to ${limits.probeFlowLabelsMax} flow labels, found ${flowLabels.length}`);
  if (probe.kind === 'srv6-ping' && !isWithin(probe.dscp, 0, dscpMax))
    refuseProbe(`expected a DSCP from 0 to ${dscpMax}, found ${probe.dscp}`);
  if (!isWithin(count, 1, limits.probeCountMax))
    refuseProbe(`expected 1 to ${limits.probeCountMax} probes, found ${count}`);
  const { probeIntervalMsMin, probeIntervalMsMax } = limits;
  if (!(intervalMs >= probeIntervalMsMin && intervalMs <= probeIntervalMsMax))
    refuseProbe(
      `expected an interval from ${probeIntervalMsMin} to ${probeIntervalMsMax} ms, found ${intervalMs}`,
    );
}

/** Throws ConferError `bad-input` for a change that no driver makes. */
export function checkChange({ id, flowLabels, capturePacketsMax, stampsMax = 0 }: Change): void {
  if (!/^[a-z0-9]{1,32}$/.test(id))
    throw new ConferError('bad-input', `A counting id has 1 to 32 of a-z and 0-9, but this is "${id}".`);
  const { countingFlowsMax } = limits;
  const areLabels = flowLabels.every((label) => isWithin(label, 1, flowLabelMax));
  if (!areLabels || flowLabels.length === 0 || flowLabels.length > countingFlowsMax)
    throw new ConferError(
      'bad-input',
      `Counting needs 1 to ${countingFlowsMax} flow labels from 1 to ${flowLabelMax}.`,
    );
  if (!isWithin(capturePacketsMax, 0, limits.capturePacketsMax))
    throw new ConferError(
      'bad-input',
      `Keep 0 to ${limits.capturePacketsMax} packets of a counting session.`,
    );
  if (!isWithin(stampsMax, 0, limits.stampsMax))
    throw new ConferError('bad-input', `Keep 0 to ${limits.stampsMax} time stamps of a counting session.`);
}

/** Throws ConferError `bad-input` for an address that no driver looks up. */
export function checkLookup(address: string): void {
  if (!isRouted(address))
    throw new ConferError(
      'bad-input',
      `Forwarding is asked for one IPv6 address that is routed, but this is "${shortened(address, addressCharactersTold)}".`,
    );
}

function refuseProbe(expectation: string): never {
  throw new ConferError('bad-input', `A probe cannot be sent so: ${expectation}.`);
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

/** RFC 4291 sections 2.5 and 2.7: where no route leads, or to more than one node. */
const unrouted = new BlockList();
unrouted.addAddress('::', 'ipv6');
unrouted.addAddress('::1', 'ipv6');
unrouted.addSubnet('::ffff:0:0', 96, 'ipv6'); // IPv4, 127.0.0.1 too
unrouted.addSubnet('fe80::', 10, 'ipv6'); // means something only on one link
unrouted.addSubnet('ff00::', 8, 'ipv6'); // multicast: many would answer each probe

function isRouted(address: string): boolean {
  return isIPv6(address) && !address.includes('%') && !unrouted.check(address, 'ipv6');
}
