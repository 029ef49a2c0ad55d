import { createRequestStateCodec, InMemoryServerEventBus } from '@modelcontextprotocol/server';
import type { Clock, Random } from '../core/ports.ts';
import { contentTools } from './conformance-content.ts';
import { ReplayStore } from './conformance-events.ts';
import { inputTools, type StateCodec } from './conformance-input.ts';
import { fixturePrompts } from './conformance-prompts.ts';
import { questionTools } from './conformance-questions.ts';
import { fixtureResources, fixtureTemplates, readFixture } from './conformance-resources.ts';
import { streamTools } from './conformance-streams.ts';
import type { Fixtures, FixtureTool } from './fixtures.ts';

/** Octets of the key that protects what a client carries from one round to the next. */
const stateKeyBytes = 32;
/** The suite waits about so long before it asks for the rest of a stream. */
const retryIntervalMs = 500;

/**
 * The tools, resources, prompts and methods by which `@modelcontextprotocol/conformance` examines a server; their names
 * and contents are its choice. They measure nothing and are served to whoever has a certificate of the domain.
 */
export function createConformanceFixtures({ clock, random }: { clock: Clock; random: Random }): Fixtures {
  const bus = new InMemoryServerEventBus();
  const codec: StateCodec = createRequestStateCodec({ key: random.bytes(stateKeyBytes) });
  const tools: FixtureTool[] = [
    ...contentTools,
    ...streamTools(clock, bus),
    ...questionTools,
    ...inputTools(codec),
  ];
  return {
    capabilities: {
      tools: { listChanged: true },
      resources: { subscribe: true, listChanged: true },
      prompts: { listChanged: true },
      logging: {},
      completions: {},
    },
    requestState: { verify: codec.verify },
    bus,
    tools: new Map(tools.map((tool) => [tool.definition.name, tool])),
    resources: fixtureResources,
    templates: fixtureTemplates,
    prompts: new Map(fixturePrompts.map((prompt) => [prompt.definition.name, prompt])),
    read: readFixture,
    addTo: (server) => {
      server.setRequestHandler('completion/complete', () => ({ completion: { values: [], hasMore: false } }));
      server.setRequestHandler('resources/subscribe', () => ({}));
      server.setRequestHandler('resources/unsubscribe', () => ({}));
    },
    createEventStore: () => new ReplayStore(),
    retryIntervalMs,
  };
}
