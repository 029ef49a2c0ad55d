/** How this agent makes itself known: a signed advertisement, and what it knows of its own place in the network. */
import { type KeyObject, sign } from 'node:crypto';
import { thumbprintOf } from '../../crypto/certificate.ts';
import { type SignedAdvertisement, signAdvertisement } from '../../discovery/advertisement.ts';
import type { Beacon } from '../../discovery/beacon.ts';
import type { LinkState } from '../../discovery/link-state.ts';
import { dataPaths, interfacesSchema } from '../core/device-data.ts';
import { messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock, DeviceDriver, Log } from '../core/ports.ts';

/** Remaining lifetime of an advertisement, as ISO 10589's MaxAge for link state. */
const announcedLifetimeS = 1_200;
/** Announced afresh well before that runs out. */
const refreshMs = 300_000;
/** After a failure sooner, for a daemon that is not up yet at boot; then twice as long each time, up to `refreshMs`. */
const firstRetryMs = 5_000;

export interface AnnouncerPorts {
  beacon: Beacon;
  device: DeviceDriver;
  clock: Clock;
  log: Log;
}

/** What is announced, and the key that signs it. */
export interface Announced {
  node: string;
  privateKey: KeyObject;
  certificatePem: string;
  /** Management address and port. */
  host: string;
  port: number;
  capabilities: readonly string[];
}

export class Announcer {
  readonly #self: Announced;
  readonly #ports: AnnouncerPorts;
  #sequence = 0;
  /** What was announced last; neighbours that relay may ask for it. */
  announced: SignedAdvertisement | undefined;

  constructor(self: Announced, ports: AnnouncerPorts) {
    this.#self = self;
    this.#ports = ports;
  }

  /** Sends LLDP and floods our link state now, with a higher sequence number than ever before. */
  async announce(): Promise<void> {
    const signed = this.#sign(announcedLifetimeS);
    this.announced = signed;
    const linkState = await this.#linkState();
    // Whoever was withdrawn meanwhile says nothing more.
    if (this.announced === signed) await this.#ports.beacon.announce(signed, linkState);
  }

  /** Takes back what was announced, so that neighbours forget us at once. Fails silently: they forget us by age. */
  async withdraw(): Promise<void> {
    if (this.announced === undefined) return;
    this.announced = undefined;
    const linkState = { hostname: this.#self.node, addresses: [], neighbours: [], sids: [] };
    try {
      await this.#ports.beacon.announce(this.#sign(0), linkState);
    } catch (error) {
      this.#ports.log.warn('the farewell failed, neighbours forget us by age', { reason: messageOf(error) });
    }
  }

  #sign(lifetimeS: number): SignedAdvertisement {
    const { node, host, port, capabilities, privateKey, certificatePem } = this.#self;
    // Seconds since the epoch outlast a restart without a store; announcements within a second count on.
    this.#sequence = Math.max(this.#sequence + 1, Math.floor(this.#ports.clock.now() / 1_000));
    const thumbprint = thumbprintOf(certificatePem);
    const sequence = this.#sequence % 2 ** 32;
    const advertisement = { node, host, port, capabilities, thumbprint, sequence, lifetimeS };
    return signAdvertisement(advertisement, (bytes) => sign(null, bytes, privateKey));
  }

  /** Announces until the signal aborts, and again soon after it failed. */
  async run(signal: AbortSignal): Promise<void> {
    let retryMs = firstRetryMs;
    while (!signal.aborted) {
      let waitMs = refreshMs;
      try {
        await this.announce();
        retryMs = firstRetryMs;
      } catch (error) {
        if (signal.aborted) return; // nobody announces any more, so nothing failed
        waitMs = retryMs;
        retryMs = Math.min(2 * retryMs, refreshMs);
        const reason = messageOf(error);
        this.#ports.log.warn('announcement failed, it is tried again', {
          reason,
          afterSeconds: waitMs / 1_000,
        });
      }
      await this.#ports.clock.sleep(waitMs, signal).catch(() => {});
    }
  }

  /** Loopback first, then every global address of the interfaces. */
  async addresses(): Promise<string[]> {
    const facts = await this.#ports.device.facts();
    using deadline = this.#ports.clock.deadline(limits.readTimeoutMs);
    const data = interfacesSchema.parse(await this.#ports.device.read(dataPaths.interfaces, deadline.signal));
    const addresses = data['ietf-interfaces:interfaces'].interface.flatMap((one) =>
      one['ietf-ip:ipv6'].address.map(({ ip }) => ip),
    );
    return [...new Set([facts.address, ...addresses.filter((ip) => !/^(fe[89ab]|::1$)/i.test(ip))])];
  }

  async #linkState(): Promise<LinkState> {
    const { node, locator, sids } = await this.#ports.device.facts();
    return {
      hostname: node,
      addresses: await this.addresses(),
      neighbours: [], // the beacon fills in whom it hears
      locator,
      sids: [
        { sid: sids.end, behavior: 'End' },
        { sid: sids.decapsulate, behavior: 'End.DT6' },
      ],
    };
  }
}
