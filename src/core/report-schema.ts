/**
 * The report's form, with bounds on what its creator writes by itself: whoever verifies computes from that before he
 * comes to the signature over it. docs/report.schema.json is generated from it.
 */
import { z } from 'zod';
import { treeSizeMax } from '../../crypto/merkle.ts';
import { findingKinds } from './fault-kinds.ts';
import { limits } from './limits.ts';
import { deviceMetrics, type Report } from './records.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const envelopeId = z.string().regex(/^e[1-9]\d{0,5}$/);
const direction = z.enum(['forward', 'reverse']);
const percent = z.number().min(0).max(100);
const probability = z.number().min(0).max(1);
const packets = z.int().min(0);
const name = z.string().max(limits.nameCharactersMax);
const supportedBy = z.array(envelopeId).describe('Envelopes that it rests on');

const element = z.strictObject({
  node: z.string(),
  interface: z.string().exactOptional(),
  peer: z.string().exactOptional().describe('The other end of the link'),
  object: z.string().exactOptional().describe('ACL name or SID'),
});

const finding = z.strictObject({
  kind: z.enum(findingKinds),
  element,
  direction: z.enum(['forward', 'reverse', 'both']).describe('Relative to head -> tail of the intent'),
  probability,
  lossPercent: percent,
  lossPercentInterval: z.tuple([percent, percent]).describe('95 % Wilson score interval'),
  supportedBy,
});

const section = z.strictObject({
  path: z.string(),
  direction,
  purpose: z.enum(['loss', 'size']),
  from: z.string(),
  to: z.string(),
  entered: packets,
  left: packets,
  lossPercent: percent,
  lossPercentInterval: z.tuple([percent, percent]),
  probability,
  elements: z.array(element),
});

const hop = z.strictObject({ from: name, egress: name, to: name, ingress: name });

const operation = z.union([z.strictObject({ tool: z.string() }), z.strictObject({ uri: z.string() })]);

const statement = z.strictObject({
  operation,
  argumentsHash: hash,
  resultHash: hash,
  nonce: z.int().min(1),
  session: z.string(),
  signer: z.string(),
  caller: z.string(),
  relay: name
    .exactOptional()
    .describe('Who carried question and answer, where the caller could not reach the signer'),
  signedAt: z.iso.datetime(),
});

const batch = z
  .strictObject({
    index: z
      .int()
      .min(0)
      .max(treeSizeMax - 1),
    size: z.int().min(2).max(treeSizeMax),
    path: z
      .array(hash)
      .min(1)
      .max(Math.log2(treeSizeMax))
      .describe('From the sibling of the statement upwards'),
  })
  .describe(
    'Where the signature is over several statements: that this one is among them (RFC 9162 section 2.1)',
  );

const envelope = z.strictObject({
  id: envelopeId,
  node: z.string(),
  arguments: z.record(z.string(), z.json()),
  signed: z.strictObject({
    statement,
    signature: z.string(),
    batch: batch.exactOptional(),
    answer: z.strictObject({ data: z.json(), contentHash: hash, isError: z.boolean() }),
  }),
  pcapSha256: hash.exactOptional().describe('SHA-256 of the file in evidence that belongs to this answer'),
});

const pathLoss = z.strictObject({
  kind: z.literal('path-loss'),
  head: name,
  tail: name,
  via: z.array(name).max(limits.pathNodesMax - 2),
  lossMinPercent: z.number().exactOptional().describe('The least loss that must not be missed'),
  lossMaxPercent: z.number().exactOptional().describe('The loss that is acceptable'),
  dscp: z.int().min(0).max(63).exactOptional().describe('Of the probes'),
  sizeBytes: z.int().exactOptional().describe('Octets of the small probes, SRv6 header included'),
  count: z.int().exactOptional().describe('Probes over each path and direction at most'),
  totalMax: z.int().exactOptional().describe('Probe packets altogether at most'),
  perSecondMax: z.int().exactOptional().describe('Probes a second at most'),
  firstFaultOnly: z.boolean().exactOptional().describe('Whether one fault was enough'),
});

const bgpSession = z.strictObject({ kind: z.literal('bgp-session'), head: name, neighbor: name });

const pathOf = { head: name, tail: name, via: z.array(name).max(limits.pathNodesMax - 2) };
const reachability = z.strictObject({ kind: z.literal('reachability'), ...pathOf });
const pathMtu = z.strictObject({
  kind: z.literal('path-mtu'),
  ...pathOf,
  sizeBytes: z.int().exactOptional().describe('Octets that should pass, SRv6 header included'),
});

const pathLatency = z.strictObject({
  kind: z.literal('path-latency'),
  ...pathOf,
  count: z.int().exactOptional().describe('Probes for each figure'),
});

const deviceStatus = z.strictObject({
  kind: z.literal('device-status'),
  head: name,
  metrics: z.array(z.enum(deviceMetrics)).max(deviceMetrics.length),
});

const pathTolerance = z.strictObject({
  path: z.string(),
  direction,
  state: z.enum(['kept', 'broken', 'unknown']).describe('Of the loss that is acceptable'),
  sent: packets,
  arrived: packets,
  lossPercent: percent,
  lossPercentInterval: z.tuple([percent, percent]),
});

const pathReach = z.strictObject({
  path: z.string(),
  direction,
  state: z.enum(['reachable', 'unreachable', 'unknown']),
  sent: packets,
  arrived: packets,
  shownBy: z
    .enum(['counter', 'replies', 'nobody'])
    .describe(
      'Who tells what arrived: the counter of the tail, or echo replies, which come back by another path',
    ),
  supportedBy,
});

/** A day: whoever tells of more is no clock. */
const maximumDelayMs = 86_400_000;
const octets = z.int().min(0).max(limits.probeSizeBytesMax);

const mtuOfPath = z.strictObject({
  path: z.string(),
  direction,
  passesBytes: octets.exactOptional().describe('The largest probe that arrived'),
  failsBytes: octets.exactOptional().describe('The smallest of which none arrived'),
  hostBytes: octets.exactOptional().describe('The largest packet of a host that is encapsulated'),
  toldBytes: z.int().exactOptional().describe('The least MTU that the routers tell of the links'),
  limitedBy: z.array(element).describe('Where probes of failsBytes end'),
  required: z
    .enum(['kept', 'broken', 'unknown'])
    .exactOptional()
    .describe('Whether the size asked for passes'),
  supportedBy,
});

const milliseconds = z.number().min(-maximumDelayMs).max(maximumDelayMs);

const delay = z.strictObject({
  path: z.string(),
  direction,
  place: z.enum(['path', 'link', 'router']),
  from: z.string(),
  to: z.string(),
  interface: z.string().exactOptional().describe('Of a link, where it leaves'),
  method: z
    .enum(['one-way', 'round-trip'])
    .describe('A round trip bounds the delay one way, which is between 0 and it'),
  because: z
    .enum(['clocks', 'stamps', 'contradiction'])
    .exactOptional()
    .describe('Why it is no one-way delay'),
  probes: packets,
  minMs: milliseconds,
  medianMs: milliseconds,
  p99Ms: milliseconds,
  errorMs: milliseconds.exactOptional().describe('By how much the two clocks may differ'),
  supportedBy,
});

const metricStatus = z.strictObject({
  metric: z.enum(deviceMetrics),
  interface: z.string().exactOptional(),
  state: z.enum(['normal', 'conspicuous', 'unknown']),
  usedPercent: percent.exactOptional().describe('Of cpu, busy between two readings; of memory, in use'),
  admin: z.enum(['up', 'down']).exactOptional(),
  oper: z.enum(['up', 'down', 'unknown']).exactOptional(),
  errors: packets.exactOptional().describe('Between two readings, in and out'),
  discards: packets.exactOptional().describe('Between two readings, in and out'),
  supportedBy,
});

const ranking = z.strictObject({
  model: z.string().max(limits.peerTextCharactersMax).describe('Name and hash'),
  causes: z
    .array(
      z.strictObject({
        kind: z.enum([...findingKinds, 'healthy', 'undetermined']),
        element: element.exactOptional(),
        direction: z.enum(['forward', 'reverse', 'both']).exactOptional(),
        correlator: probability,
        model: probability.exactOptional().describe('Share among the causes'),
      }),
    )
    .max(limits.rankedCausesMax)
    .describe('The most probable by the correlation first'),
  agrees: z.boolean().exactOptional().describe('Whether both have the same cause first'),
  why: z.string().max(limits.peerTextCharactersMax).exactOptional().describe('Why the model gave no shares'),
  conclusion: z.string().max(2 * limits.peerTextCharactersMax),
});

const wording = z
  .strictObject({
    model: z.string().max(limits.peerTextCharactersMax).describe('Name and hash'),
    templates: z
      .array(z.string().max(2 * limits.peerTextCharactersMax))
      .min(1)
      .max(limits.wordedFindingsMax)
      .exactOptional()
      .describe('One of each finding, with slots such as {loss}, which the conclusion fills'),
    why: z
      .string()
      .max(limits.peerTextCharactersMax)
      .exactOptional()
      .describe("Why the rules' sentence stands"),
  })
  .refine(
    ({ templates, why }) => (templates === undefined) !== (why === undefined),
    'expected either templates or why there are none',
  )
  .meta({ oneOf: [{ required: ['templates'] }, { required: ['why'] }] });

export const reportSchema = z.strictObject({
  uri: z.string().startsWith('urn:ietf:params:xml:ns:yang:ietf-mcp/report/'),
  creator: z.string(),
  created: z.iso.datetime().describe("By the creator's clock"),
  intent: z.discriminatedUnion('kind', [
    pathLoss,
    bgpSession,
    reachability,
    pathMtu,
    pathLatency,
    deviceStatus,
  ]),
  intentText: z.string().max(limits.intentTextBytesMax),
  'session-id': z.string(),
  verdict: z.enum(['CONFIRMED', 'LIKELY', 'INCONCLUSIVE', 'NO_FAULT']),
  hypothesis: z.string(),
  summary: z.string(),
  recommendation: z.string(),
  reasoner: z.string().describe('What parsed the intent and worded the summary; it decides nothing'),
  wording: wording.exactOptional().describe('Of the summary, where there is a model that words conclusions'),
  ranking: ranking
    .exactOptional()
    .describe(
      'Of a path-loss intent: causes as the correlation and the on-box model rank them; it decides nothing',
    ),
  findings: z.array(finding),
  suspects: z.array(element),
  measurements: z.array(section),
  tolerance: z
    .array(pathTolerance)
    .exactOptional()
    .describe('Of a path-loss intent with lossMaxPercent alone, a path each'),
  reachability: z.array(pathReach).exactOptional().describe('Of a reachability intent alone, a path each'),
  mtu: z.array(mtuOfPath).exactOptional().describe('Of a path-mtu intent alone, a path each'),
  latency: z.array(delay).exactOptional().describe('Of a path-latency intent alone'),
  status: z.array(metricStatus).exactOptional().describe('Of a device-status intent alone'),
  paths: z
    .array(
      z.strictObject({
        id: name,
        direction,
        nodes: z.array(name).max(limits.pathNodesMax),
        hops: z.array(hop).max(limits.pathNodesMax - 1),
        segments: z.array(name).max(limits.pathNodesMax),
      }),
    )
    .max(2 * limits.pathsMax),
  flows: z
    .array(
      z.strictObject({
        flowLabel: z.int().min(1).max(0xfffff),
        path: name,
        purpose: z.enum(['loss', 'size']),
        sizeBytes: z.int(),
      }),
    )
    .max(limits.reportFlowsMax),
  untrusted: z.array(
    z.strictObject({
      node: name,
      reason: z.enum([
        'timeout',
        'unreachable',
        'authentication',
        'unauthorised',
        'bad-signature',
        'replay',
        'refused',
        'malformed',
      ]),
      detail: z.string().max(limits.peerTextCharactersMax),
      management: z.enum(['in-band', 'out-of-band']),
      until: z.iso.datetime(),
      reachedThrough: name.exactOptional().describe('Which node carried question and answer instead'),
    }),
  ),
  envelopes: z.array(envelope).max(limits.reportAnswersMax),
  evidence: z.array(z.base64()).max(limits.reportAnswersMax).describe('Packet files (libpcap)'),
  certificates: z.record(z.string(), z.string()).describe('PEM by node'),
  signatures: z.record(z.string(), z.string()).describe("By node; the creator's covers the whole report"),
}) satisfies z.ZodType<Report>;
