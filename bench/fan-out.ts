/**
 * From one intent to a signed record of k answers, probes free: open what is not open, ask k agents in parallel, verify
 * each answer, sign the whole. Cold opens mutual-TLS sessions first, warm has them. The asking agent's own processor time
 * tells how much of it a network of real routers, each with a processor of its own, would still have.
 */
import { canonicalBytes } from '../crypto/canonical.ts';
import { signBytes } from '../crypto/envelope.ts';
import { keyPairFromPem } from '../crypto/keys.ts';
import { fanOut } from '../src/collaboration/fanout.ts';
import { resourceUri } from '../src/collaboration/resources.ts';
import { dataPaths } from '../src/core/device-data.ts';
import type { LinkedPeers } from '../src/mcp/client.ts';
import { median, peersOf, sessionOf, Workplace } from './parties.ts';
import type { Row } from './table.ts';

const operation = { uri: resourceUri(dataPaths.interfaces) };
const widths = [3, 8, 32];
const [warmRounds, coldRounds] = [60, 12];
/** Answers before anything is measured: until then the compiler is at work. */
const warmUpAnswers = 1_000;

interface Cost {
  wallMs: number;
  processorMs: number;
}

function told(costs: readonly Cost[]): string {
  const wall = median(costs.map(({ wallMs }) => wallMs)).toFixed(1);
  const processor = median(costs.map(({ processorMs }) => processorMs)).toFixed(1);
  return `${wall} ms, ${processor} ms of the asking agent's processor`;
}

export async function benchFanOut(): Promise<Row[]> {
  using workplace = new Workplace();
  const nodes = Array.from({ length: Math.max(...widths) }, (_, index) => `P-${index + 1}`);
  const endpoints = await workplace.agents(nodes);
  const identity = workplace.identity('PE-1');
  const { privateKey } = keyPairFromPem(identity.keyPem);
  const once = async (peers: LinkedPeers, width: number): Promise<Cost> => {
    const [beganAt, spent] = [performance.now(), process.cpuUsage()];
    const session = sessionOf(identity, peers);
    const outcomes = await fanOut(
      session,
      nodes.slice(0, width).map((node) => ({ node, operation })),
    );
    const lost = outcomes.find(({ status }) => status !== 'signed');
    if (lost !== undefined) throw new Error(`${lost.node} did not answer: ${JSON.stringify(lost)}`);
    signBytes('bench', canonicalBytes(session.envelopes()), privateKey);
    const { user, system } = process.cpuUsage(spent);
    return { wallMs: performance.now() - beganAt, processorMs: (user + system) / 1_000 };
  };
  const early = peersOf(identity, endpoints);
  for (let answers = 0; answers < warmUpAnswers; answers += 8) await once(early, 8);
  await early.close();
  const rows: Row[] = [];
  for (const width of widths) {
    const [cold, warm]: [Cost[], Cost[]] = [[], []];
    let late = 0;
    while (cold.length < coldRounds) {
      const peers = peersOf(identity, endpoints);
      try {
        const first = await once(peers, width);
        for (let turn = 0; turn < warmRounds / coldRounds; turn++) warm.push(await once(peers, width));
        cold.push(first);
      } catch (error) {
        // On a machine that is busy with other things an opening can take longer than its deadline.
        if (++late > coldRounds) throw error;
      } finally {
        await peers.close();
      }
    }
    const target = (ms: number) => `<= ${ms.toFixed(1)} ms`;
    const again = late === 0 ? '' : `; ${late} of ${late + coldRounds} rounds timed out`;
    rows.push(
      { what: `warm, ${width} peers`, figure: told(warm), target: target(0.5 + 0.2 * width) },
      { what: `cold, ${width} peers`, figure: `${told(cold)}${again}`, target: target(2 * width) },
    );
  }
  return rows;
}
