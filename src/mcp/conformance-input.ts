import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequests,
  type InputRequiredResult,
  inputRequired,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { definitionOf, textOf } from './conformance-content.ts';
import type { FixtureTool } from './fixtures.ts';

/** What travels with the client from one round to the next, sealed. */
interface RoundState {
  tool: string;
  round: number;
  name?: string;
}

export type StateCodec = RequestStateCodec<RoundState>;

type Asking = ServerContext['mcpReq'];

const capital = questionForModel('What is the capital of France?');
const greeting = questionForModel('Generate a short greeting');
const whatName = { message: 'What is your name?', field: 'name', type: 'string' } as const;
const confirm = { message: 'Please confirm', field: 'ok', type: 'boolean' } as const;

/** Tools that answer with a question and are called again with its answer (2026-07-28, Multi Round-Trip Requests). */
export function inputTools(codec: StateCodec): FixtureTool[] {
  return [
    tool('elicitation', async (request) => {
      const name = nameIn(request, 'user_name');
      return name === undefined ? askFor({ user_name: whatName }) : `Hello, ${name}!`;
    }),
    tool('sampling', async (request) => {
      const said = saidBy(request, 'capital_question');
      return said === undefined
        ? inputRequired({ inputRequests: { capital_question: capital } })
        : `Sampling response: ${said}`;
    }),
    tool('list_roots', async (request) => {
      const roots = rootsIn(request);
      return roots === undefined
        ? inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
        : `The client shows ${roots.length} roots: ${JSON.stringify(roots)}`;
    }),
    tool('request_state', async (request) => {
      if (!acceptedContent(request.inputResponses, 'confirm')) return askAndSeal('request_state');
      return request.requestState<RoundState>()?.tool === 'request_state'
        ? 'state-ok: requestState verified and confirmation received'
        : askAndSeal('request_state');
    }),
    tool('tampered_state', async (request) => {
      const isVerified = request.requestState<RoundState>()?.tool === 'tampered_state';
      return isVerified && acceptedContent(request.inputResponses, 'confirm')
        ? 'integrity-ok: requestState verified'
        : askAndSeal('tampered_state');
    }),
    tool('multiple_inputs', async (request) => {
      const name = nameIn(request, 'user_name');
      const said = saidBy(request, 'greeting');
      const roots = rootsIn(request);
      if (name !== undefined && said !== undefined && roots !== undefined)
        return `${said} ${name}: ${roots.length} roots`;
      const inputRequests = {
        ...asked({ user_name: whatName }),
        greeting,
        client_roots: inputRequired.listRoots(),
      };
      return inputRequired({ inputRequests, requestState: await seal('multiple_inputs', 1) });
    }),
    tool('multi_round', async (request) => {
      const state = request.requestState<RoundState>();
      if (state?.tool !== 'multi_round') return askFor({ step1: whatName }, await seal('multi_round', 1));
      if (state.round === 1) {
        const next = await seal('multi_round', 2, nameIn(request, 'step1') ?? 'unknown');
        return askFor({ step2: { message: 'Which color?', field: 'color', type: 'string' } }, next);
      }
      const color = acceptedContent<{ color: string }>(request.inputResponses, 'step2')?.color;
      return `Multi-round complete: ${state.name} likes ${color ?? 'unknown'}`;
    }),
    tool('capabilities', async (request) => {
      if (request.inputResponses !== undefined) return 'Asked only what the client can answer.';
      const inputRequests = within(capabilitiesOf(request));
      return Object.keys(inputRequests).length === 0
        ? 'The client can answer no question.'
        : inputRequired({ inputRequests });
    }),
    tool(
      'missing_capability',
      async (request) =>
        saidBy(request, 'llm_answer') ??
        inputRequired({ inputRequests: { llm_answer: questionForModel('Say pong') } }),
      'test_missing_capability',
    ),
  ];

  async function askAndSeal(of: string): Promise<InputRequiredResult> {
    return askFor({ confirm }, await seal(of, 1));
  }

  function seal(of: string, round: number, name?: string): Promise<string> {
    return codec.mint({ tool: of, round, ...(name === undefined ? {} : { name }) });
  }
}

interface Question {
  message: string;
  field: string;
  type: 'string' | 'boolean';
}

const primitives = { string: { type: 'string' }, boolean: { type: 'boolean' } } as const;

/** Asks the user for one field for each key, and gives the client the sealed state to bring back. */
export function askFor(questions: Record<string, Question>, requestState?: string): InputRequiredResult {
  const inputRequests = asked(questions);
  return inputRequired({ inputRequests, ...(requestState === undefined ? {} : { requestState }) });
}

function asked(questions: Record<string, Question>): InputRequests {
  const entries = Object.entries(questions).map(([key, { message, field, type }]) => {
    const properties = { [field]: primitives[type] };
    const requestedSchema = { type: 'object' as const, properties, required: [field] };
    return [key, inputRequired.elicit({ message, requestedSchema })];
  });
  return Object.fromEntries(entries);
}

/** What the client says that it can answer; the SDK's types leave the envelope empty. */
function capabilitiesOf({ envelope }: Asking): ClientCapabilities {
  const capabilities = (envelope as Record<string, unknown> | undefined)?.[CLIENT_CAPABILITIES_META_KEY];
  return (capabilities ?? {}) as ClientCapabilities;
}

/** Only the questions that the client's own capabilities cover. */
function within(capabilities: ClientCapabilities): InputRequests {
  return {
    ...(capabilities.elicitation === undefined ? {} : asked({ user_name: whatName })),
    ...(capabilities.sampling === undefined ? {} : { greeting }),
    ...(capabilities.roots === undefined ? {} : { client_roots: inputRequired.listRoots() }),
  };
}

function questionForModel(text: string) {
  return inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text } }],
    maxTokens: 100,
  });
}

function tool(
  short: string,
  answer: (request: Asking) => Promise<string | InputRequiredResult>,
  name = `test_input_required_result_${short}`,
): FixtureTool {
  return {
    definition: definitionOf(name),
    call: async (_args, { mcpReq }) => {
      const result = await answer(mcpReq);
      return typeof result === 'string' ? { content: [textOf(result)] } : result;
    },
  };
}

// What a client brings is whatever it likes: each reader takes only the form that it can use.

function nameIn({ inputResponses }: Asking, key: string): string | undefined {
  const name: unknown = acceptedContent<{ name: unknown }>(inputResponses, key)?.name;
  return typeof name === 'string' ? name : undefined;
}

function saidBy({ inputResponses }: Asking, key: string): string | undefined {
  const reply = inputResponses?.[key] as { content?: { text?: unknown } } | undefined;
  const text = reply?.content?.text;
  return typeof text === 'string' ? text : undefined;
}

function rootsIn({ inputResponses }: Asking): unknown[] | undefined {
  const reply = inputResponses?.client_roots as { roots?: unknown } | undefined;
  return Array.isArray(reply?.roots) ? reply.roots : undefined;
}
