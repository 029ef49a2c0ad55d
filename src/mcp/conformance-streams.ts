import type { ServerEventBus } from '@modelcontextprotocol/server';
import type { Clock } from '../core/ports.ts';
import { definitionOf, textOf } from './conformance-content.ts';
import type { FixtureTool } from './fixtures.ts';

/** Between two notifications of one call. */
const stepMs = 50;
/** A client that lost its stream comes back meanwhile. */
const awayMs = 100;

/** Tools that say something on a stream before they answer, cut it, or publish on another one. */
export function streamTools(clock: Clock, bus: ServerEventBus): FixtureTool[] {
  return [
    {
      definition: definitionOf('test_tool_with_logging'),
      call: async (_args, { mcpReq }) => {
        for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
          await mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } });
          await clock.sleep(stepMs, mcpReq.signal);
        }
        return { content: [textOf('Tool with logging executed successfully')] };
      },
    },
    {
      definition: definitionOf('test_logging_tool'),
      call: async (_args, { mcpReq }) => {
        // Reaches only a client that asked for it in its request (2026-07-28, Logging).
        await mcpReq.log('info', 'test_logging_tool ran');
        return { content: [textOf('Logged where the request asked for it.')] };
      },
    },
    {
      definition: definitionOf('test_tool_with_progress'),
      call: async (_args, { mcpReq }) => {
        const progressToken = mcpReq._meta?.progressToken;
        for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
          const params = { progressToken, progress, total: 100, message: `Completed ${progress} of 100` };
          await mcpReq.notify({ method: 'notifications/progress', params });
          await clock.sleep(stepMs, mcpReq.signal);
        }
        return { content: [textOf(String(progressToken ?? 'no progress token'))] };
      },
    },
    {
      definition: definitionOf('test_reconnection'),
      call: async (_args, { http, mcpReq }) => {
        http?.closeSSE?.();
        await clock.sleep(awayMs, mcpReq.signal);
        return { content: [textOf('Sent after the stream was closed.')] };
      },
    },
    publishing('test_trigger_tool_change', () => bus.publish({ kind: 'tools_list_changed' })),
    publishing('test_trigger_prompt_change', () => bus.publish({ kind: 'prompts_list_changed' })),
  ];
}

function publishing(name: string, publish: () => void): FixtureTool {
  return {
    definition: definitionOf(name),
    call: async () => {
      publish();
      return { content: [textOf('published')] };
    },
  };
}
