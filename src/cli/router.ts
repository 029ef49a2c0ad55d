/** The router below an agent, by what agent.yaml says of it: its driver, and how it discovers neighbours. */
import { release, type } from 'node:os';
import type { Beacon } from '../../discovery/beacon.ts';
import { FrameSpeaker } from '../../discovery/speaker.ts';
import type { AgentConfig } from '../agent/config.ts';
import { ConferError } from '../core/errors.ts';
import type { DeviceDriver, Log } from '../core/ports.ts';
import { createLinuxDriver, removeLeftovers } from '../device/linux.ts';
import { requireCapabilities } from '../device/linux-capabilities.ts';
import { listInterfaces } from '../device/linux-interfaces.ts';
import { runTool } from '../device/linux-tools.ts';
import { connectDevice } from '../sim/remote-device.ts';
import { type FrameBeaconOptions, openFrameBeacon, speakerClock } from '../system/frame-beacon.ts';
import { RawFramesError } from '../system/raw-frames.ts';

export interface Router {
  device: DeviceDriver;
  beacon: Beacon;
  /** Where an advertised address is really dialled; only a modelled lab has another place than the address itself. */
  reach?(host: string, port: number): Promise<{ host: string; port: number }>;
}

export async function openRouter(config: AgentConfig, log: Log): Promise<Router> {
  return config.driver === 'modelled' ? await modelledRouter(config) : await linuxRouter(config, log);
}

async function modelledRouter({ node, discovery }: AgentConfig): Promise<Router> {
  const { driver, frames, reach } = await connectDevice();
  const { intervalMs: announceIntervalMs, codepoints } = discovery;
  const beacon = new FrameSpeaker(frames, speakerClock, { node, announceIntervalMs, codepoints });
  return { device: driver, beacon, reach };
}

async function linuxRouter({ node, device, discovery }: AgentConfig, log: Log): Promise<Router> {
  if (device === undefined) throw new ConferError('bad-input', 'driver linux needs device in agent.yaml.');
  const { interfaces: wanted, routing, ...addressing } = device;
  requireCapabilities();
  for (const removed of await removeLeftovers()) log.warn('removed what an earlier agent left', { removed });
  const interfaces = (await listInterfaces(runTool, wanted)).map(({ name }) => name);
  const absent = wanted?.filter((name) => !interfaces.includes(name)) ?? [];
  if (absent.length > 0)
    throw new ConferError(
      'bad-input',
      `device.interfaces in agent.yaml names ${absent.join(', ')}, but this router has no such interface: ip link show lists them.`,
    );
  const facts = {
    node,
    system: `${type()} ${release()}`,
    ...addressing,
    ...(routing !== undefined && { protocols: routing.protocols }),
  };
  const lldpd = {
    onProblem: (problem: Error) => log.warn('lldpd', { problem: problem.message }),
    ...(discovery.lldpdSocket !== undefined && { socketPath: discovery.lldpdSocket }),
  };
  const beacon = await openBeacon({
    node,
    interfaces,
    announceIntervalMs: discovery.intervalMs,
    codepoints: discovery.codepoints,
    ...(discovery.source === 'lldpd' && { lldpd }),
  });
  return {
    device: createLinuxDriver({ facts, interfaces, ...(routing !== undefined && { frr: routing }) }),
    beacon,
  };
}

/** Throws ConferError: what `openFrameBeacon` refuses is for whoever starts the agent to mend. */
async function openBeacon(options: FrameBeaconOptions): Promise<Beacon> {
  try {
    return await openFrameBeacon(options);
  } catch (error) {
    if (!(error instanceof RawFramesError)) throw error;
    throw new ConferError('device-failure', error.message, { cause: error });
  }
}
