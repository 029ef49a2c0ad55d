/**
 * @ai-sdk/mcp, which shares no code with the official SDK, lists and calls: `node ai-sdk.mjs URL TOOL ARGUMENTS`.
 * Prints { "tools": [names], "resources": [addresses], "result": what the tool answered }.
 */
import { createMCPClient } from '@ai-sdk/mcp';

const [, , url, name, args] = process.argv;
const client = await createMCPClient({ transport: { type: 'http', url } });
try {
  const { tools } = await client.listTools();
  const { resources } = await client.listResources();
  const callable = await client.tools();
  const result = await callable[name].execute(JSON.parse(args), { toolCallId: '1', messages: [] });
  const listed = { tools: tools.map((tool) => tool.name), resources: resources.map(({ uri }) => uri) };
  console.log(JSON.stringify({ ...listed, result }));
} finally {
  await client.close();
}
