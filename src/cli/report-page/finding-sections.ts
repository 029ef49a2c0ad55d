/** What was concluded: findings, suspects, nodes without a usable answer, measurements. */
import { placeOf, wordsOfCause } from '../../collaboration/fault-words.ts';
import { nameOf } from '../../collaboration/hypothesis.ts';
import type { Element, Finding, Ranking, Report, SectionMeasurement, Untrusted } from '../../core/records.ts';
import { isLikely } from '../ranking-text.ts';
import { type Content, type Markup, markup } from './markup.ts';

export function findingCards(findings: readonly Finding[]): Content {
  return findings.map((finding) => {
    const { kind, direction, lossPercent, lossPercentInterval, probability, supportedBy, element } = finding;
    return markup`<div class="card bad"><h3>${placeOf(finding)}</h3>
<dl class="facts"><div><dt>Kind</dt><dd>${kind}</dd></div><div><dt>Where</dt><dd>${whereOf(element)}</dd></div><div><dt>Direction</dt><dd>${direction}</dd></div><div><dt>Loss, with its 95 % interval</dt><dd><span class="loss">${lossPercent} %</span> (${lossPercentInterval[0]} to ${lossPercentInterval[1]} %)</dd></div><div><dt>Probability</dt><dd>${probability}</dd></div><div><dt>Rests on the signed answers</dt><dd>${supportedBy.map((id) => markup`<a href="#${id}">${id}</a> `)}</dd></div></dl></div>`;
  });
}

function whereOf({ node, interface: name, peer, object }: Element): string {
  const parts = [node, name, peer && `towards ${peer}`, object && `(${object})`];
  return parts.filter((part) => part !== undefined && part !== '').join(' ');
}

export function suspectCard(suspects: readonly Element[]): Markup {
  return markup`<div class="card doubt"><h3>Suspects: the fault lies in one of these</h3><p>${suspects.map(nameOf).join(', ')}</p></div>`;
}

const reasons: Record<Untrusted['reason'], string> = {
  timeout: 'did not answer in time',
  unreachable: 'could not be connected to',
  authentication: 'did not prove who it is',
  unauthorised: 'was not allowed, or did not allow us',
  'bad-signature': 'its signature does not verify',
  replay: 'gave an answer of another time',
  refused: 'declined',
  malformed: 'its answer does not have the agreed form',
};

export function untrustedTable(untrusted: readonly Untrusted[]): Content {
  const isInBand = untrusted.some(({ management }) => management === 'in-band');
  return [
    table(
      ['Node', 'Why', 'Detail', 'Management', 'Until', 'Answered through'],
      untrusted.map(
        ({ node, reason, detail, management, until, reachedThrough }) =>
          markup`<tr><td>${node}</td><td>${reason}: ${reasons[reason]}</td><td>${detail}</td><td>${management}</td><td class="nowrap">${until}</td><td>${reachedThrough ?? 'nobody'}</td></tr>`,
      ),
    ),
    isInBand &&
      markup`<p class="note">A node that is managed in-band may be silent because of the very fault that is looked for.</p>`,
  ];
}

/** Causes that neither the correlation nor the model holds likely are folded. */
export function rankingTable({ model, causes, conclusion }: Ranking): Content {
  const rows = (some: Ranking['causes']) =>
    table(
      ['Cause', 'Probability by the correlation', 'Share by the model'],
      some.map(
        (cause) =>
          markup`<tr><td>${wordsOfCause(cause)}</td><td class="num">${cause.correlator}</td><td class="num">${cause.model ?? '–'}</td></tr>`,
      ),
    );
  const others = causes.filter((cause) => !isLikely(cause));
  return [
    markup`<p>${model}: ${conclusion}.</p>`,
    rows(causes.filter(isLikely)),
    others.length > 0 &&
      markup`<details><summary>${others.length} that both hold unlikely</summary>${rows(others)}</details>`,
    markup`<p class="note">The model was shown what the signed answers say, with placeholders for names. It decides nothing.</p>`,
  ];
}

export function measurementTable({ measurements, paths, flows }: Report): Content {
  const purposes = ['loss', 'size'] as const;
  return paths.flatMap(({ id, direction, nodes, segments }) =>
    purposes.flatMap((purpose) => {
      const rows = measurements.filter((one) => one.path === id && one.purpose === purpose);
      if (rows.length === 0) return [];
      const flow = flows.find((one) => one.path === id && one.purpose === purpose);
      const probes = purpose === 'loss' ? 'small probes' : 'large probes';
      const told = flow && `, ${probes} of ${flow.sizeBytes} octets, flow label ${flow.flowLabel}`;
      const isFolded = purpose === 'size' && !rows.some(isLossy);
      return markup`<details${!isFolded && isOpen(measurements, rows) ? open : undefined}><summary>${id}, ${direction}${told}: ${rows.length} sections${rows.some(isLossy) ? ', with loss' : ''}</summary>
<p class="note">${nodes.join(' → ')}; SIDs ${segments.join(', ') || 'none'}</p>${table(['From', 'To', 'Entered', 'Left', 'Loss', '95 % interval', 'Probability'], rows.map(sectionRow))}</details>`;
    }),
  );
}

const open = markup` open`;
/** More sections than this on one page are folded where nothing is lost. */
const sectionsOpenMax = 60;

function isOpen(all: readonly SectionMeasurement[], rows: readonly SectionMeasurement[]): boolean {
  return all.length <= sectionsOpenMax || rows.some(isLossy);
}

function isLossy({ entered, lossPercent, probability }: SectionMeasurement): boolean {
  return entered > 0 && lossPercent > 0 && probability >= 0.95;
}

function sectionRow(section: SectionMeasurement): Markup {
  const { from, to, entered, left, lossPercent, lossPercentInterval, probability } = section;
  const [low, high] = lossPercentInterval;
  const loss =
    entered === 0
      ? markup`<td class="num">–</td><td class="num">–</td><td class="num">–</td>`
      : markup`<td class="num${isLossy(section) ? ' loss' : ''}">${lossPercent} %</td><td class="num">${low} to ${high} %</td><td class="num">${probability}</td>`;
  return markup`<tr class="${isLossy(section) ? 'bad' : 'row'}"><td>${from}</td><td>${to}</td><td class="num">${entered}</td><td class="num">${left}</td>${loss}</tr>`;
}

/** Columns of numbers are headed on the right, where the numbers stand. */
const numbers = [
  'Entered',
  'Left',
  'Loss',
  '95 % interval',
  'Probability',
  'Probability by the correlation',
  'Share by the model',
  'Nonce',
  'Octets',
];

export function table(heads: readonly string[], rows: readonly Markup[]): Markup {
  const head = heads.map(
    (name) => markup`<th class="${numbers.includes(name) ? 'num' : 'text'}">${name}</th>`,
  );
  return markup`<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
