/** What proves the conclusion: signed answers, certificates, packet files. */
import { X509Certificate } from 'node:crypto';
import { fileSha256 } from '../../collaboration/capture.ts';
import type { Envelope, Report } from '../../core/records.ts';
import { table } from './finding-sections.ts';
import { type Content, type Markup, markup } from './markup.ts';

/** Characters of an answer that the page shows; report.json has all of it. */
const answerCharactersMax = 6_000;
const argumentsCharactersMax = 160;
const yangNamespace = 'urn:ietf:params:xml:ns:yang:';

export function envelopeTable({ envelopes, signatures, creator }: Report): Content {
  const closed = Object.keys(signatures).filter((node) => node !== creator);
  const rows = envelopes.map(
    (envelope) =>
      markup`<tr id="${envelope.id}"><td>${envelope.id}</td><td>${envelope.node}${through(envelope)}</td><td>${questionOf(envelope)}</td><td class="num">${envelope.signed.statement.nonce}</td><td class="nowrap">${envelope.signed.statement.signedAt}</td><td class="mono nowrap"><span title="${envelope.signed.statement.resultHash}">${envelope.signed.statement.resultHash.slice(0, 12)}…</span></td></tr>`,
  );
  return [
    markup`<p>${envelopes.length} answers, in the order in which they were asked for. Each node signed who asked what in which session, with hashes of question and answer and a nonce that it uses once. ${closed.length > 0 && `${closed.join(', ')} signed the list of all their answers as well, and ${creator} the whole report.`}</p>`,
    table(['Id', 'Node', 'What, and its answer', 'Nonce', 'Signed, by its clock', 'Result hash'], rows),
  ];
}

function through({ signed }: Envelope): Content {
  const { relay } = signed.statement;
  return relay !== undefined && markup` <span class="note">through ${relay}</span>`;
}

function questionOf({ arguments: given, signed, pcapSha256 }: Envelope): Content {
  const { operation } = signed.statement;
  const what = 'tool' in operation ? operation.tool : operation.uri.replace(yangNamespace, '');
  const asked = JSON.stringify(given);
  const answer = JSON.stringify(signed.answer.data, undefined, 1) ?? '';
  return [
    markup`<details><summary>${what}${signed.answer.isError && ' (failed)'}${pcapSha256 !== undefined && ' + packets'}</summary><pre>${cut(answer, answerCharactersMax)}</pre></details>`,
    asked !== '{}' && markup`<span class="note mono">${cut(asked, argumentsCharactersMax)}</span>`,
  ];
}

function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax)} … (all of it in report.json)`;
}

export function certificateTable({ certificates }: Report): Markup {
  return table(
    ['Node', 'Subject', 'Issuer', 'Valid from', 'Valid to', 'SHA-256 of the certificate'],
    Object.entries(certificates).map(
      ([node, pem]) => markup`<tr><td>${node}</td>${certificateCells(pem)}</tr>`,
    ),
  );
}

function certificateCells(pem: string): Markup {
  try {
    const { subject, issuer, validFrom, validTo, fingerprint256 } = new X509Certificate(pem);
    const name = (lines: string) => lines.split('\n').join(', ');
    const [from, to] = [validFrom, validTo].map((date) => new Date(date).toISOString());
    return markup`<td>${name(subject)}</td><td>${name(issuer)}</td><td class="nowrap">${from}</td><td class="nowrap">${to}</td><td class="mono">${fingerprint256.replaceAll(':', '').toLowerCase()}</td>`;
  } catch {
    return markup`<td class="loss" colspan="5">this is no certificate</td>`;
  }
}

export function packetTable({ evidence, envelopes }: Report): Content {
  if (evidence.length === 0) return markup`<p>None.</p>`;
  const rows = evidence.map((base64) => {
    const sha256 = fileSha256(base64);
    const from = envelopes.find(({ pcapSha256 }) => pcapSha256 === sha256);
    return markup`<tr><td>${from?.node ?? 'nobody'}</td><td>${from === undefined ? '–' : markup`<a href="#${from.id}">${from.id}</a>`}</td><td class="num">${Buffer.byteLength(base64, 'base64')}</td><td class="mono">${sha256}</td></tr>`;
  });
  return [
    markup`<p>Probes as the routers saw them (libpcap), in report.json; <code>--out</code> writes them to <code>pcap/</code> for tcpdump or Wireshark.</p>`,
    table(['Node', 'Answer', 'Octets', 'SHA-256'], rows),
  ];
}
