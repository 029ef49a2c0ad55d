/**
 * The service of an agent with its trail: no answer leaves before it is on record, and no refusal either. Answers are
 * signed once they are: those of one commit together.
 */
import { digestOf, type JsonValue } from '../../crypto/canonical.ts';
import type { Clock } from '../core/ports.ts';
import type { CallContext, Caller, Service, ServiceAnswer } from '../core/service.ts';
import type { Audit } from './audit.ts';
import {
  type AuditedAnswer,
  type AuditedRequest,
  boundedArguments,
  boundedText,
  outcomeOf,
} from './audit-record.ts';
import { carriedIn } from './carried-requests.ts';
import type { AnswerSigner, StatedAnswer } from './signing.ts';
import { toolDefinitions } from './tool-definitions.ts';

/** A service whose answers are not signed yet. */
export type StatingService = Omit<Service, 'callTool' | 'readResource'> & {
  callTool(...call: Parameters<Service['callTool']>): Promise<StatedAnswer>;
  readResource(...read: Parameters<Service['readResource']>): Promise<StatedAnswer>;
};

export class AuditedService implements Service {
  readonly node: string;
  readonly capabilities: Service['capabilities'];
  readonly network: Service['network'];
  readonly #service: StatingService;
  readonly #signer: Pick<AnswerSigner, 'seal'>;
  readonly #audit: Audit;
  readonly #clock: Clock;

  constructor(
    service: StatingService,
    { signer, audit, clock }: { signer: Pick<AnswerSigner, 'seal'>; audit: Audit; clock: Clock },
  ) {
    this.node = service.node;
    this.capabilities = service.capabilities;
    this.network = service.network;
    this.#service = service;
    this.#signer = signer;
    this.#audit = audit;
    this.#clock = clock;
  }

  async callTool(name: string, args: JsonValue, context: CallContext): Promise<ServiceAnswer> {
    const request = requestOf(context, { tool: boundedText(name) }, auditedArguments(name, args));
    // What changes the router is on record before it is done: a crash must not hide who asked for it.
    if (changes(name, args)) await this.#audit.record({ event: 'request', ...request });
    const { signal } = context;
    const run = () => this.#service.callTool(name, args, context);
    return await this.#signer.seal(await this.#exchange(request, run, ofStated, signal));
  }

  async readResource(uri: string, context: CallContext): Promise<ServiceAnswer> {
    const request = requestOf(context, { uri: boundedText(uri) });
    const { signal } = context;
    const run = () => this.#service.readResource(uri, context);
    return await this.#signer.seal(await this.#exchange(request, run, ofStated, signal));
  }

  async negotiate(caller: Caller, capabilities: readonly string[]): Promise<readonly string[]> {
    const request = requestOf({ caller }, { method: 'mcp/initialize' }, { capabilities });
    return await this.#exchange(request, () => this.#service.negotiate(caller, capabilities), ofList);
  }

  async tools(caller: Caller) {
    const request = requestOf({ caller }, { method: 'tools/list' });
    return await this.#exchange(request, () => this.#service.tools(caller), ofList);
  }

  async resources(caller: Caller) {
    const request = requestOf({ caller }, { method: 'resources/list' });
    return await this.#exchange(request, () => this.#service.resources(caller), ofList);
  }

  async resourceTemplates(caller: Caller) {
    const request = requestOf({ caller }, { method: 'resources/templates/list' });
    return await this.#exchange(request, () => this.#service.resourceTemplates(caller), ofList);
  }

  async prompts(caller: Caller) {
    const request = requestOf({ caller }, { method: 'prompts' });
    return await this.#exchange(request, () => this.#service.prompts(caller), ofList);
  }

  async #exchange<T>(
    request: AuditedRequest,
    run: () => T | Promise<T>,
    answerOf: (result: T) => AuditedAnswer,
    signal?: AbortSignal,
  ): Promise<T> {
    const began = this.#clock.elapsed();
    const took = () => Math.round(this.#clock.elapsed() - began);
    let result: T;
    try {
      result = await run();
    } catch (error) {
      await this.#audit.record({
        event: 'exchange',
        ...request,
        ...outcomeOf(error, signal),
        durationMs: took(),
      });
      throw error;
    }
    const answer = answerOf(result);
    const exchange = { ...request, outcome: 'answered', answer, durationMs: took() };
    // What this very device answers to itself leaves only within a report, which is recorded later.
    if (request.party.name === this.node) this.#audit.note({ event: 'exchange', ...exchange });
    else await this.#audit.record({ event: 'exchange', ...exchange });
    return result;
  }
}

/** True for a tool after which a router, this one or whom a request is carried to, is not as it was. */
export function changes(tool: string, args: JsonValue): boolean {
  const carried = carriedIn(tool, args)?.request.operation;
  const meant = carried !== undefined && 'tool' in carried ? carried.tool : tool;
  return toolDefinitions.some(({ name, readOnly }) => name === meant && !readOnly);
}

/** Of a carried request: who asks whom for what, and its signature, which names it; its certificate would fill the trail. */
export function auditedArguments(tool: string, args: JsonValue): JsonValue {
  const carried = carriedIn(tool, args);
  if (carried === undefined) return args;
  const { caller, node, relay, operation, arguments: given, nonce } = carried.request;
  const request = { caller, node, relay, operation, argumentsHash: digestOf(given), nonce };
  return { request, signature: carried.signature };
}

function requestOf(
  { caller, session }: Pick<CallContext, 'caller' | 'session'>,
  operation: AuditedRequest['operation'],
  args?: JsonValue,
): AuditedRequest {
  const { name, role, thumbprint } = caller;
  return {
    direction: 'in',
    party: { name: boundedText(name), role, thumbprint },
    ...(session !== undefined && { session: boundedText(session) }),
    operation,
    ...(args !== undefined && boundedArguments(args)),
  };
}

function ofStated({ statement, answer }: StatedAnswer): AuditedAnswer {
  return { sha256: statement.resultHash, nonce: statement.nonce, isError: answer.isError };
}

function ofList(list: readonly unknown[]): AuditedAnswer {
  return { sha256: digestOf(list) };
}
