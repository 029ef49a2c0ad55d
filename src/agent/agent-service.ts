/**
 * What an agent answers: tools, resources and prompts, each answer checked against the caller's rights and stated to be
 * signed. Who asks, by which connection, and that every answer is durable before it leaves, is not its business.
 */
import type { JsonObject, JsonValue } from '../../crypto/canonical.ts';
import type { SignedRequest } from '../../crypto/request.ts';
import type { Observer } from '../collaboration/progress.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Report } from '../core/records.ts';
import { reportAcknowledgeArguments } from '../core/report-tools.ts';
import type { CallContext, Caller } from '../core/service.ts';
import {
  carriedTools,
  countingStartArguments,
  countingStopArguments,
  relayArguments,
  toolNames,
  troubleshootArguments,
} from '../core/tools.ts';
import type { StatingService } from './audited-service.ts';
import { type CarriedRequests, carriedIn } from './carried-requests.ts';
import type { CountingLeases } from './counting-leases.ts';
import type { Policy } from './policy.ts';
import { checked, type ProbePorts, ping, srv6Ping, traceroute } from './probes.ts';
import type { Relay } from './relay.ts';
import type { ReportShelf } from './report-shelf.ts';
import type { Resources } from './resources.ts';
import type { AnswerSigner, StatedAnswer } from './signing.ts';
import { promptDefinitions, sessionConcludeArguments, toolDefinitions } from './tool-definitions.ts';

export interface AgentServiceDeps {
  node: string;
  capabilities: readonly string[];
  ports: Omit<ProbePorts, 'node'>;
  policy: Policy;
  signer: AnswerSigner;
  counting: CountingLeases;
  resources: Resources;
  relay: Relay;
  carried: CarriedRequests;
  reports: ReportShelf;
  /** Runs an intent as if it had been typed here. Throws ConferError when no report comes of it. */
  troubleshoot(text: string, signal: AbortSignal, observe: Observer): Promise<Report>;
}

/** Smallest growth of a progress notification. */
const progressStep = 1e-4;

export class AgentService implements StatingService {
  readonly node: string;
  readonly capabilities: readonly string[];
  /** network-mgmt draft section 3; this agent reads only, so it offers no bulk edit and no rollback. */
  readonly network: JsonObject = {
    yangModules: ['ietf-interfaces', 'ietf-ip', 'ietf-access-control-list', 'ietf-routing', 'confer-device'],
    cliDialect: 'none',
    configDatastore: ['operational'],
    notificationStream: [],
    maxBulkEdit: 0,
    supportsRollback: false,
    rollbackTimeout: 0,
  };
  readonly #deps: AgentServiceDeps;

  constructor(deps: AgentServiceDeps) {
    this.node = deps.node;
    this.capabilities = deps.capabilities;
    this.#deps = deps;
  }

  tools(caller: Caller) {
    return toolDefinitions.filter((tool) => this.#deps.policy.mayCall(caller, tool));
  }

  async resources(caller: Caller) {
    return this.#deps.policy.mayRead(caller, 'state') || this.#deps.policy.mayRead(caller, 'report')
      ? await this.#deps.resources.list(this.#deps.policy.mayRead(caller, 'report'))
      : [];
  }

  resourceTemplates() {
    const mimeType = 'application/yang-data+json';
    return [
      {
        uriTemplate: 'mcp://{device}/{+path}',
        name: 'YANG data of a device',
        description: 'RFC 7951 JSON',
        mimeType,
      },
      {
        uriTemplate: 'network:///{+path}',
        name: 'Network data',
        description: 'Interfaces and routing',
        mimeType,
      },
      {
        uriTemplate: 'urn:ietf:params:xml:ns:yang:{+path}',
        name: 'YANG data and reports',
        description: 'By namespace, as the troubleshooting draft writes it',
        mimeType,
      },
    ];
  }

  prompts() {
    return [...promptDefinitions];
  }

  negotiate(caller: Caller, theirs: readonly string[]): readonly string[] {
    return this.#deps.policy.negotiate(caller, theirs);
  }

  async callTool(name: string, args: JsonValue, context: CallContext): Promise<StatedAnswer> {
    const tool = toolDefinitions.find((one) => one.name === name);
    if (tool === undefined)
      throw new ConferError('not-found', `There is no tool ${name}; tools/list says what is.`);
    this.#deps.policy.requireCall(context.caller, tool);
    if (context.relay !== undefined) this.#deps.policy.requireCall(context.relay, tool);
    const carried = carriedIn(name, args);
    if (carried?.request.node === this.node) return await this.#answerCarried(carried, context);
    const { data, isError } = await this.#run(name, args, context);
    return await this.#deps.signer.state({
      operation: { tool: name },
      arguments: args,
      caller: context.caller,
      session: context.session,
      relay: context.relay?.name,
      content: [{ type: 'text', text: JSON.stringify(data) }],
      data,
      isError,
    });
  }

  async readResource(uri: string, context: CallContext): Promise<StatedAnswer> {
    const { content, data } = await this.#deps.resources.read(uri, context);
    return await this.#deps.signer.state({
      operation: { uri },
      arguments: {},
      caller: context.caller,
      session: context.session,
      relay: context.relay?.name,
      // A carried answer is the result of a tool.
      content: context.relay === undefined ? content : [{ type: 'text', text: JSON.stringify(data) }],
      data,
      isError: false,
    });
  }

  /** As if the asker had reached us, but for the relay's name in what we sign; and the relay must be allowed to ask, too. */
  async #answerCarried(signed: SignedRequest, context: CallContext): Promise<StatedAnswer> {
    const relay = context.caller;
    const { caller, request } = this.#deps.carried.open(signed, relay);
    const { operation, session } = request;
    if ('tool' in operation && !carriedTools.includes(operation.tool))
      throw new ConferError('access-denied', `${operation.tool} is nothing that a relay carries.`);
    this.#deps.policy.negotiate(caller, request.capabilities);
    const asked = { ...context, caller, relay, session };
    return 'tool' in operation
      ? await this.callTool(operation.tool, request.arguments, asked)
      : await this.readResource(operation.uri, asked);
  }

  /** A router that cannot do what it was asked for says so in a signed answer; everything else is refused. */
  async #run(
    name: string,
    args: JsonValue,
    context: CallContext,
  ): Promise<{ data: JsonObject; isError: boolean }> {
    try {
      return { data: await this.#tool(name, args, context), isError: false };
    } catch (error) {
      if (!(error instanceof ConferError) || error.code !== 'device-failure') throw error;
      return { data: { error: messageOf(error) }, isError: true };
    }
  }

  async #tool(name: string, args: JsonValue, context: CallContext): Promise<JsonObject> {
    const probing = { node: this.node, ...this.#deps.ports };
    switch (name) {
      case toolNames.srv6Ping:
        return await srv6Ping(args, probing, context);
      case toolNames.ping:
        return await ping(args, probing, context);
      case toolNames.traceroute:
        return await traceroute(args, probing, context);
      case toolNames.countingStart: {
        const wanted = checked(countingStartArguments, args, name);
        const id = await this.#deps.counting.start(
          context.caller,
          wanted['flow-labels'],
          wanted['capture-packets-max'],
          wanted['stamps-max'],
        );
        return { id, 'lease-ms': limits.countingLeaseMs };
      }
      case toolNames.countingStop:
        return await this.#deps.counting.stop(
          context.caller,
          checked(countingStopArguments, args, name).id,
          context.signal,
        );
      case toolNames.sessionConclude:
        return {
          ...this.#deps.signer.conclude(
            context.caller,
            checked(sessionConcludeArguments, args, name).session,
          ),
        };
      case toolNames.relay: {
        const { node, request } = checked(relayArguments, args, name);
        return { ...(await this.#deps.relay.carry(node, request, context)) } as unknown as JsonObject;
      }
      case toolNames.reportAcknowledge:
        return await this.#deps.reports.acknowledge(
          checked(reportAcknowledgeArguments, args, name).ids,
          context.caller.name,
        );
      case toolNames.troubleshoot: {
        const { intent } = checked(troubleshootArguments, args, name);
        const report = await this.#deps.troubleshoot(intent, context.signal, inMcpTerms(context.onProgress));
        return report as unknown as JsonObject;
      }
      default:
        throw new ConferError('not-found', `There is no tool ${name}.`);
    }
  }
}

/** MCP wants progress that only grows, while several probes report at once. */
function inMcpTerms(onProgress: CallContext['onProgress']): Observer {
  let reached = 0;
  return ({ step, text, fraction }) => {
    reached = Math.min(1, Math.max(fraction, reached + progressStep));
    onProgress?.({ fraction: reached, message: `${step}: ${text}` });
  };
}
