/**
 * What a controller answers on a link: the one tool by which its device hands a report over. The signed answer is the
 * receipt that lets the device drop its copy some day, so it leaves only after the report is durable.
 */
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { digestOf, type JsonObject, type JsonValue } from '../../crypto/canonical.ts';
import { sealAnswer } from '../../crypto/envelope.ts';
import type { NonceSource } from '../../crypto/nonce.ts';
import { ConferError } from '../core/errors.ts';
import { mistakesOf } from '../core/expectation.ts';
import type { Clock } from '../core/ports.ts';
import { reportDeliverArguments, reportDeliverResult } from '../core/report-tools.ts';
import type { CallContext, Caller, Service, ServiceAnswer, ToolDefinition } from '../core/service.ts';
import { toolNames } from '../core/tools.ts';
import type { Receipt } from './devices.ts';

export interface Signer {
  node: string;
  privateKey: KeyObject;
  certificatePem: string;
}

export interface DeliveryDeps {
  signer: Signer;
  /** One for all links: it must never hand out the same nonce twice. */
  nonces: NonceSource;
  clock: Clock;
  /** Resolves once durable. */
  onPushed(report: JsonValue): Promise<Receipt>;
}

const deliverTool: ToolDefinition = {
  name: toolNames.reportDeliver,
  title: 'Deliver a report',
  description: 'Takes a report of the device that calls, verifies it and holds it durably',
  inputSchema: z.toJSONSchema(reportDeliverArguments, { io: 'input' }) as JsonObject,
  outputSchema: z.toJSONSchema(reportDeliverResult) as JsonObject,
  readOnly: false,
};

export class DeliveryService implements Service {
  readonly node: string;
  readonly capabilities: readonly string[] = [];
  readonly network: JsonObject = {};
  readonly #deps: DeliveryDeps;

  constructor(deps: DeliveryDeps) {
    this.node = deps.signer.node;
    this.#deps = deps;
  }

  tools({ role }: Caller): ToolDefinition[] {
    return role === 'device' ? [deliverTool] : [];
  }

  async resources() {
    return [];
  }

  resourceTemplates() {
    return [];
  }

  prompts() {
    return [];
  }

  negotiate(): readonly string[] {
    return [];
  }

  async callTool(name: string, args: JsonValue, { caller, session }: CallContext): Promise<ServiceAnswer> {
    if (!this.tools(caller).some((tool) => tool.name === name))
      throw new ConferError('not-found', `A controller has no tool ${name}; it takes reports of devices.`);
    const parsed = reportDeliverArguments.safeParse(args);
    if (!parsed.success)
      throw new ConferError('bad-input', `${name}: ${mistakesOf(parsed.error, args, 'arguments')}.`);
    const receipt = await this.#deps.onPushed(parsed.data.report as JsonObject);
    return await this.#signed(args, { ...receipt }, caller, session ?? 'none');
  }

  async readResource(uri: string): Promise<ServiceAnswer> {
    throw new ConferError('not-found', `A controller serves no resources, and so not ${uri}.`);
  }

  async #signed(args: JsonValue, data: JsonObject, caller: Caller, session: string): Promise<ServiceAnswer> {
    const { signer, nonces, clock } = this.#deps;
    const content = [{ type: 'text', text: JSON.stringify(data) }];
    const statement = {
      operation: { tool: toolNames.reportDeliver },
      argumentsHash: digestOf(args),
      nonce: await nonces.next(),
      session,
      signer: signer.node,
      caller: caller.name,
      signedAt: new Date(clock.now()).toISOString(),
    };
    const signed = sealAnswer(statement, { data, contentHash: digestOf(content), isError: false }, signer);
    return { content, data, isError: false, signed };
  }
}
