import {
  type CallToolResult,
  ProtocolError,
  type ReadResourceResult,
  Server,
  type ServerContext,
  type Tool,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { JsonObject } from '../../crypto/canonical.ts';
import { ConferError, messageOf } from '../core/errors.ts';
import type { Log, Progress } from '../core/ports.ts';
import type { CallContext, Caller, Service, ServiceAnswer, ToolDefinition } from '../core/service.ts';
import { metaKeys } from '../core/tools.ts';
import { argumentRefusalOf, type CertificateSent, resourceResultOf, toolResultOf } from './answers.ts';
import { bounds } from './bounds.ts';
import type { CallerQuota } from './caller-quota.ts';
import { draftInitializeMessage, draftInitializeMethod, negotiated, parsedBody } from './draft-wire.ts';
import type { Fixtures } from './fixtures.ts';
import { implementationOf, sharedValidator } from './identity.ts';
import { fillTemplate } from './prompt-template.ts';
import { type Era, wireErrorOf } from './wire-errors.ts';

/** Extensions of ours in MCP's capabilities: clients of the SDK drop a top-level `network`, and keep these. */
const extensionKeys = { network: 'ietf-mcp/network', capabilities: metaKeys.capabilities } as const;

export interface ServerBinding {
  /** Who calls, by its certificate. Bound once, so that no message can say anything else. */
  caller: Caller;
  era: Era;
  quota: CallerQuota;
  log: Log;
  /** `with-answers` when absent. */
  certificate?: CertificateSent;
  /** Served besides the service, in conformance mode only. */
  fixtures?: Fixtures | undefined;
}

/**
 * An MCP server over the service, for one caller and one connection (or one request) of one protocol era. It is the
 * SDK's low-level server: the high-level one turns what a tool throws into a result and loses the error code.
 */
export function createMcpServer(service: Service, binding: ServerBinding): Server {
  const { caller, fixtures, certificate } = binding;
  const server = new Server(implementationOf(service.node), {
    capabilities: { ...capabilitiesOf(service), ...fixtures?.capabilities },
    jsonSchemaValidator: sharedValidator,
    ...(fixtures && { requestState: fixtures.requestState }),
  });
  server.onerror = (error) => binding.log.warn('MCP: a message could not be served', about(caller, error));
  const answer = answering(binding);

  server.setRequestHandler('tools/list', () =>
    answer(async () => {
      const added = [...(fixtures?.tools.values() ?? [])].map(({ definition }) => definition);
      return { tools: [...added, ...(await service.tools(caller)).map(asTool)] };
    }),
  );
  server.setRequestHandler('tools/call', ({ params }, context) =>
    answer(async () => {
      const args = (params.arguments ?? {}) as JsonObject;
      const fixture = fixtures?.tools.get(params.name);
      if (fixture) return await fixture.call(args, context);
      const calling = callContext(caller, context);
      try {
        return toolResultOf(
          await service.callTool(params.name, args, calling),
          certificate,
        ) as CallToolResult;
      } catch (error) {
        const refusal = argumentRefusalOf(error);
        if (refusal === undefined) throw error;
        return refusal as CallToolResult;
      }
    }),
  );
  server.setRequestHandler('resources/list', ({ params }) =>
    answer(async () =>
      page([...(await service.resources(caller)), ...(fixtures?.resources ?? [])], params?.cursor),
    ),
  );
  server.setRequestHandler('resources/templates/list', () =>
    answer(async () => ({
      resourceTemplates: [...(await service.resourceTemplates(caller)), ...(fixtures?.templates ?? [])],
    })),
  );
  server.setRequestHandler('resources/read', ({ params }, context) =>
    answer(async () => {
      const fixture = fixtures?.read(params.uri);
      if (fixture) return fixture;
      const outcome: ServiceAnswer = await service.readResource(params.uri, callContext(caller, context));
      return resourceResultOf(outcome, certificate) as ReadResourceResult;
    }),
  );
  server.setRequestHandler('prompts/list', () =>
    answer(async () => ({
      prompts: [
        ...(await service.prompts(caller)).map(({ template: _, ...prompt }) => prompt),
        ...[...(fixtures?.prompts.values() ?? [])].map(({ definition }) => definition),
      ],
    })),
  );
  server.setRequestHandler('prompts/get', ({ params }, context) =>
    answer(async () => {
      const fixture = fixtures?.prompts.get(params.name);
      if (fixture) return fixture.get(params.arguments ?? {}, context);
      const prompt = (await service.prompts(caller)).find(({ name }) => name === params.name);
      if (!prompt) throw new ConferError('not-found', `There is no prompt ${params.name}; see prompts/list.`);
      const text = fillTemplate(prompt.template, params.arguments ?? {});
      return {
        description: prompt.description,
        messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }],
      };
    }),
  );
  server.setRequestHandler(draftInitializeMethod, { params: z.looseObject({}) }, (params) =>
    answer(() => negotiated(service, caller, parsedBody(draftInitializeMessage, { params }).params)),
  );
  fixtures?.addTo(server);
  return server;
}

// Runs one request within the caller's quota; failures leave with the code of the era.
function answering({ caller, era, quota, log }: ServerBinding) {
  return async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      using _place = quota.enter(caller);
      return await run();
    } catch (error) {
      if (!(error instanceof ConferError)) log.warn('MCP: a request failed', about(caller, error));
      const { code, message, data } = wireErrorOf(error, era);
      throw new ProtocolError(code, message, data);
    }
  };
}

function capabilitiesOf(service: Service) {
  const capabilities = {
    tools: {},
    resources: {},
    prompts: {},
    // draft-zeng-mcp-network-mgmt section 3 wants it here.
    network: service.network,
    extensions: {
      [extensionKeys.network]: service.network as Record<string, never>,
      [extensionKeys.capabilities]: { supported: [...service.capabilities] },
    },
  };
  return capabilities;
}

const sessionMeta = z.looseObject({ [metaKeys.session]: z.string().min(1).max(256).optional() });

function callContext(caller: Caller, { mcpReq }: ServerContext): CallContext {
  const meta = sessionMeta.safeParse(mcpReq._meta ?? {});
  if (!meta.success)
    throw new ConferError('bad-input', `_meta: "${metaKeys.session}" must be a short string.`);
  const session = meta.data[metaKeys.session];
  const token = mcpReq._meta?.progressToken;
  return {
    caller,
    signal: mcpReq.signal,
    ...(session === undefined ? {} : { session }),
    ...(token === undefined ? {} : { onProgress: progressNotifier(token, mcpReq.notify) }),
  };
}

// MCP wants progress to grow with every notification; one that cannot be sent is not worth failing the call for.
function progressNotifier(progressToken: string | number, notify: ServerContext['mcpReq']['notify']) {
  let last = -1;
  return ({ fraction, message }: Progress) => {
    const progress = Math.min(1, Math.max(0, fraction));
    if (!(progress > last)) return;
    last = progress;
    const params = { progressToken, progress, total: 1, ...(message === undefined ? {} : { message }) };
    notify({ method: 'notifications/progress', params }).catch(() => {});
  };
}

function asTool({
  name,
  title,
  description,
  inputSchema,
  outputSchema,
  capability,
  readOnly,
}: ToolDefinition): Tool {
  return {
    name,
    title,
    description,
    inputSchema: inputSchema as Tool['inputSchema'],
    ...(outputSchema ? { outputSchema: outputSchema as Tool['outputSchema'] } : {}),
    annotations: { title, readOnlyHint: readOnly, destructiveHint: !readOnly, openWorldHint: false },
    ...(capability === undefined ? {} : { _meta: { [metaKeys.capabilities]: [capability] } }),
  };
}

// The cursor is the address of the last item that was sent: it stays right when reports are added behind it.
function page<Item extends { uri: string }>(items: Item[], cursor: string | undefined) {
  let start = 0;
  if (cursor !== undefined) {
    const last = items.findIndex(({ uri }) => uri === Buffer.from(cursor, 'base64url').toString());
    if (last < 0) throw new ConferError('bad-input', 'The cursor is of another list; begin without one.');
    start = last + 1;
  }
  const resources = items.slice(start, start + bounds.pageItemsMax);
  const end = resources.at(-1);
  if (!end || start + resources.length >= items.length) return { resources };
  return { resources, nextCursor: Buffer.from(end.uri).toString('base64url') };
}

function about(caller: Caller, error: unknown): JsonObject {
  return { caller: caller.name, error: messageOf(error) };
}
