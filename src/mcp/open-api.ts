import type { JsonObject, JsonValue } from '../../crypto/canonical.ts';
import type { ToolDefinition } from '../core/service.ts';
import { implementationOf } from './identity.ts';

// The troubleshooting draft wants every tool as an OpenAPI 3.0 Operation Object (section 3.2), MCP wants a JSON Schema:
// both come from the service's one schema.

/** OpenAPI 3.0.3 document of the draft's two paths, with one Operation Object for each tool in `x-mcp-tools`. */
export function openApiDocument(node: string, tools: readonly ToolDefinition[]): JsonObject {
  const { version } = implementationOf(node);
  const operations = Object.fromEntries(tools.map((tool) => [tool.name, operationOf(tool)]));
  return {
    openapi: '3.0.3',
    info: { title: `Tools and resources of ${node}`, version },
    paths: {
      '/mcp/tool/call': {
        post: {
          operationId: 'tool-call',
          summary: 'Calls a tool',
          requestBody: jsonBody({ oneOf: tools.map(callSchema) }),
          responses: responses({ oneOf: tools.map(resultSchema) }),
        },
      },
      '/mcp/resource/read': {
        post: {
          operationId: 'resource-read',
          summary: 'Reads a resource as RFC 7951 JSON',
          requestBody: jsonBody({
            type: 'object',
            required: ['uri'],
            properties: { uri: { type: 'string' } },
          }),
          responses: responses({ type: 'object' }),
        },
      },
    },
    'x-mcp-tools': operations,
  };
}

/** One tool as an OpenAPI 3.0 Operation Object. */
export function operationOf(tool: ToolDefinition): JsonObject {
  return {
    operationId: tool.name,
    summary: tool.title,
    description: tool.description,
    'x-mcp-read-only': tool.readOnly,
    ...(tool.capability === undefined ? {} : { 'x-mcp-capability': tool.capability }),
    requestBody: jsonBody(callSchema(tool)),
    responses: responses(resultSchema(tool)),
  };
}

function callSchema({ name, inputSchema }: ToolDefinition): JsonObject {
  return {
    type: 'object',
    required: ['tool', 'arguments'],
    properties: { tool: { type: 'string', enum: [name] }, arguments: toOpenApiSchema(inputSchema) },
  };
}

function resultSchema({ outputSchema }: ToolDefinition): JsonObject {
  return outputSchema ? (toOpenApiSchema(outputSchema) as JsonObject) : { type: 'object' };
}

function jsonBody(schema: JsonValue): JsonObject {
  return { required: true, content: { 'application/json': { schema } } };
}

function responses(structuredContent: JsonValue): JsonObject {
  const signed = {
    type: 'object',
    required: ['jsonrpc', 'result', 'signature', 'nonce'],
    properties: {
      jsonrpc: { type: 'string', enum: ['2.0'] },
      result: { type: 'object', properties: { structuredContent } },
      signature: { type: 'string', description: 'ed25519, unpadded base64url' },
      nonce: { type: 'integer' },
    },
  };
  const refused = { type: 'object', required: ['error'], properties: { error: { type: 'object' } } };
  return {
    200: { description: 'The signed answer', content: { 'application/json': { schema: signed } } },
    default: { description: 'A JSON-RPC error', content: { 'application/json': { schema: refused } } },
  };
}

/**
 * A JSON Schema (2020-12) in the dialect of OpenAPI 3.0: `const` becomes a one-value `enum`, a type or alternative
 * `null` becomes `nullable`, exclusive bounds become flags, and what 3.0 does not know is left out.
 */
export function toOpenApiSchema(schema: JsonValue | undefined): JsonValue {
  if (schema === true || schema === undefined) return {};
  if (schema === false) return { not: {} };
  if (typeof schema !== 'object' || schema === null || isList(schema)) return schema;
  const converted: Record<string, JsonValue | undefined> = {};
  for (const [keyword, value] of Object.entries(schema)) convert(keyword, value, converted);
  return nullableFrom(converted);
}

const unknownKeywords = new Set([
  '$schema',
  '$id',
  '$defs',
  '$comment',
  'propertyNames',
  'prefixItems',
  'contentEncoding',
  'patternProperties',
  'unevaluatedProperties',
]);
const schemaLists = new Set(['allOf', 'anyOf', 'oneOf']);
const schemaValues = new Set(['items', 'not', 'additionalProperties']);

function convert(
  keyword: string,
  value: JsonValue | undefined,
  into: Record<string, JsonValue | undefined>,
): void {
  if (unknownKeywords.has(keyword)) return;
  if (keyword === 'const') {
    into.enum = [value ?? null];
  } else if (keyword === 'exclusiveMinimum' && typeof value === 'number') {
    Object.assign(into, { minimum: value, exclusiveMinimum: true });
  } else if (keyword === 'exclusiveMaximum' && typeof value === 'number') {
    Object.assign(into, { maximum: value, exclusiveMaximum: true });
  } else if (keyword === 'properties' && isRecord(value)) {
    into.properties = Object.fromEntries(
      Object.entries(value).map(([name, property]) => [name, toOpenApiSchema(property)]),
    );
  } else if (schemaLists.has(keyword) && isList(value)) {
    into[keyword] = value.map(toOpenApiSchema);
  } else if (schemaValues.has(keyword)) {
    into[keyword] = typeof value === 'boolean' ? value : toOpenApiSchema(value);
  } else {
    into[keyword] = value;
  }
}

function nullableFrom(schema: Record<string, JsonValue | undefined>): JsonObject {
  const { type, anyOf } = schema;
  if (isList(type)) {
    const types = type.filter((name) => name !== 'null');
    const { type: _, ...rest } = schema;
    const nullable = types.length < type.length ? { nullable: true } : {};
    if (types.length === 1) return { ...rest, type: types[0], ...nullable };
    return { ...rest, anyOf: types.map((name) => ({ type: name })), ...nullable };
  }
  if (isList(anyOf)) {
    const others = anyOf.filter((option) => !(isRecord(option) && option.type === 'null'));
    if (others.length < anyOf.length) {
      const { anyOf: _, ...rest } = schema;
      const only = others.length === 1 ? others[0] : undefined;
      return { ...rest, ...(isRecord(only) ? only : { anyOf: others }), nullable: true };
    }
  }
  return schema;
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isRecord(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
