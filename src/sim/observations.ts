/**
 * What the simulation knows and no agent does: what each node really answered, announced and asked. The invariants
 * compare what agents believe with this.
 */
import { digestOf, type JsonValue } from '../../crypto/canonical.ts';
import type { Operation, SignedAnswer, Statement } from '../../crypto/envelope.ts';
import type { SignedAdvertisement } from '../../discovery/advertisement.ts';
import type { Beacon, Heard } from '../../discovery/beacon.ts';
import { carriedIn } from '../agent/carried-requests.ts';
import { messageOf, PeerError, type UntrustedReason } from '../core/errors.ts';
import type { Clock, Peer, Peers } from '../core/ports.ts';
import type { CallContext, Caller, Service, ServiceAnswer } from '../core/service.ts';
import { toolNames } from '../core/tools.ts';
import type { Trace } from './trace.ts';

/** One thing that must never happen, and did. */
export interface Violation {
  invariant: string;
  detail: string;
}

/** A question and who asked it. */
export interface Question {
  from: string;
  to: string;
  session: string;
  operation: Operation;
  argumentsHash: string;
  /** Who brought it, where the one who asks did not reach the node. */
  relay?: string;
}

/** An answer that a node's own agent signed. */
export interface Produced extends Question {
  signed: SignedAnswer;
}

/** After these a node is asked no more in the session, for a while. */
const marking: readonly UntrustedReason[] = ['timeout', 'unreachable', 'authentication', 'malformed'];

export class Observations {
  readonly #trace: Trace;
  readonly #violations: Violation[] = [];
  /** By digest of the statement: answers of one commit share a signature. */
  readonly #produced = new Map<string, Produced>();
  /** Signer and nonce of what agents answered others. */
  readonly #left = new Set<string>();
  /** Digest of the statement by signer and nonce. */
  readonly #nonces = new Map<string, string>();
  /** Signatures of what each node announced. */
  readonly #announced = new Map<string, Set<string>>();
  /** When a node failed in a session, elapsed milliseconds. */
  readonly #failedAt = new Map<string, number>();
  /** When a relay last carried for a node, elapsed milliseconds. */
  readonly #carriedAt = new Map<string, number>();
  /** How long a failed node has to be left alone, milliseconds. */
  readonly #untrustedForMs: number;
  #isSayingGoodbye = false;

  constructor(trace: Trace, untrustedForMs: number) {
    this.#trace = trace;
    this.#untrustedForMs = untrustedForMs;
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  violated(invariant: string, detail: string): void {
    this.#trace.event('violation', `${invariant}: ${detail}`);
    this.#violations.push({ invariant, detail });
  }

  /** Agents say goodbye: whoever hears it forgets, and may then take in an older frame that is still on its way. */
  goodbye(): void {
    this.#isSayingGoodbye = true;
  }

  /** The node's own agent signed this answer. */
  produced(node: string, context: AskedBy, signed: SignedAnswer): void {
    const digest = this.answered(node, context, signed);
    this.#left.add(`${node} ${signed.statement.nonce}`);
    this.#spend(node, signed.statement.nonce, digest);
  }

  /**
   * The node gave this answer to this question, honest or not: nothing about it shows, unless its nonce is spent.
   * Returns the digest of its statement.
   */
  answered(node: string, { caller, session = '', relay }: AskedBy, signed: SignedAnswer): string {
    const { operation, argumentsHash } = signed.statement;
    const question = { from: caller.name, to: node, session, ...(relay && { relay: relay.name }) };
    const digest = digestOf(signed.statement);
    this.#produced.set(digest, { ...question, operation, argumentsHash, signed });
    return digest;
  }

  /** Nonces of the answers that left a node for others. */
  noncesOf(node: string): number[] {
    return [...this.#produced.values()].flatMap(({ to, from, signed }) =>
      to === node && from !== node && this.#left.has(`${node} ${signed.statement.nonce}`)
        ? [signed.statement.nonce]
        : [],
    );
  }

  /** Every statement of a node has a nonce of its own, over restarts too. */
  spent(node: string, statement: Statement): void {
    this.#spend(node, statement.nonce, digestOf(statement));
  }

  #spend(node: string, nonce: number, digest: string): void {
    const name = `${node} ${nonce}`;
    const earlier = this.#nonces.get(name);
    if (earlier !== undefined && earlier !== digest)
      this.violated('nonce-unique', `${node} signed two answers with nonce ${nonce}`);
    this.#nonces.set(name, digest);
  }

  producedAs(statement: Statement): Produced | undefined {
    return this.#produced.get(digestOf(statement));
  }

  /** The service as it is, with every answer written down. */
  watchService(service: Service): Service {
    const { node } = service;
    const noted = (answer: ServiceAnswer, context: AskedBy): ServiceAnswer => {
      this.produced(node, context, answer.signed);
      return answer;
    };
    return {
      node,
      capabilities: service.capabilities,
      network: service.network,
      tools: (caller) => service.tools(caller),
      resources: (caller) => service.resources(caller),
      resourceTemplates: (caller) => service.resourceTemplates(caller),
      prompts: (caller) => service.prompts(caller),
      negotiate: (caller, capabilities) => service.negotiate(caller, capabilities),
      callTool: async (name, args, context) =>
        noted(await service.callTool(name, args, context), askedBy(node, name, args, context)),
      readResource: async (uri, context) => noted(await service.readResource(uri, context), context),
    };
  }

  /** The peers as they are, with every question and failure written down. */
  watchPeers(from: string, peers: Peers, clock: Clock): Peers {
    return {
      open: async (to, options) => {
        const { session } = options;
        const asked = { from, to, session, what: () => 'open' };
        const peer = await this.#asking(asked, clock, () => peers.open(to, options));
        const call = (what: () => string, run: () => Promise<SignedAnswer>, on?: string) =>
          this.#asking({ ...asked, what, ...(on !== undefined && { on }) }, clock, run);
        const watched: Peer = {
          node: peer.node,
          certificate: peer.certificate,
          authorised: peer.authorised,
          call: (tool, args, about) =>
            call(
              () => `${tool} ${digestOf(args)}`,
              () => peer.call(tool, args, about),
              tool === toolNames.relay ? String(args.node) : undefined,
            ),
          read: (uri, about) =>
            call(
              () => uri,
              () => peer.read(uri, about),
            ),
        };
        return watched;
      },
    };
  }

  async #asking<T>(
    // Whoever carries in vain has not failed itself: it is asked to carry for that node no more.
    {
      from,
      to,
      session,
      what,
      on,
    }: Record<'from' | 'to' | 'session', string> & { what: () => string; on?: string },
    clock: Clock,
    run: () => Promise<T>,
  ): Promise<T> {
    const pair = `${from} ${to} ${session}${on === undefined ? '' : ` on to ${on}`}`;
    const failedAt = this.#failedAt.get(pair);
    const nowMs = clock.elapsed();
    this.#trace.event('ask', () => `${pair} ${what()}`);
    if (failedAt !== undefined && nowMs > failedAt && nowMs < failedAt + this.#untrustedForMs)
      this.violated(
        'untrusted-left-alone',
        `${from} asked ${to} for ${what()} ${Math.round(nowMs - failedAt)} ms after it had failed`,
      );
    try {
      const answer = await run();
      if (on !== undefined) this.#carriedAt.set(pair, clock.elapsed());
      return answer;
    } catch (error) {
      this.#trace.event('failed', () => `${pair} ${what()}: ${messageOf(error)}`);
      // Asked before it carried, and given up behind that.
      const isStale = (this.#carriedAt.get(pair) ?? 0) > nowMs;
      const marks = error instanceof PeerError && marking.includes(error.reason) && !isStale;
      if (marks && !this.#failedAt.has(pair)) this.#failedAt.set(pair, clock.elapsed());
      throw error;
    }
  }

  /** The beacon as it is; what it tells is compared with what was announced. */
  watchBeacon(node: string, beacon: Beacon): Beacon {
    const newest = new Map<string, number>();
    return {
      announce: async (advertisement, linkState) => {
        const own = this.#announced.get(node) ?? new Set();
        this.#announced.set(node, own.add(signatureOf(advertisement)));
        await beacon.announce(advertisement, linkState);
      },
      heard: () => {
        const heard = beacon.heard();
        if (!this.#isSayingGoodbye) this.#judgeHeard(node, heard, newest);
        return heard;
      },
      confirm: (peer, thumbprint, verify) => beacon.confirm?.(peer, thumbprint, verify),
      hearRelayed: (signed, hops, lifetimeS) => beacon.hearRelayed?.(signed, hops, lifetimeS),
      close: () => beacon.close(),
    };
  }

  #judgeHeard(by: string, heard: Heard, newest: Map<string, number>): void {
    for (const { node, advertisement, authenticated } of heard.nodes)
      if (authenticated && !this.#announced.get(node)?.has(signatureOf(advertisement)))
        this.violated('advertisement-genuine', `${by} believes an advertisement that ${node} never made`);
    for (const { node, advertisement, interface: name, source } of heard.neighbours) {
      if (!this.#announced.get(node)?.has(signatureOf(advertisement))) continue; // a hint that somebody forged
      const entry = `${source} ${name} ${node}`;
      const { sequence } = advertisement.advertisement;
      if (sequence < (newest.get(entry) ?? 0))
        this.violated('advertisement-fresh', `${by} went back to an older advertisement of ${node}`);
      newest.set(entry, Math.max(sequence, newest.get(entry) ?? 0));
    }
  }
}

/** Who asked and in which session; where somebody carries the question, whoever signed it. */
type AskedBy = { [Key in 'session' | 'relay']?: CallContext[Key] | undefined } & {
  caller: Pick<Caller, 'name'>;
};

function askedBy(node: string, tool: string, args: JsonValue, context: CallContext): AskedBy {
  const carried = carriedIn(tool, args)?.request;
  return carried?.node === node
    ? { caller: { name: carried.caller }, session: carried.session, relay: context.caller }
    : context;
}

function signatureOf({ signature }: SignedAdvertisement): string {
  return Buffer.from(signature).toString('base64');
}
