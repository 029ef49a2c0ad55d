/**
 * Calls a second, ours against the official 1.x SDK's plain, unsigned HTTP in the same run. Ours are whole: mutual TLS,
 * policy, durable nonce, audit, signature; and on our side the signature, the replay window and the session's record.
 * Besides, the processor time that a call takes on either side: neighbours on the machine disturb it less.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { dialPeer } from '../src/cli/connections.ts';
import { resourceUri } from '../src/collaboration/resources.ts';
import type { Session } from '../src/collaboration/session.ts';
import { dataPaths } from '../src/core/device-data.ts';
import { connectOperator } from '../src/mcp/operator-client.ts';
import { median, peersOf, processorUs, rate, sessionOf, Workplace } from './parties.ts';
import type { Row } from './table.ts';

const uri = resourceUri(dataPaths.interfaces);
const roundMs = 1_500;
const roundsOfEach = 5;
/** Well within the bounds of a session. */
const answersOfSession = 500;
const widths = [1, 64];

/** Calls before anything is measured: until then the compiler is at work. */
const warmUpCalls = 1_000;

interface Contender {
  name: string;
  /** Process that answers. */
  pid: number;
  call(): Promise<void>;
}

interface Round {
  callsPerSecond: number;
  /** Processor time of a call. */
  askingUs: number;
  answeringUs: number;
}

export async function benchTransport(): Promise<Row[]> {
  using workplace = new Workplace();
  const { endpoints, pid } = await workplace.agentProcess(['P-2']);
  const identity = workplace.identity('PE-1');
  const peers = peersOf(identity, endpoints);
  const link = overLink(() => sessionOf(identity, peers));
  const payload = JSON.stringify(await link.payload());
  const yardstick = await workplace.start('plain-process.ts', [payload]);
  const plain = await overPlainHttp(yardstick.ports[0] ?? 0);
  const operator = workplace.identity('operator', 'operator');
  const http = await overSignedHttp(operator, endpoints.get('P-2')?.port ?? 0);
  const contenders: Contender[] = [
    { name: 'official 1.x SDK, plain HTTP, unsigned', pid: yardstick.pid, call: plain },
    { name: 'Streamable HTTP, mutual TLS, signed and verified', pid, call: http },
    { name: 'peer link, mutual TLS, signed and verified', pid, call: link.call },
  ];
  const rows: Row[] = [];
  for (const width of widths) rows.push(...(await compared(contenders, width, payload.length)));
  await peers.close();
  return rows;
}

/** In turns, so that a noisy neighbour meets everybody. */
async function compared(contenders: readonly Contender[], width: number, octets: number): Promise<Row[]> {
  const rounds = new Map(contenders.map(({ name }) => [name, [] as Round[]]));
  for (const { call } of contenders) await warmUp(width, call);
  for (let round = 0; round < roundsOfEach; round++)
    for (const contender of contenders) rounds.get(contender.name)?.push(await measured(contender, width));
  const of = (name: string, figure: keyof Round) =>
    median((rounds.get(name) ?? []).map((one) => one[figure]));
  const base = of(contenders[0]?.name ?? '', 'callsPerSecond');
  return contenders.map(({ name }) => {
    const calls = of(name, 'callsPerSecond');
    const [asking, answering] = [of(name, 'askingUs').toFixed(0), of(name, 'answeringUs').toFixed(0)];
    return {
      what: `${name}, ${width} in flight, ${octets} octets`,
      figure: `${Math.round(calls)} calls/s; processor ${asking} us asking, ${answering} us answering`,
      ratio: calls / base,
    };
  });
}

async function warmUp(width: number, call: () => Promise<void>): Promise<void> {
  let calls = 0;
  const lane = async () => {
    while (calls++ < warmUpCalls) await call();
  };
  await Promise.all(Array.from({ length: width }, lane));
}

async function measured({ pid, call }: Contender, width: number): Promise<Round> {
  const [asking, answering] = [process.cpuUsage(), processorUs(pid)];
  let calls = 0;
  const callsPerSecond = await rate(width, roundMs, async () => {
    await call();
    calls += 1;
  });
  const { user, system } = process.cpuUsage(asking);
  return {
    callsPerSecond,
    askingUs: (user + system) / calls,
    answeringUs: (processorUs(pid) - answering) / calls,
  };
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
