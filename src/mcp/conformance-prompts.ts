import { acceptedContent, type GetPromptResult } from '@modelcontextprotocol/server';
import { pixelPngBase64 } from './conformance-content.ts';
import { askFor } from './conformance-input.ts';
import type { FixturePrompt } from './fixtures.ts';

type Content = GetPromptResult['messages'][number]['content'];

export const fixturePrompts: readonly FixturePrompt[] = [
  {
    definition: { name: 'test_simple_prompt', description: 'One message' },
    get: () => saying(text('This is a simple prompt for testing.')),
  },
  {
    definition: {
      name: 'test_prompt_with_arguments',
      description: 'Its arguments in a message',
      arguments: [
        { name: 'arg1', description: 'Any text', required: true },
        { name: 'arg2', description: 'Any text', required: true },
      ],
    },
    get: ({ arg1, arg2 }) => saying(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  },
  {
    definition: {
      name: 'test_prompt_with_embedded_resource',
      description: 'A resource in a message',
      arguments: [{ name: 'resourceUri', description: 'Address of the resource', required: true }],
    },
    get: ({ resourceUri = '' }) =>
      saying(
        {
          type: 'resource',
          resource: {
            uri: resourceUri,
            mimeType: 'text/plain',
            text: 'Embedded resource content for testing.',
          },
        },
        text('Please process the embedded resource above.'),
      ),
  },
  {
    definition: { name: 'test_prompt_with_image', description: 'An image in a message' },
    get: () =>
      saying(
        { type: 'image', data: pixelPngBase64, mimeType: 'image/png' },
        text('Please analyze the image above.'),
      ),
  },
  {
    definition: { name: 'test_input_required_result_prompt', description: 'Asks before it answers' },
    get: (_args, { mcpReq }) => {
      const given = acceptedContent<{ context: string }>(mcpReq.inputResponses, 'user_context');
      return typeof given?.context === 'string'
        ? saying(text(`Use the following context: ${given.context}`))
        : askFor({ user_context: { message: 'Which context?', field: 'context', type: 'string' } });
    },
  },
];

function saying(...contents: Content[]): GetPromptResult {
  return { messages: contents.map((content) => ({ role: 'user', content })) };
}

function text(words: string): Content {
  return { type: 'text', text: words };
}
