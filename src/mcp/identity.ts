import type { jsonSchemaValidator } from '@modelcontextprotocol/server';
import manifest from '../../package.json' with { type: 'json' };

/** How this software introduces itself: MCP's serverInfo and clientInfo. Says nothing about who the device is. */
export function implementationOf(node: string) {
  return { name: 'confer', title: `Confer on ${node}`, version: manifest.version };
}

/**
 * The SDK builds a JSON Schema validator for every server and client. Arguments are checked by the service and results
 * by whoever reads them, so one that accepts everything is shared: it saves the tens of kilobytes of each.
 */
export const sharedValidator: jsonSchemaValidator = {
  getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
};
