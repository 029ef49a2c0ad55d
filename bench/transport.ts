/**
 * Calls a second, ours against the official 1.x SDK's plain, unsigned HTTP in the same run. Ours are whole: mutual TLS,
 * policy, durable nonce, audit, signature; and on our side the signature, the replay window and the session's record.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { dialPeer } from '../src/cli/connections.ts';
import { resourceUri } from '../src/collaboration/resources.ts';
import type { Session } from '../src/collaboration/session.ts';
import { dataPaths } from '../src/core/device-data.ts';
import { connectOperator } from '../src/mcp/operator-client.ts';
import { median, peersOf, rate, sessionOf, Workplace } from './parties.ts';
import type { Row } from './table.ts';

const uri = resourceUri(dataPaths.interfaces);
const roundMs = 1_500;
const rounds = 5;
/** Well within the bounds of a session. */
const answersOfSession = 500;
const widths = [1, 64];

interface Contender {
  name: string;
  call(): Promise<void>;
}

export async function benchTransport(): Promise<Row[]> {
  using workplace = new Workplace();
  const endpoints = await workplace.agents(['P-2']);
  const identity = workplace.identity('PE-1');
  const peers = peersOf(identity, endpoints);
  const link = overLink(() => sessionOf(identity, peers));
  const payload = JSON.stringify(await link.payload());
  const yardstick = await workplace.start('plain-process.ts', [payload]);
  const plain = await overPlainHttp(yardstick.ports[0] ?? 0);
  const operator = workplace.identity('operator', 'operator');
  const http = await overSignedHttp(operator, endpoints.get('P-2')?.port ?? 0);
  const contenders: Contender[] = [
    { name: 'official 1.x SDK, plain HTTP, unsigned', call: plain },
    { name: 'Streamable HTTP, mutual TLS, signed and verified', call: http },
    { name: 'peer link, mutual TLS, signed and verified', call: link.call },
  ];
  const rows: Row[] = [];
  for (const width of widths) rows.push(...(await compared(contenders, width, payload.length)));
  await peers.close();
  return rows;
}

/** In turns, so that a noisy neighbour meets everybody. */
async function compared(contenders: readonly Contender[], width: number, octets: number): Promise<Row[]> {
  const rates = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (const { call } of contenders) await rate(width, roundMs / 3, call);
  for (let round = 0; round < rounds; round++)
    for (const { name, call } of contenders) rates.get(name)?.push(await rate(width, roundMs, call));
  const base = median([...rates.values()][0] ?? []);
  return contenders.map(({ name }) => {
    const calls = median(rates.get(name) ?? []);
    return {
      what: `${name}, ${width} in flight, ${octets} octets`,
      figure: `${Math.round(calls)} calls/s`,
      ratio: calls / base,
    };
  });
}

function overLink(newSession: () => Session) {
  let [session, asked] = [newSession(), 0];
  const ask = async () => {
    // A session is bounded in answers and octets; a longer one would be refused.
    if (++asked > answersOfSession) [session, asked] = [newSession(), 1];
    const outcome = await session.ask({ node: 'P-2', operation: { uri } });
    if (outcome.status !== 'signed') throw new Error(outcome.detail);
    return outcome.data;
  };
  return { payload: ask, call: async () => void (await ask()) };
}

async function overPlainHttp(port: number): Promise<() => Promise<void>> {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)) as never);
  return async () => void (await client.callTool({ name: 'read', arguments: {} }));
}

async function overSignedHttp(operator: ReturnType<Workplace['identity']>, port: number) {
  const { signal } = new AbortController();
  const client = await connectOperator({
    url: new URL(`https://127.0.0.1:${port}/mcp`),
    name: operator.node,
    dial: (signal) => dialPeer(operator, '127.0.0.1', port, { signal }),
    signal,
  });
  return async () => void (await client.readResource(uri, { signal }));
}
