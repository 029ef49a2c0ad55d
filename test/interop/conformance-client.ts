/**
 * Our operator's client as the conformance suites' client side starts it: `node conformance-client.ts URL`.
 *
 * The suite's servers speak plain HTTP and sign nothing. So the connection that the client is given is a plain one, and
 * that it refuses their unsigned answers is right: what it asks, and how, is what the suite looks at.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { PeerError } from '../../src/core/errors.ts';
import { connectOperator, type OperatorClient } from '../../src/mcp/operator-client.ts';

const url = new URL(process.argv[2] ?? '');
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? '';
const signal = AbortSignal.timeout(25_000);

const asks: Record<string, (operator: OperatorClient) => Promise<unknown>> = {
  tools_call: (operator) => refused(operator.callTool('add_numbers', { a: 5, b: 3 }, { signal })),
  'http-standard-headers': async (operator) => {
    const resources = await operator.listResources({ signal });
    for (const { uri } of resources) await refused(operator.readResource(uri, { signal }));
    for (const name of ['test_headers', 'my-hyphenated-tool'])
      await refused(operator.callTool(name, {}, { signal }));
  },
};

const operator = await connectOperator({
  url,
  name: 'operator',
  dial: async () => {
    const socket = connect(Number(url.port), url.hostname);
    return { socket, node: url.host, certificate: '', thumbprint: '' };
  },
  signal,
});
try {
  await asks[scenario]?.(operator);
} finally {
  await operator.close();
}

async function refused(answer: Promise<unknown>): Promise<void> {
  await assert.rejects(answer, (error) => error instanceof PeerError && error.reason === 'malformed');
}
