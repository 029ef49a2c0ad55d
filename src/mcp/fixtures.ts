import type {
  CallToolResult,
  EventStore,
  GetPromptResult,
  InputRequiredResult,
  Prompt,
  ReadResourceResult,
  Resource,
  ResourceTemplateType,
  Server,
  ServerCapabilities,
  ServerContext,
  ServerEventBus,
  ServerOptions,
  Tool,
} from '@modelcontextprotocol/server';

/**
 * What an agent serves besides its own service, unsigned: the fixtures that the official conformance suites ask for.
 * Only an agent whose configuration says `conformance: true` has any (conformance.ts).
 */
export interface Fixtures {
  capabilities: ServerCapabilities;
  /** Checks what a client brings back of a question in several rounds (2026-07-28, Multi Round-Trip Requests). */
  requestState: NonNullable<ServerOptions['requestState']>;
  /** Carries changes to the streams of subscriptions/listen. */
  bus: ServerEventBus;
  tools: ReadonlyMap<string, FixtureTool>;
  resources: readonly Resource[];
  templates: readonly ResourceTemplateType[];
  prompts: ReadonlyMap<string, FixturePrompt>;
  /** The content of a resource, listed or of a template; undefined where there is none of this address. */
  read(uri: string): ReadResourceResult | undefined;
  /** Sets the handlers of methods that the agent itself does not have. */
  addTo(server: Server): void;
  /** Keeps the events of one session, so that a client that lost its stream hears the rest. */
  createEventStore(): EventStore;
  /** How long a client waits until it comes back for the rest. */
  retryIntervalMs: number;
}

export interface FixtureTool {
  definition: Tool;
  call(args: Record<string, unknown>, context: ServerContext): Promise<CallToolResult | InputRequiredResult>;
}

export interface FixturePrompt {
  definition: Prompt;
  get(args: Record<string, string>, context: ServerContext): GetPromptResult | InputRequiredResult;
}
