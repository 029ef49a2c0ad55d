/**
 * Requests that another node carries here, because whoever asks cannot reach us. The asker has signed them, so they are
 * judged as its own: certificate as on a connection, this node, this relay, just now, and each once.
 */
import type { Advertised } from '../../crypto/admission.ts';
import type { JsonValue } from '../../crypto/canonical.ts';
import { roleOf, thumbprintHexOf } from '../../crypto/certificate.ts';
import { ReplayWindow } from '../../crypto/nonce.ts';
import { type CarriedRequest, requestFault, type SignedRequest } from '../../crypto/request.ts';
import type { Beacon } from '../../discovery/beacon.ts';
import { ConferError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Admit, Clock } from '../core/ports.ts';
import type { Caller } from '../core/service.ts';
import { relayArguments, toolNames } from '../core/tools.ts';

export class CarriedRequests {
  readonly #node: string;
  readonly #ports: { clock: Clock; beacon: Beacon; admit: Admit };
  /**
   * By thumbprint of the asker's certificate; whoever asked last comes last. A restart forgets them: for as long as a
   * request is not too old, a relay could have it answered again, which nobody waits for.
   */
  readonly #windows = new Map<string, ReplayWindow>();

  constructor(node: string, ports: { clock: Clock; beacon: Beacon; admit: Admit }) {
    this.#node = node;
    this.#ports = ports;
  }

  /** Who asks, and for what. Throws ConferError `access-denied` for whatever the asker did not sign for us, now, once. */
  open(signed: SignedRequest, relay: Caller): { caller: Caller; request: CarriedRequest } {
    const { request } = signed;
    const fault = this.#fault(signed, relay);
    if (fault !== undefined)
      throw new ConferError(
        'access-denied',
        `The request that ${relay.name} carries is not answered: ${fault}.`,
      );
    const thumbprint = thumbprintHexOf(signed.certificate);
    return { caller: { name: request.caller, role: 'device', thumbprint }, request };
  }

  /**
   * The same for the other way: why a certificate that a relay shows is not that of the node. What a connection would
   * prove and what discovery says must agree.
   */
  certificateFault(node: string, certificatePem: string): string | undefined {
    const thumbprint = this.#advertised(node);
    return thumbprint === undefined
      ? `discovery does not know the certificate of ${node}`
      : this.#deviceFault(certificatePem, { node, thumbprint });
  }

  #deviceFault(certificatePem: string, expected: Advertised): string | undefined {
    const admitted = this.#ports.admit(certificatePem, expected);
    if (!admitted.ok) return admitted.detail;
    return roleOf(certificatePem) === 'device' ? undefined : `${admitted.node} is no device`;
  }

  /** What discovery says about a node's certificate: SHA-256 in hex. */
  #advertised(node: string): string | undefined {
    const known = this.#ports.beacon.heard().nodes.find((one) => one.node === node);
    return known && Buffer.from(known.advertisement.advertisement.thumbprint).toString('hex');
  }

  #fault({ request, signature, certificate }: SignedRequest, relay: Caller): string | undefined {
    if (relay.role !== 'device') return `a relay has to be a device, and ${relay.name} is none`;
    if (request.node !== this.#node) return `it is for ${request.node}`;
    if (request.relay !== relay.name) return `${request.relay} was to carry it`;
    const broken = requestFault({ request, signature, certificate });
    if (broken !== undefined) return broken;
    const expected = { node: request.caller, thumbprint: this.#advertised(request.caller) };
    const stranger = this.#deviceFault(certificate, expected);
    if (stranger !== undefined) return stranger;
    const ageMs = this.#ports.clock.now() - Date.parse(request.signedAt);
    if (Math.abs(ageMs) > limits.clockSkewMs)
      return `it was signed at ${request.signedAt}, and here it is ${new Date(this.#ports.clock.now()).toISOString()}`;
    return this.#isNew(thumbprintHexOf(certificate), request.nonce) ? undefined : 'it was answered before';
  }

  #isNew(thumbprint: string, nonce: number): boolean {
    const window = this.#windows.get(thumbprint) ?? new ReplayWindow(0);
    this.#windows.delete(thumbprint);
    this.#windows.set(thumbprint, window);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > limits.carriedCallersMax && oldest !== undefined) this.#windows.delete(oldest);
    return window.accept(nonce);
  }
}

/** The request in a call of the tool `relay`; undefined for every other call. */
export function carriedIn(tool: string, args: JsonValue): SignedRequest | undefined {
  return tool === toolNames.relay ? relayArguments.safeParse(args).data?.request : undefined;
}
