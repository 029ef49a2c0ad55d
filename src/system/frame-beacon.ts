/** The Beacon of a real machine: a FrameSpeaker over raw frames and the system's clock, with or without lldpd. */
import type { Beacon } from '../../discovery/beacon.ts';
import type { Codepoints } from '../../discovery/codepoints.ts';
import { FrameSpeaker, type SpeakerClock, type SpeakerOptions } from '../../discovery/speaker.ts';
import { LldpdBeacon, type LldpdError } from './lldpd.ts';
import { openRawFrames } from './raw-frames.ts';

export interface FrameBeaconOptions {
  readonly node: string;
  /** Interfaces to speak on, in the network namespace of this process. */
  readonly interfaces: readonly string[];
  /** Time between LLDP frames, milliseconds. Default 30 s. Where lldpd speaks, its own `tx-interval` decides. */
  readonly announceIntervalMs?: number;
  /** Time between refreshes of our link state, milliseconds. Default: four announcements. */
  readonly linkStateIntervalMs?: number;
  readonly codepoints?: Codepoints;
  /** Set where the lldpd daemon owns LLDP. */
  readonly lldpd?: {
    /** Its control socket; the daemon's own default where absent. */
    readonly socketPath?: string;
    readonly pollIntervalMs?: number;
    readonly onProblem: (problem: LldpdError) => void;
  };
}

/** Opens the sockets; throws `RawFramesError` where raw frames cannot be had. `close` gives everything back. */
export async function openFrameBeacon(options: FrameBeaconOptions): Promise<Beacon> {
  const { node, interfaces, lldpd, codepoints, announceIntervalMs, linkStateIntervalMs } = options;
  const frames = await openRawFrames({ interfaces });
  const speakerOptions: SpeakerOptions = {
    node,
    lldp: lldpd === undefined,
    ...(codepoints === undefined ? {} : { codepoints }),
    ...(announceIntervalMs === undefined ? {} : { announceIntervalMs }),
    ...(linkStateIntervalMs === undefined ? {} : { linkStateIntervalMs }),
  };
  const speaker = new FrameSpeaker(frames, speakerClock, speakerOptions);
  const shared = codepoints === undefined ? { interfaces } : { interfaces, codepoints };
  const beacon = lldpd === undefined ? speaker : new LldpdBeacon(speaker, { ...shared, ...lldpd });
  return {
    announce: (advertisement, linkState) => beacon.announce(advertisement, linkState),
    heard: () => beacon.heard(),
    hearRelayed: (signed, hops, lifetimeS) => speaker.hearRelayed(signed, hops, lifetimeS),
    confirm: (confirmed, thumbprint, verify) => beacon.confirm(confirmed, thumbprint, verify),
    async close() {
      try {
        await beacon.close();
      } finally {
        frames.close();
      }
    },
  };
}

/** Monotonic; its timers do not keep the process alive. */
export const speakerClock: SpeakerClock = {
  now: () => performance.now(),
  every(intervalMs, callback) {
    const timer = setInterval(callback, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};
