/**
 * What the creator of a report writes by itself, held against what the peers signed: the intent, the paths, the flows,
 * the time and the marks. Each function returns the first thing that does not fit, or undefined.
 */
import { digestOf } from '../../crypto/canonical.ts';
import type { UntrustedReason } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Envelope, Flow, Path, Report } from '../core/records.ts';
import { toolNames } from '../core/tools.ts';
import { intentFault } from './intent.ts';
import { lossRounds, lossTrain, sizeTrain } from './plan.ts';

type Judge = (report: Report) => string | undefined;

/** In the order in which they are easiest to understand. */
const judges: readonly Judge[] = [
  ({ intentText, intent, reasoner }) => intentFault(intentText, intent, reasoner),
  pathsFault,
  flowsFault,
  probesFault,
  countingFault,
  marksFault,
];

export function claimFault(report: Report): string | undefined {
  for (const judge of judges) {
    const fault = judge(report);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** `created` belongs to the session: every answer was signed within the time of one intent before it. */
export function createdFault({ created, creator, envelopes }: Report): string | undefined {
  const createdMs = Date.parse(created);
  const earliestMs = createdMs - limits.intentTimeoutMs - limits.clockSkewMs;
  const latestMs = createdMs + limits.clockSkewMs;
  for (const { id, node, signed } of envelopes) {
    const { signedAt } = signed.statement;
    const atMs = Date.parse(signedAt);
    if (atMs < earliestMs || atMs > latestMs)
      return `created is ${created} as ${creator} says, but ${node} signed answer ${id} at ${signedAt}`;
  }
  return undefined;
}

/** These say that one call was refused; only a node that is lost or broken may leave without closing the session. */
const closes: readonly UntrustedReason[] = ['refused', 'unauthorised'];

/** Why a node may be without a closing signature, by its mark; undefined when it must have one. */
export function excuseOf(node: string, { untrusted }: Report): UntrustedReason | undefined {
  const reason = untrusted.find((mark) => mark.node === node)?.reason;
  return reason === undefined || closes.includes(reason) ? undefined : reason;
}

/** Which way packets take is the creator's word; that its paths belong to the intent is not. */
function pathsFault({ intent, paths }: Report): string | undefined {
  const forward = [intent.head, ...intent.via, intent.tail];
  for (const path of paths) {
    const waypoints = path.direction === 'forward' ? forward : forward.toReversed();
    const fault = pathFault(path, waypoints);
    if (fault !== undefined) return fault;
  }
  if (new Set(paths.map(({ id }) => id)).size < paths.length) return 'two paths have one name';
  const missing = (['forward', 'reverse'] as const).find((one) =>
    paths.every((path) => path.direction !== one),
  );
  return missing && `there is no ${missing} path`;
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

function flowsFault({ paths, flows }: Report): string | undefined {
  if (new Set(flows.map(({ flowLabel }) => flowLabel)).size < flows.length)
    return 'two flows have one flow label';
  const stray = flows.find(({ path }) => paths.every(({ id }) => id !== path));
  if (stray !== undefined) return `flow ${stray.flowLabel} runs over no path of this report`;
  for (const { id } of paths)
    for (const purpose of ['loss', 'size'] as const)
      if (!flows.some((flow) => flow.path === id && flow.purpose === purpose))
        return `path ${id} has no flow that measures ${purpose}`;
  return undefined;
}

/** Every train that was asked for under flow labels is one of those flows: the head signed what it was asked. */
function probesFault({ paths, flows, envelopes }: Report): string | undefined {
  for (const envelope of calls(envelopes, toolNames.srv6Ping)) {
    const labels = envelope.arguments['Flow-Labels'];
    if (labels === undefined) continue;
    for (const label of Array.isArray(labels) ? labels : [labels]) {
      const flow = flows.find(({ flowLabel }) => flowLabel === label);
      const path = paths.find(({ id }) => id === flow?.path);
      if (flow === undefined || path === undefined)
        return `answer ${envelope.id} of ${envelope.node} measured flow ${label}, which is not among flows`;
      const fault = trainFault(envelope, flow, path);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

function trainFault({ id, node, arguments: args }: Envelope, flow: Flow, path: Path): string | undefined {
  const said = `answer ${id} of ${node} measured flow ${flow.flowLabel}`;
  const [head = '', tail = ''] = [path.nodes[0], path.nodes.at(-1)];
  const facts: [what: string, asked: unknown, claimed: unknown][] = [
    ['from', args.Head, head],
    ['from', node, head],
    ['to', args.Tail, tail],
    ['over the segments', args['SID-List'], path.segments],
    ['with octets', args.Size, flow.sizeBytes],
  ];
  for (const [what, asked, claimed] of facts)
    if (digestOf(asked ?? null) !== digestOf(claimed))
      return `${said} ${what} ${JSON.stringify(asked)}, path ${path.id} says ${JSON.stringify(claimed)}`;
  const trains = [false, true].flatMap((isParallel) =>
    flow.purpose === 'size'
      ? [sizeTrain(isParallel)]
      : lossRounds.map((round) => lossTrain(round, isParallel)),
  );
  return trains.some(({ count, intervalMs }) => count === args.Count && intervalMs === args.Interval)
    ? undefined
    : `${said} with ${args.Count} probes every ${args.Interval} ms, which is no train for ${flow.purpose}`;
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

/** A node of a path either answered or is marked: leaving one out altogether must be seen. */
function marksFault({ paths, envelopes, untrusted }: Report): string | undefined {
  const known = new Set([...envelopes, ...untrusted].map(({ node }) => node));
  const missing = paths.flatMap(({ nodes }) => nodes).find((node) => !known.has(node));
  return missing && `${missing} lies on a path, and neither answered nor is marked untrusted`;
}

function calls(envelopes: readonly Envelope[], tool: string): Envelope[] {
  return envelopes.filter(({ signed }) => {
    const { operation } = signed.statement;
    return 'tool' in operation && operation.tool === tool;
  });
}
