/**
 * A report as an instance of docs/yang/ietf-mcp.yang in the JSON encoding of RFC 7951, for systems that read YANG. The
 * signatures cover report.json and not this rendering.
 *
 *   report.json                       here
 *   lossPercent: 4.2                  "loss-percent": "4.2"            decimal64 (RFC 7951 section 6.1)
 *   entered: 1000                     "entered": "1000"                uint64
 *   signatures: {"P-2": base64url}    "signature": [{"node": "P-2", "signature": base64}]
 *   certificates: {"P-2": PEM}        "certificate": [{"node": "P-2", "x509": DER in base64}]
 *   arguments: {...}, data: {...}     their RFC 8785 text, over which their hashes were computed
 */
import { X509Certificate } from 'node:crypto';
import { canonicalBytes, type JsonObject, type JsonValue } from '../../crypto/canonical.ts';
import { ConferError } from './errors.ts';
import type {
  Delay,
  Element,
  Envelope,
  Finding,
  MetricStatus,
  Path,
  PathMtu,
  PathTolerance,
  Ranking,
  Report,
  SectionMeasurement,
  Wording,
} from './records.ts';

/** Throws ConferError `bad-input` for a certificate that is none. */
export function yangReport(report: Report): JsonObject {
  const rendering = {
    'session-id': report['session-id'],
    uri: report.uri,
    creator: report.creator,
    created: dateAndTime(report.created),
    'intent-text': report.intentText,
    intent: intentOf(report),
    verdict: report.verdict,
    hypothesis: report.hypothesis,
    summary: report.summary,
    recommendation: report.recommendation,
    reasoner: report.reasoner,
    wording: report.wording && wordingOf(report.wording),
    ranking: report.ranking && rankingOf(report.ranking),
    finding: report.findings.map(findingOf),
    suspect: report.suspects.map(elementOf),
    tolerance: report.tolerance?.map(toleranceOf),
    reachability: report.reachability?.map(({ path, direction, state, sent, arrived, ...shown }) => ({
      path,
      direction,
      state,
      sent: String(sent),
      arrived: String(arrived),
      'shown-by': shown.shownBy,
      'supported-by': shown.supportedBy,
    })),
    measurement: report.measurements.map(measurementOf),
    mtu: report.mtu?.map(mtuOf),
    latency: report.latency?.map(delayOf),
    status: report.status?.map(statusOf),
    path: report.paths.map(pathOf),
    flow: report.flows.map(({ flowLabel, path, purpose, sizeBytes }) => ({
      'flow-label': flowLabel,
      path,
      purpose,
      size: sizeBytes,
    })),
    untrusted: report.untrusted.map(({ reachedThrough, ...mark }) => ({
      ...mark,
      until: dateAndTime(mark.until),
      'reached-through': reachedThrough,
    })),
    envelope: report.envelopes.map(envelopeOf),
    evidence: report.evidence,
    certificate: Object.entries(report.certificates).map(([node, pem]) => ({ node, x509: der(node, pem) })),
    signature: Object.entries(report.signatures).map(([node, signature]) => ({
      node,
      signature: binary(signature),
    })),
  };
  return withYangStrings({ 'ietf-mcp:report': [rendering] });
}

function intentOf({ intent }: Report): JsonObject {
  if (intent.kind === 'bgp-session')
    return { kind: intent.kind, head: intent.head ?? '', neighbor: intent.neighbor };
  if (intent.kind === 'path-mtu') {
    const { sizeBytes, ...others } = intent;
    return { ...others, ...(sizeBytes !== undefined && { size: sizeBytes }) };
  }
  if (intent.kind === 'device-status')
    return { kind: intent.kind, head: intent.head, metric: intent.metrics };
  if (intent.kind !== 'path-loss') return { ...intent };
  const { lossMaxPercent, dscp, sizeBytes } = intent;
  const { kind, head, tail, via, lossMinPercent, count, totalMax, perSecondMax, firstFaultOnly } = intent;
  return {
    kind,
    head,
    tail,
    via,
    ...(lossMinPercent !== undefined && { 'loss-min-percent': lossMinPercent.toFixed(2) }),
    ...(lossMaxPercent !== undefined && { 'loss-max-percent': lossMaxPercent.toFixed(2) }),
    ...(dscp !== undefined && { dscp }),
    ...(sizeBytes !== undefined && { size: sizeBytes }),
    ...(count !== undefined && { count }),
    ...(totalMax !== undefined && { 'total-max': totalMax }),
    ...(perSecondMax !== undefined && { 'per-second-max': perSecondMax }),
    ...(firstFaultOnly !== undefined && { 'first-fault-only': firstFaultOnly }),
  };
}

function statusOf(status: MetricStatus): JsonObject {
  const { usedPercent, errors, discards, supportedBy, ...others } = status;
  return {
    ...others,
    ...(usedPercent !== undefined && { 'used-percent': decimal64(usedPercent) }),
    ...(errors !== undefined && { errors: String(errors) }),
    ...(discards !== undefined && { discards: String(discards) }),
    'supported-by': supportedBy,
  };
}

function delayOf(delay: Delay): JsonObject {
  const { minMs, medianMs, p99Ms, errorMs, supportedBy, ...others } = delay;
  return {
    ...others,
    min: decimal64(minMs),
    median: decimal64(medianMs),
    p99: decimal64(p99Ms),
    ...(errorMs !== undefined && { error: decimal64(errorMs) }),
    'supported-by': supportedBy,
  };
}

function toleranceOf(tolerance: PathTolerance): JsonObject {
  const { path, direction, state, sent, arrived, lossPercent, lossPercentInterval } = tolerance;
  const [lower, upper] = lossPercentInterval;
  return {
    path,
    direction,
    state,
    sent: String(sent),
    arrived: String(arrived),
    'loss-percent': decimal64(lossPercent),
    'loss-percent-interval': { lower: decimal64(lower), upper: decimal64(upper) },
  };
}

function mtuOf(mtu: PathMtu): JsonObject {
  const { path, direction, passesBytes, failsBytes, hostBytes, toldBytes, limitedBy, required } = mtu;
  return {
    path,
    direction,
    ...(passesBytes !== undefined && { passes: passesBytes }),
    ...(failsBytes !== undefined && { fails: failsBytes }),
    ...(hostBytes !== undefined && { host: hostBytes }),
    ...(toldBytes !== undefined && { told: toldBytes }),
    'limited-by': limitedBy.map(elementOf),
    ...(required !== undefined && { required }),
    'supported-by': mtu.supportedBy,
  };
}

function rankingOf({ model, causes, agrees, why, conclusion }: Ranking): JsonObject {
  return {
    model,
    cause: causes.map(({ kind, element, direction, correlator, model: share }) => ({
      kind: kind === 'healthy' || kind === 'undetermined' ? kind : `ietf-mcp:${kind}`,
      ...(element !== undefined && { element: elementOf(element) }),
      ...(direction !== undefined && { direction }),
      correlator: decimal64(correlator),
      ...(share !== undefined && { model: decimal64(share) }),
    })),
    ...(agrees !== undefined && { agrees }),
    ...(why !== undefined && { why }),
    conclusion,
  };
}

function wordingOf({ model, templates, why }: Wording): JsonObject {
  return {
    model,
    ...(templates !== undefined && { template: templates }),
    ...(why !== undefined && { why }),
  };
}

function findingOf(finding: Finding): JsonObject {
  return {
    kind: `ietf-mcp:${finding.kind}`,
    element: elementOf(finding.element),
    direction: finding.direction,
    ...lossOf(finding),
    'supported-by': finding.supportedBy,
  };
}

function elementOf({ node, interface: name, peer, object }: Element): JsonObject {
  return { node, interface: name, peer, object };
}

function measurementOf(section: SectionMeasurement): JsonObject {
  const { path, direction, purpose, from, to, entered, left, elements } = section;
  return {
    path,
    direction,
    purpose,
    from,
    to,
    entered: String(entered),
    left: String(left),
    ...lossOf(section),
    element: elements.map(elementOf),
  };
}

function lossOf(lost: Pick<Finding, 'lossPercent' | 'lossPercentInterval' | 'probability'>): JsonObject {
  const [lower, upper] = lost.lossPercentInterval;
  return {
    'loss-percent': decimal64(lost.lossPercent),
    'loss-percent-interval': { lower: decimal64(lower), upper: decimal64(upper) },
    probability: decimal64(lost.probability),
  };
}

function pathOf({ id, direction, nodes, hops, segments }: Path): JsonObject {
  return {
    id,
    direction,
    node: nodes,
    hop: hops.map(({ from, egress, to, ingress }) => ({ from, egress, to, ingress })),
    segment: segments,
  };
}

function envelopeOf({ id, node, arguments: given, signed, pcapSha256 }: Envelope): JsonObject {
  const { statement, signature, batch, answer } = signed;
  return {
    id,
    node,
    arguments: canonicalText(given),
    'pcap-sha-256': pcapSha256,
    statement: {
      ...statement.operation,
      'arguments-hash': statement.argumentsHash,
      'result-hash': statement.resultHash,
      nonce: String(statement.nonce),
      session: statement.session,
      signer: statement.signer,
      caller: statement.caller,
      relay: statement.relay,
      'signed-at': dateAndTime(statement.signedAt),
    },
    signature: binary(signature),
    batch: batch && { index: batch.index, size: batch.size, path: batch.path },
    answer: {
      data: canonicalText(answer.data),
      'content-hash': answer.contentHash,
      'is-error': answer.isError,
    },
  };
}

/** Of the module's decimal64 types. Reports round to fewer digits. */
const fractionDigits = 6;

/** In the canonical form of RFC 7950 section 9.3.2: at least one digit on each side of the point. */
function decimal64(value: number): string {
  return value.toFixed(fractionDigits).replace(/(\.\d+?)0+$/, '$1');
}

/** yang:date-and-time (RFC 6991) has seconds; ISO 8601 may leave them out. */
function dateAndTime(text: string): string {
  return text.replace(/T(\d\d:\d\d)Z$/, 'T$1:00Z');
}

/** RFC 7951 section 6.6 has the base64 of RFC 4648 section 4; signatures are in the one of section 5. */
function binary(base64Url: string): string {
  return Buffer.from(base64Url, 'base64url').toString('base64');
}

function der(node: string, pem: string): string {
  try {
    return new X509Certificate(pem).raw.toString('base64');
  } catch (cause) {
    throw new ConferError(
      'bad-input',
      `The certificate of ${node} in this report is none, so that it has no DER; only --json can show it.`,
      { cause },
    );
  }
}

function canonicalText(value: unknown): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(canonicalBytes(value));
  // Only strings can hold such a character in JSON, where its escape means the same.
  return text.replaceAll(notInYang, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** What a YANG string may not contain: RFC 7950 section 14, yang-char. */
const notInYang =
  /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FDCF}\u{FDF0}-\u{FFFD}\u{10000}-\u{10FFFF}]|\p{Noncharacter_Code_Point}/gu;

/** Every string with the replacement character for what YANG cannot carry; `undefined` members dropped. */
function withYangStrings<T extends JsonValue>(value: T): T;
function withYangStrings(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.replaceAll(notInYang, '\u{FFFD}');
  if (Array.isArray(value)) return value.map((item: JsonValue) => withYangStrings(item));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(kept.map(([name, member]) => [name, withYangStrings(member as JsonValue)]));
}
