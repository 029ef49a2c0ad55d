import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../crypto/canonical.ts';
import { ConferError } from '../core/errors.ts';
import { mistakesOf } from '../core/expectation.ts';
import type { CallContext, Caller, Service, ServiceAnswer } from '../core/service.ts';
import { resourceResultOf, toolResultOf } from './answers.ts';
import { bounds } from './bounds.ts';

// The troubleshooting draft's own wire (section 5.3.1 steps 2 and 3), next to MCP's:
//
//   mcp/initialize          protocolVersion "2025-12", an array of capabilities: echoed with the responder's own
//   POST /mcp/tool/call     {tool, arguments}     -> tools/call      } behind the same authorisation,
//   POST /mcp/resource/read {uri}                 -> resources/read  } signature and audit

/** The protocolVersion that selects the draft's mode; no revision of MCP has this name. */
export const draftVersion = '2025-12';

export const draftInitializeMethod = 'mcp/initialize';

const capabilityList = z
  .array(z.string().min(1).max(bounds.capabilityCharactersMax))
  .max(bounds.capabilitiesMax);

const draftInitializeParams = z.object({
  protocolVersion: z.literal(draftVersion, `must be "${draftVersion}"; use initialize for a revision of MCP`),
  capabilities: capabilityList,
});
export const draftInitializeMessage = z.object({ params: draftInitializeParams });

/** The responder's list, and the intersection, which is what the caller may use from now on. */
export const draftInitializeResult = z.object({
  protocolVersion: z.literal(draftVersion),
  capabilities: capabilityList,
  authorised: capabilityList.optional(),
});

/** Answers `mcp/initialize`: echoes the own list and marks the caller authorised for the intersection (step 2). */
export async function negotiated(
  service: Service,
  caller: Caller,
  params: z.infer<typeof draftInitializeParams>,
): Promise<z.infer<typeof draftInitializeResult>> {
  const authorised = await service.negotiate(caller, params.capabilities);
  return {
    protocolVersion: draftVersion,
    capabilities: [...service.capabilities],
    authorised: [...authorised],
  };
}

const sessionId = z.string().min(1).max(256).optional();
const jsonObject = z.record(z.string(), z.unknown());

const toolCallBody = z.object({
  tool: z.string().min(1),
  arguments: jsonObject.default({}),
  'session-id': sessionId,
});

const resourceReadBody = z.object({ uri: z.string().min(1).max(2_048), 'session-id': sessionId });

/** The body of a POST on one of the draft's paths, run by the service. Throws ConferError as the service does. */
export type DraftOperation = (
  service: Service,
  body: JsonValue,
  context: CallContext,
) => Promise<{ result: JsonObject; answer: ServiceAnswer }>;

export const draftOperations: ReadonlyMap<string, DraftOperation> = new Map([
  [
    '/mcp/tool/call',
    async (service, body, context) => {
      const call = parsedBody(toolCallBody, body);
      const args = call.arguments as JsonObject;
      const answer = await service.callTool(call.tool, args, within(context, call['session-id']));
      return { result: toolResultOf(answer), answer };
    },
  ],
  [
    '/mcp/resource/read',
    async (service, body, context) => {
      const read = parsedBody(resourceReadBody, body);
      const answer = await service.readResource(read.uri, within(context, read['session-id']));
      return { result: resourceResultOf(answer), answer };
    },
  ],
]);

/** The draft's answer: a JSON-RPC result plus the signature (with its batch, where it has one) and the nonce. */
export function draftAnswer(id: JsonValue, result: JsonObject, { signed }: ServiceAnswer): JsonObject {
  const { signature, batch, statement } = signed;
  const proof = batch === undefined ? {} : { batch: { ...batch } };
  return { jsonrpc: '2.0', id, result, signature, ...proof, nonce: statement.nonce };
}

/** The parsed parameters or body. Throws ConferError `bad-input` that names what does not fit. */
export function parsedBody<T>(shape: z.ZodType<T>, body: unknown): T {
  const outcome = shape.safeParse(body);
  if (outcome.success) return outcome.data;
  throw new ConferError(
    'bad-input',
    `The request does not fit: ${mistakesOf(outcome.error, body, 'the body')}.`,
  );
}

/** The JSON-RPC id of a message, where it has a usable one. */
export function idOf(message: JsonValue): string | number | null {
  if (typeof message !== 'object' || message === null || !('id' in message)) return null;
  const { id } = message;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

function within(context: CallContext, session: string | undefined): CallContext {
  return session === undefined ? context : { ...context, session };
}
