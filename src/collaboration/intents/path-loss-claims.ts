/**
 * The paths and the flows of a path-loss report, held against its intent and what the peers signed. Each function returns
 * the first thing that does not fit, or undefined.
 */
import { digestOf } from '../../../crypto/canonical.ts';
import type { Envelope, Flow, Path, PathLossIntent, Report } from '../../core/records.ts';
import { toolNames } from '../../core/tools.ts';
import { isWhole, leftFrom } from '../behind.ts';
import { effortOf } from '../effort.ts';
import type { Train } from '../plan.ts';
import { isTrainFor } from '../probe-questions.ts';
import { parallelPaths } from '../sections.ts';
import { namesOfPath } from './path-fields.ts';

/** Of a path-loss intent: in the order in which they are easiest to understand. */
export function pathLossClaimFault(report: Report, intent: PathLossIntent): string | undefined {
  const names = namesOfPath(intent);
  const whole = report.paths.filter((path) => isWhole(path, names));
  const effort = effortOf(intent, whole.length, whole.some(parallelPaths(whole)));
  const isCapped = intent.totalMax !== undefined || intent.perSecondMax !== undefined;
  return (
    pathsFault({ paths: whole }, names) ??
    restsFault(report, names) ??
    probingFault(report, ['loss', 'size'], ({ purpose }, train) =>
      isTrainFor(purpose, train, effort, isCapped),
    ) ??
    totalFault(report, intent)
  );
}

/** Every probe packet that was asked for, whatever for, is within the cap. */
function totalFault({ envelopes }: Report, { totalMax = Infinity }: PathLossIntent): string | undefined {
  const trains = [
    ...calls(envelopes, toolNames.srv6Ping).map(({ arguments: { Count } }) => Count),
    ...calls(envelopes, toolNames.ping).map(({ arguments: { count } }) => count),
  ];
  const asked = trains.reduce<number>((sum, count) => sum + (typeof count === 'number' ? count : 0), 0);
  return asked > totalMax ? `${asked} probes were asked for, and the intent allows ${totalMax}` : undefined;
}

/**
 * The flows of a report that counts probes, and every train that was sent under their labels. `purposes`: of which each path has
 * flows; `isPlanned`: whether such a train can have been sent for the intent.
 */
export function probingFault(report: Report, purposes: readonly Flow['purpose'][], isPlanned: Planned) {
  return flowsFault(report, purposes) ?? probesFault(report, isPlanned) ?? countingFault(report);
}

export type Planned = (flow: Flow, train: Train) => boolean;

/** Which way packets take is the creator's word; that its paths run over the nodes of the intent is not. */
export function pathsFault({ paths }: Pick<Report, 'paths'>, forward: readonly string[]): string | undefined {
  for (const path of paths) {
    const waypoints = path.direction === 'forward' ? forward : forward.toReversed();
    const fault = pathFault(path, waypoints);
    if (fault !== undefined) return fault;
  }
  const namesakes = namesakesFault(paths);
  if (namesakes !== undefined) return namesakes;
  const missing = (['forward', 'reverse'] as const).find((one) =>
    paths.every((path) => path.direction !== one),
  );
  return missing && `there is no ${missing} path`;
}

/** Where nothing passes, paths begin behind that place, at a node of a whole path, and lead over the names that are left. */
function restsFault({ paths }: Report, names: readonly string[]): string | undefined {
  const namesakes = namesakesFault(paths);
  if (namesakes !== undefined) return namesakes;
  // In the order in which they were sent: each begins on one that was known before.
  const known = paths.filter((path) => isWhole(path, names));
  for (const rest of paths.filter((path) => !known.includes(path))) {
    const [first = ''] = rest.nodes;
    const faults = known
      .filter(({ direction }) => direction === rest.direction)
      .flatMap((path) =>
        path.nodes.flatMap((node, position) =>
          node === first && position > 0
            ? [pathFault(rest, [first, ...leftFrom(position, path, names)])]
            : [],
        ),
      );
    if (faults.length === 0)
      return `path ${rest.id} begins at ${first}, which is on no path of its direction`;
    if (!faults.includes(undefined)) return faults[0];
    known.push(rest);
  }
  return undefined;
}

function namesakesFault(paths: readonly Path[]): string | undefined {
  return new Set(paths.map(({ id }) => id)).size < paths.length ? 'two paths have one name' : undefined;
}

function pathFault({ id, nodes, hops }: Path, waypoints: readonly string[]): string | undefined {
  let passed = 0;
  for (const node of nodes) if (node === waypoints[passed]) passed += 1;
  const ends = nodes[0] === waypoints[0] && nodes.at(-1) === waypoints.at(-1);
  if (!ends || passed < waypoints.length) return `path ${id} does not run over ${waypoints.join(', ')}`;
  const joined = hops.every(({ from, to }, index) => from === nodes[index] && to === nodes[index + 1]);
  return joined && hops.length === nodes.length - 1
    ? undefined
    : `the hops of path ${id} are not those of its nodes`;
}

function flowsFault({ paths, flows }: Report, purposes: readonly Flow['purpose'][]): string | undefined {
  if (new Set(flows.map(({ flowLabel }) => flowLabel)).size < flows.length)
    return 'two flows have one flow label';
  const stray = flows.find(({ path }) => paths.every(({ id }) => id !== path));
  if (stray !== undefined) return `flow ${stray.flowLabel} runs over no path of this report`;
  for (const { id } of paths)
    for (const purpose of purposes)
      if (!flows.some((flow) => flow.path === id && flow.purpose === purpose))
        return `path ${id} has no flow that measures ${purpose}`;
  return undefined;
}

/** Every train that was asked for under flow labels is one of those flows: the head signed what it was asked. */
function probesFault({ intent, paths, flows, envelopes }: Report, isPlanned: Planned): string | undefined {
  for (const envelope of calls(envelopes, toolNames.srv6Ping)) {
    const labels = envelope.arguments['Flow-Labels'];
    if (labels === undefined) continue;
    for (const label of Array.isArray(labels) ? labels : [labels]) {
      const flow = flows.find(({ flowLabel }) => flowLabel === label);
      const path = paths.find(({ id }) => id === flow?.path);
      if (flow === undefined || path === undefined)
        return `answer ${envelope.id} of ${envelope.node} measured flow ${label}, which is not among flows`;
      const fault = trainFault(envelope, flow, path, { dscp: dscpOf(intent), isPlanned });
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

function dscpOf(intent: Report['intent']): number | undefined {
  return intent.kind === 'path-loss' ? intent.dscp : undefined;
}

function trainFault(
  { id, node, arguments: args }: Envelope,
  flow: Flow,
  path: Path,
  { dscp, isPlanned }: { dscp: number | undefined; isPlanned: Planned },
): string | undefined {
  const said = `answer ${id} of ${node} measured flow ${flow.flowLabel}`;
  const [head = '', tail = ''] = [path.nodes[0], path.nodes.at(-1)];
  const facts: [what: string, asked: unknown, claimed: unknown][] = [
    ['from', args.Head, head],
    ['from', node, head],
    ['to', args.Tail, tail],
    ['over the segments', args['SID-List'], path.segments],
    ['with octets', args.Size, flow.sizeBytes],
    ['with DSCP', args.DSCP, dscp ?? null],
  ];
  for (const [what, asked, claimed] of facts)
    if (digestOf(asked ?? null) !== digestOf(claimed))
      return `${said} ${what} ${JSON.stringify(asked)}, path ${path.id} says ${JSON.stringify(claimed)}`;
  const { Count: count, Interval: intervalMs } = args;
  const fits =
    typeof count === 'number' && typeof intervalMs === 'number' && isPlanned(flow, { count, intervalMs });
  return fits
    ? undefined
    : `${said} with ${count} probes every ${intervalMs} ms, which is no train for ${flow.purpose}`;
}

/** A node that was asked to count a flow signed that it was. */
function countingFault({ flows, envelopes }: Report): string | undefined {
  for (const { id, node, arguments: args } of calls(envelopes, toolNames.countingStart)) {
    const labels = args['flow-labels'];
    const stray =
      Array.isArray(labels) && labels.find((label) => flows.every(({ flowLabel }) => flowLabel !== label));
    if (typeof stray === 'number')
      return `answer ${id} of ${node} began to count flow ${stray}, which is not among flows`;
  }
  return undefined;
}

function calls(envelopes: readonly Envelope[], tool: string): Envelope[] {
  return envelopes.filter(({ signed }) => {
    const { operation } = signed.statement;
    return 'tool' in operation && operation.tool === tool;
  });
}
