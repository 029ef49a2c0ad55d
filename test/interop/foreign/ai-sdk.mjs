/**
 * @ai-sdk/mcp, which shares no code with the official SDK, lists and calls: `node ai-sdk.mjs URL NAME ARGUMENTS`.
 * Prints { "tools": [names], "result": what the tool answered }.
 */
import { createMCPClient } from '@ai-sdk/mcp';

const [, , url, name, args] = process.argv;
const client = await createMCPClient({ transport: { type: 'http', url } });
try {
  const { tools: listed } = await client.listTools();
  const tools = await client.tools();
  const result = await tools[name].execute(JSON.parse(args), { toolCallId: '1', messages: [] });
  const { resources } = await client.listResources();
  console.log(
    JSON.stringify({
      tools: listed.map((tool) => tool.name),
      result,
      resources: resources.map(({ uri }) => uri),
    }),
  );
} finally {
  await client.close();
}
