/** Step 2: asks each router on the way for its state, opening sessions as the path unfolds. */
import { dataPaths } from '../core/device-data.ts';
import { limits } from '../core/limits.ts';
import type { Direction, Path } from '../core/records.ts';
import type { Directory } from './domain.ts';
import { fanOut } from './fanout.ts';
import type { Observer } from './progress.ts';
import type { NodeReadings, Readings } from './readings.ts';
import { resourceUri } from './resources.ts';
import type { Session } from './session.ts';
import { tracePaths } from './trace.ts';

export interface Survey {
  /** Forward and reverse. */
  paths: Path[];
  /** The paths that packets of a direction take over these nodes, named from f or r and that number on. */
  pathsFrom(nodes: readonly string[], direction: Direction, firstNumber: number): Promise<Path[]>;
}

/** Forward and reverse paths over these nodes. */
export async function surveyPaths(
  nodes: readonly string[],
  session: Session,
  directory: Directory,
  observe: Observer,
): Promise<Survey> {
  const states = new Map<string, Promise<NodeReadings | undefined>>();
  const state = (node: string) => {
    const known = states.get(node) ?? survey(node, session, observe);
    states.set(node, known);
    return known;
  };
  // All at once: a path of silent nodes must not cost one timeout after another.
  await Promise.all([...new Set([...likelyNodes(nodes, directory), ...unplaced(directory)])].map(state));
  const placed = withSurveyed(directory, session.readings());
  const pathsFrom: Survey['pathsFrom'] = (waypoints, direction, firstNumber) =>
    tracePaths(waypoints, direction, { directory: placed, state }, firstNumber);
  const [forward, reverse] = await Promise.all([
    pathsFrom(nodes, 'forward', 1),
    pathsFrom(nodes.toReversed(), 'reverse', 1),
  ]);
  const paths = [...forward, ...reverse];
  for (const path of paths)
    observe({ step: 'path', text: `${path.id} ${path.nodes.join(' -> ')}`, fraction: 0.25 });
  return { paths, pathsFrom };
}

/** Nodes known only by relayed advertisements: those do not tell addresses, so the nodes themselves are asked. */
function unplaced(directory: Directory): string[] {
  return directory
    .names()
    .filter((node) => directory.addressesOf(node).length === 0)
    .slice(0, limits.domainNodesMax);
}

/**
 * What nodes signed about their own addresses goes before what was announced. An address that two nodes claim belongs
 * to neither.
 */
function withSurveyed(directory: Directory, readings: Readings): Directory {
  const owners = new Map<string, string | undefined>();
  for (const [node, { interfaces }] of readings)
    for (const one of interfaces.at(-1)?.value ?? [])
      for (const { ip } of one['ietf-ip:ipv6'].address)
        owners.set(ip, owners.has(ip) && owners.get(ip) !== node ? undefined : node);
  return {
    ...directory,
    ownerOf: (address) => (owners.has(address) ? owners.get(address) : directory.ownerOf(address)),
  };
}

/** Everybody on a shortest way over the announced adjacencies: nearly always those whom the trace will meet. */
function likelyNodes(waypoints: readonly string[], directory: Directory): string[] {
  const likely = new Set(waypoints);
  for (const [index, to] of waypoints.entries()) {
    const from = waypoints[index - 1];
    if (from === undefined) continue;
    const [before, behind] = [directory.distancesTo(from), directory.distancesTo(to)];
    const whole = before.get(to) ?? 0;
    for (const [node, distance] of before)
      if (distance + (behind.get(node) ?? Number.POSITIVE_INFINITY) === whole) likely.add(node);
  }
  return [...likely].slice(0, limits.domainNodesMax);
}

async function survey(node: string, session: Session, observe: Observer): Promise<NodeReadings | undefined> {
  const peer = await session.open(node);
  if (peer === undefined) {
    const mark = session.markOf(node);
    observe({
      step: 'sessions',
      text: `${node} untrusted (${mark?.reason}): ${mark?.detail}`,
      fraction: 0.15,
    });
    return undefined;
  }
  const relay = session.relayOf(node);
  const way = relay === undefined ? '' : `, by way of ${relay}`;
  const text = `${node} authorised for ${peer.authorised.join(', ')}${way}`;
  observe({ step: 'sessions', text, fraction: 0.15 });
  const outcomes = await fanOut(
    session,
    [dataPaths.device, dataPaths.interfaces, dataPaths.routing].map((path) => ({
      node,
      operation: { uri: resourceUri(path) },
    })),
  );
  if (outcomes.every(({ status }) => status === 'untrusted')) return undefined;
  return session.readings().get(node);
}
