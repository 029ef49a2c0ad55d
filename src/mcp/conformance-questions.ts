import type { ElicitRequestFormParams, RequestOptions, ServerContext } from '@modelcontextprotocol/server';
import { messageOf } from '../core/errors.ts';
import { sdkTimeoutMs } from './bounds.ts';
import { definitionOf, textOf } from './conformance-content.ts';
import type { FixtureTool } from './fixtures.ts';

type Form = ElicitRequestFormParams['requestedSchema'];

/** Every primitive with a default (SEP-1034). */
const defaults: Form = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
};

const titled = [
  { const: 'value1', title: 'First Option' },
  { const: 'value2', title: 'Second Option' },
  { const: 'value3', title: 'Third Option' },
];

/** Every way to write a choice (SEP-1330). */
const choices: Form = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: { type: 'string', oneOf: titled },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
    titledMulti: { type: 'array', items: { anyOf: titled } },
  },
};

/** Tools that ask the client in the middle of a call, as 2025-11-25 and earlier do: by a request of the server's own. */
export const questionTools: readonly FixtureTool[] = [
  {
    definition: definitionOf('test_sampling', { prompt: { type: 'string' } }),
    call: ({ prompt }, { mcpReq }) =>
      answered(async () => {
        const content = { type: 'text' as const, text: String(prompt) };
        const params = { messages: [{ role: 'user' as const, content }], maxTokens: 100 };
        const reply = await mcpReq.requestSampling(params, onStreamOf(mcpReq));
        const [first] = [reply.content].flat();
        return `LLM response: ${first?.type === 'text' ? first.text : JSON.stringify(first)}`;
      }),
  },
  asking('test_elicitation', {
    type: 'object',
    properties: { response: { type: 'string' } },
    required: ['response'],
  }),
  asking('test_elicitation_sep1034_defaults', defaults),
  asking('test_elicitation_sep1330_enums', choices),
];

function asking(name: string, requestedSchema: Form): FixtureTool {
  return {
    definition: definitionOf(name, { message: { type: 'string' } }),
    call: ({ message }, { mcpReq }) =>
      answered(async () => {
        const question = {
          message: typeof message === 'string' ? message : 'Please fill in',
          requestedSchema,
        };
        const reply = await mcpReq.elicitInput(question, onStreamOf(mcpReq));
        return `Elicitation completed: action=${reply.action}, content=${JSON.stringify(reply.content ?? {})}`;
      }),
  };
}

// Without the relation the SDK (2.4.0) asks on the session's standalone stream, and loses the question when the client
// has not opened that stream yet.
function onStreamOf({ id, signal }: ServerContext['mcpReq']): RequestOptions {
  return { relatedRequestId: id, timeout: sdkTimeoutMs, signal };
}

// A client that cannot be asked is told so in the tool's own result.
async function answered(ask: () => Promise<string>) {
  try {
    return { content: [textOf(await ask())] };
  } catch (error) {
    return { content: [textOf(`The client could not be asked: ${messageOf(error)}`)], isError: true };
  }
}
