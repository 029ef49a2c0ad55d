/**
 * A machine on which the lldpd daemon owns LLDP: it announces our advertisement and tells whom it hears. Two speakers
 * of LLDP on one port would contradict each other, so ours is silent there; IS-IS still goes by our own frames.
 *
 *   announce   lldpcli configure ports ... lldp custom-tlv replace oui ... subtype ... oui-info ...
 *   hear       lldpcli -f json0 show neighbors details, and show statistics
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { decodeSigned, encodeSigned, type SignedAdvertisement } from '../../discovery/advertisement.ts';
import type { Beacon, Heard, VerifySignature } from '../../discovery/beacon.ts';
import { isDecodeError } from '../../discovery/bytes.ts';
import { type Codepoints, privateCodepoints } from '../../discovery/codepoints.ts';
import type { LinkState } from '../../discovery/link-state.ts';
import type { FrameSpeaker } from '../../discovery/speaker.ts';

export interface LldpdOptions {
  /** Interfaces that are ours to announce on and to listen to. */
  readonly interfaces: readonly string[];
  /** The daemon's control socket; its own default where absent. lldpcli opens it as `_lldpd`, not as root. */
  readonly socketPath?: string;
  /** The client program. Default `lldpcli`. */
  readonly command?: string;
  /** Time between two looks at its neighbours, milliseconds. Default 1 s. */
  readonly pollIntervalMs?: number;
  readonly codepoints?: Codepoints;
  /** Whether a link carries frames. Default: what the kernel says. */
  readonly isUp?: (interfaceName: string) => boolean;
  /** Told once when the daemon stops answering, and again after it has answered in between. */
  readonly onProblem: (problem: LldpdError) => void;
}

/** Why lldpd did not do what it was asked to. */
export class LldpdError extends Error {
  readonly code: 'lldpd-unreachable' | 'lldpd-answer';

  constructor(code: LldpdError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'LldpdError';
    this.code = code;
  }
}

/** A neighbour of which the daemon keeps an advertisement of ours. */
export interface LldpdNeighbour {
  readonly interface: string;
  readonly ttlS: number;
  readonly signed: SignedAdvertisement;
}

const commandTimeoutMs = 5000;
/** lldpd keeps 32 neighbours an interface by default, each some 4 kB of JSON. */
const outputBytesMax = 4 * 1024 * 1024;

const value = z.array(z.looseObject({ value: z.string() }));
const neighboursSchema = z.object({
  lldp: z.array(
    z.looseObject({
      interface: z
        .array(
          z.looseObject({
            name: z.string(),
            port: z.array(z.looseObject({ ttl: value.optional() })).optional(),
            'unknown-tlvs': z
              .array(
                z.looseObject({
                  'unknown-tlv': z
                    .array(
                      z.looseObject({ oui: z.string(), subtype: z.string(), value: z.string().optional() }),
                    )
                    .optional(),
                }),
              )
              .optional(),
          }),
        )
        .optional(),
    }),
  ),
});
const statisticsSchema = z.object({
  lldp: z.array(
    z.looseObject({
      interface: z
        .array(z.looseObject({ name: z.string(), rx: z.array(z.looseObject({ rx: z.string() })) }))
        .optional(),
    }),
  ),
});

/** The neighbours in the output of `lldpcli -f json0 show neighbors details`; throws `LldpdError` for other output. */
export function parseNeighbours(
  output: string,
  codepoints: Codepoints = privateCodepoints,
): LldpdNeighbour[] {
  const wantedOui = octets(codepoints.lldpOui);
  const interfaces = parse(neighboursSchema, output).lldp.flatMap((lldp) => lldp.interface ?? []);
  return interfaces.flatMap((entry) => {
    const tlvs = (entry['unknown-tlvs'] ?? []).flatMap((unknown) => unknown['unknown-tlv'] ?? []);
    const ours = tlvs.filter(
      ({ oui, subtype }) => oui.toLowerCase() === wantedOui && subtype === String(codepoints.lldpSubtype),
    );
    const ttlS = Number(entry.port?.[0]?.ttl?.[0]?.value ?? Number.NaN);
    if (ours.length !== 1 || !Number.isInteger(ttlS) || ttlS < 1 || ttlS > 0xffff) return [];
    const signed = decodeSigned(Buffer.from((ours[0]?.value ?? '').replaceAll(',', ''), 'hex'));
    return isDecodeError(signed) ? [] : [{ interface: entry.name, ttlS, signed }];
  });
}

/** Frames received on each interface, in the output of `lldpcli -f json0 show statistics`. */
export function parseReceived(output: string): Map<string, number> {
  const interfaces = parse(statisticsSchema, output).lldp.flatMap((lldp) => lldp.interface ?? []);
  return new Map(interfaces.map((entry) => [entry.name, Number(entry.rx[0]?.rx)]));
}

/**
 * A Beacon whose direct neighbours come from lldpd. `speaker` was made with `lldp: false`: it floods and hears IS-IS,
 * and keeps what is heard.
 */
export class LldpdBeacon implements Beacon {
  readonly #speaker: FrameSpeaker;
  readonly #options: LldpdOptions;
  readonly #codepoints: Codepoints;
  /** Frames received and neighbours known at the last look, by interface. */
  #received = new Map<string, number>();
  #known = new Map<string, KnownNeighbour>();
  #answers = true;
  #announced: SignedAdvertisement | undefined;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();

  constructor(speaker: FrameSpeaker, options: LldpdOptions) {
    this.#speaker = speaker;
    this.#options = options;
    this.#codepoints = options.codepoints ?? privateCodepoints;
    this.#schedule(0);
  }

  /** Rejects with `LldpdError` where the daemon cannot be told. */
  async announce(advertisement: SignedAdvertisement, linkState: LinkState): Promise<void> {
    await this.#speaker.announce(advertisement, linkState);
    this.#announced = advertisement;
    await this.#configure(advertisement);
  }

  heard(): Heard {
    return this.#speaker.heard();
  }

  confirm(node: string, thumbprint: Uint8Array, verify: VerifySignature): void {
    this.#speaker.confirm(node, thumbprint, verify);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#polling;
    await this.#speaker.close();
    try {
      await this.#lldpcli('unconfigure', ...this.#customTlv());
    } catch (problem) {
      // The daemon may be gone before us, and with it what we configured.
      if (problem instanceof LldpdError) this.#options.onProblem(problem);
      else throw problem;
    }
  }

  async #configure(advertisement: SignedAdvertisement): Promise<void> {
    const payload = octets(encodeSigned(advertisement));
    await this.#lldpcli('configure', ...this.#customTlv('replace'), 'oui-info', payload);
  }

  #customTlv(...how: string[]): string[] {
    const { lldpOui, lldpSubtype } = this.#codepoints;
    const ports = this.#options.interfaces.join(',');
    return [
      'ports',
      ports,
      'lldp',
      'custom-tlv',
      ...how,
      'oui',
      octets(lldpOui),
      'subtype',
      String(lldpSubtype),
    ];
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#polling = this.#poll().then(() => this.#schedule(this.#options.pollIntervalMs ?? 1000));
    }, delayMs);
    this.#timer.unref();
  }

  async #poll(): Promise<void> {
    try {
      // In this order: a frame that the neighbours show already is counted now, or at the next look.
      const statistics = await this.#lldpcli('-f', 'json0', 'show', 'statistics');
      const neighbours = await this.#lldpcli('-f', 'json0', 'show', 'neighbors', 'details');
      const received = parseReceived(statistics);
      const hasForgotten = !this.#answers || this.#isStartedAnew(received);
      this.#take(parseNeighbours(neighbours, this.#codepoints), received);
      if (hasForgotten && this.#announced) await this.#configure(this.#announced);
      this.#answers = true;
    } catch (problem) {
      if (!(problem instanceof LldpdError)) throw problem;
      if (this.#answers) this.#options.onProblem(problem);
      this.#answers = false;
    }
  }

  /**
   * A daemon that was started anew has forgotten what it was told: its counts begin again, and it lists an interface of
   * ours only once it would take a configuration for it.
   */
  #isStartedAnew(received: Map<string, number>): boolean {
    const before = this.#received;
    const falls = [...before].some(([name, frames]) => (received.get(name) ?? 0) < frames);
    return falls || this.#options.interfaces.some((name) => received.has(name) && !before.has(name));
  }

  /**
   * The daemon's "age" is that of the last change, not of the last frame. When the last frame came is told by its
   * count of received frames: without a new one, nobody was heard again. Whoever is listed no more, although their time
   * to live has not run out, said goodbye with the frame that is counted now or at the next look; unless the link is
   * down, for then the daemon forgets everybody on it. A count that falls is that of a daemon which was started anew,
   * and has to hear everybody first.
   */
  #take(neighbours: readonly LldpdNeighbour[], received: Map<string, number>): void {
    const nowMs = performance.now();
    const { isUp = carriesFrames } = this.#options;
    const framesOn = (name: string) => (received.get(name) ?? 0) - (this.#received.get(name) ?? 0);
    const known = new Map<string, KnownNeighbour>();
    for (const neighbour of neighbours) {
      const { interface: name, signed, ttlS } = neighbour;
      if (!this.#options.interfaces.includes(name)) continue;
      const key = keyOf(neighbour);
      const before = this.#known.get(key);
      const isHeard = before === undefined || framesOn(name) !== 0;
      if (isHeard) this.#speaker.hearDirect(name, signed, ttlS, 'lldpd');
      known.set(key, { ...neighbour, freshUntilMs: isHeard ? nowMs + ttlS * 1000 : before.freshUntilMs });
    }
    const listed = new Set([...known.values()].map(placeOf));
    for (const [key, gone] of this.#known) {
      const frames = framesOn(gone.interface);
      if (listed.has(placeOf(gone)) || frames < 0 || nowMs >= gone.freshUntilMs || !isUp(gone.interface))
        continue;
      if (frames === 0) known.set(key, gone);
      else this.#speaker.forgetDirect(gone.interface, gone.signed.advertisement.node, 'lldpd');
    }
    this.#known = known;
    this.#received = received;
  }

  #lldpcli(...command: string[]): Promise<string> {
    const { socketPath, command: program = 'lldpcli' } = this.#options;
    const given = [...(socketPath === undefined ? [] : ['-u', socketPath]), ...command];
    const limits = { timeout: commandTimeoutMs, maxBuffer: outputBytesMax, encoding: 'utf8' } as const;
    return new Promise((resolve, reject) => {
      execFile(program, given, limits, (cause, stdout, stderr) => {
        if (cause === null) return resolve(stdout);
        const said = stderr.trim().split('\n').at(-1) ?? '';
        reject(
          new LldpdError(
            'lldpd-unreachable',
            `Check that lldpd runs and that we may use its socket: ${said}`,
            cause,
          ),
        );
      });
    });
  }
}

/** Interfaces that know no such state, as some tunnels, say "unknown". */
function carriesFrames(interfaceName: string): boolean {
  try {
    const state = readFileSync(`/sys/class/net/${interfaceName}/operstate`, 'utf8').trim();
    return state === 'up' || state === 'unknown';
  } catch {
    return false; // it is gone
  }
}

interface KnownNeighbour extends LldpdNeighbour {
  /** Until when the daemon keeps it without another frame, milliseconds of `performance.now()`. */
  readonly freshUntilMs: number;
}

function placeOf({ interface: name, signed }: LldpdNeighbour): string {
  return `${name} ${signed.advertisement.node}`;
}

function keyOf({ interface: name, signed }: LldpdNeighbour): string {
  return `${name} ${signed.advertisement.node} ${Buffer.from(signed.signature).toString('hex')}`;
}

function parse<Schema extends z.ZodType>(schema: Schema, output: string): z.infer<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(output);
  } catch (cause) {
    throw new LldpdError(
      'lldpd-answer',
      'Use an lldpcli that prints JSON (-f json0): this one printed none.',
      cause,
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new LldpdError('lldpd-answer', 'Use lldpd 1.0: its JSON has another form.', parsed.error);
}

/** `02,43,46`: bytes as lldpcli wants them, in lower case; it prints them in upper case. */
function octets(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join(',');
}
