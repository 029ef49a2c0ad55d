import type { CallToolResult, Tool } from '@modelcontextprotocol/server';
import type { FixtureTool } from './fixtures.ts';

/** A red pixel. */
export const pixelPngBase64 =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
/** No sound at all. */
const silenceWavBase64 = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=';

type Content = CallToolResult['content'][number];

const image: Content = { type: 'image', data: pixelPngBase64, mimeType: 'image/png' };

/** Tools that answer at once: one for each kind of content, one that fails, one whose schema must arrive as written. */
export const contentTools: readonly FixtureTool[] = [
  saying('test_simple_text', textOf('This is a simple text response for testing.')),
  saying('test_image_content', image),
  saying('test_audio_content', { type: 'audio', data: silenceWavBase64, mimeType: 'audio/wav' }),
  saying('test_embedded_resource', {
    type: 'resource',
    resource: {
      uri: 'test://embedded-resource',
      mimeType: 'text/plain',
      text: 'This is an embedded resource content.',
    },
  }),
  saying('test_multiple_content_types', textOf('Multiple content types test:'), image, {
    type: 'resource',
    resource: {
      uri: 'test://mixed-content-resource',
      mimeType: 'application/json',
      text: JSON.stringify({ test: 'data', value: 123 }),
    },
  }),
  saying('test_streaming_elicitation', textOf('Nothing was asked.')),
  {
    definition: definitionOf('test_error_handling'),
    call: async () => ({
      content: [textOf('This tool intentionally returns an error for testing')],
      isError: true,
    }),
  },
  {
    definition: {
      name: 'json_schema_2020_12_tool',
      description: 'Its schema says what older drafts of JSON Schema cannot',
      inputSchema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        $defs: {
          address: {
            $anchor: 'addressDef',
            type: 'object',
            properties: { street: { type: 'string' }, city: { type: 'string' } },
          },
        },
        properties: {
          name: { type: 'string' },
          address: { $ref: '#/$defs/address' },
          contactMethod: { type: 'string', enum: ['phone', 'email'] },
          phone: { type: 'string' },
          email: { type: 'string' },
        },
        allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
        if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { required: ['phone'] },
        else: { required: ['email'] },
        additionalProperties: false,
      },
    },
    call: async (args) => ({ content: [textOf(JSON.stringify(args))] }),
  },
];

/** A tool that takes these properties; none of them is required. */
export function definitionOf(name: string, properties: Record<string, object> = {}): Tool {
  const description = `Conformance fixture ${name.replaceAll('_', ' ')}`;
  return { name, description, inputSchema: { type: 'object', properties: properties as never } };
}

export function textOf(text: string): Content & { type: 'text' } {
  return { type: 'text', text };
}

function saying(name: string, ...content: Content[]): FixtureTool {
  return { definition: definitionOf(name), call: async () => ({ content }) };
}
