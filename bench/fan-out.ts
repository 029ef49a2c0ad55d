/**
 * From one intent to a signed record of k answers, probes free: open what is not open, ask k agents in parallel, verify
 * each answer, sign the whole. Cold opens mutual-TLS sessions first, warm has them.
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

export async function benchFanOut(): Promise<Row[]> {
  using workplace = new Workplace();
  const nodes = Array.from({ length: Math.max(...widths) }, (_, index) => `P-${index + 1}`);
  const endpoints = await workplace.agents(nodes);
  const identity = workplace.identity('PE-1');
  const { privateKey } = keyPairFromPem(identity.keyPem);
  const once = async (peers: LinkedPeers, width: number) => {
    const beganAt = performance.now();
    const session = sessionOf(identity, peers);
    const outcomes = await fanOut(
      session,
      nodes.slice(0, width).map((node) => ({ node, operation })),
    );
    const lost = outcomes.find(({ status }) => status !== 'signed');
    if (lost !== undefined) throw new Error(`${lost.node} did not answer: ${JSON.stringify(lost)}`);
    signBytes('bench', canonicalBytes(session.envelopes()), privateKey);
    return performance.now() - beganAt;
  };
  const rows: Row[] = [];
  for (const width of widths) {
    const [cold, warm]: [number[], number[]] = [[], []];
    for (let round = 0; round < coldRounds; round++) {
      const peers = peersOf(identity, endpoints);
      cold.push(await once(peers, width));
      for (let turn = 0; turn < warmRounds / coldRounds; turn++) warm.push(await once(peers, width));
      await peers.close();
    }
    const target = (ms: number) => `<= ${ms.toFixed(1)} ms`;
    rows.push(
      {
        what: `warm, ${width} peers`,
        figure: `${median(warm).toFixed(1)} ms`,
        target: target(0.5 + 0.2 * width),
      },
      { what: `cold, ${width} peers`, figure: `${median(cold).toFixed(1)} ms`, target: target(2 * width) },
    );
  }
  return rows;
}
