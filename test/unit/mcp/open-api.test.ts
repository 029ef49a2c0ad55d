import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { JsonObject } from '../../../crypto/canonical.ts';
import { srv6PingArguments, srv6PingResult } from '../../../src/core/tools.ts';
import { openApiDocument, operationOf, toOpenApiSchema } from '../../../src/mcp/open-api.ts';
import { fillTemplate } from '../../../src/mcp/prompt-template.ts';

const tool = {
  name: 'ietf-srv6-ping',
  title: 'SRv6 ping',
  description: 'Probes an SRv6 path',
  inputSchema: z.toJSONSchema(srv6PingArguments, { io: 'input' }) as JsonObject,
  outputSchema: z.toJSONSchema(srv6PingResult) as JsonObject,
  capability: 'ietf-srv6-ping',
  readOnly: true,
};

test('T8: a tool is an OpenAPI 3.0 Operation Object with the schema of the tool', () => {
  const operation = operationOf(tool) as {
    requestBody: { content: { 'application/json': { schema: { properties: { arguments: JsonObject } } } } };
    operationId: string;
    responses: object;
  };
  assert.equal(operation.operationId, 'ietf-srv6-ping');
  const { arguments: args } = operation.requestBody.content['application/json'].schema.properties;
  assert.deepEqual(Object.keys(args.properties as object), Object.keys(srv6PingArguments.shape));
  assert.deepEqual(Object.keys(operation.responses).sort(), ['200', 'default']);
});

test('the document has the paths of the draft and nothing that OpenAPI 3.0 does not know', () => {
  const document = openApiDocument('P-2', [tool]);
  assert.deepEqual(Object.keys(document.paths as object), ['/mcp/tool/call', '/mcp/resource/read']);
  assert.doesNotMatch(JSON.stringify(document), /"(\$schema|const|prefixItems|propertyNames)":/);
});

test('JSON Schema becomes the dialect of OpenAPI 3.0', () => {
  const cases: [JsonObject, JsonObject][] = [
    [{ const: 1 }, { enum: [1] }],
    [{ type: ['string', 'null'] }, { type: 'string', nullable: true }],
    [{ type: ['string', 'integer'] }, { anyOf: [{ type: 'string' }, { type: 'integer' }] }],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, { type: 'string', nullable: true }],
    [{ exclusiveMinimum: 0 }, { minimum: 0, exclusiveMinimum: true }],
    [{ exclusiveMaximum: 9 }, { maximum: 9, exclusiveMaximum: true }],
    [{ items: { const: 'a' } }, { items: { enum: ['a'] } }],
    [{ additionalProperties: false }, { additionalProperties: false }],
    // A property may be called like a keyword.
    [{ properties: { const: { type: 'string' } } }, { properties: { const: { type: 'string' } } }],
  ];
  for (const [schema, expected] of cases) assert.deepEqual(toOpenApiSchema(schema), expected);
});

test('T10: a template keeps the places that the client has to fill in', () => {
  assert.equal(fillTemplate('{{a}} {{ b }} {{c}}', { a: '{{b}}', b: '$&' }), '{{b}} $& {{c}}');
  assert.equal(fillTemplate('{{toString}}', {}), '{{toString}}');
});
