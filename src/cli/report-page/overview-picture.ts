/**
 * All paths in one picture: every router once, in the column of its distance from the head; between two of
 * them one line for each direction that was measured.
 */
import type { PathLine, Reading } from '../path-line.ts';
import { type Content, type Markup, markup } from './markup.ts';
import { disc, short } from './path-picture.ts';

const size = { width: 1_066, box: 34, rowGap: 30, margin: 26, headroom: 20 };
/** Half the distance between the lines of the two directions. */
const apart = 4;

interface Router {
  name: string;
  column: number;
  row: number;
  mark: string;
  isBad: boolean;
  width: number;
}

interface Link {
  from: string;
  to: string;
  forward: Reading[];
  reverse: Reading[];
  mark: string;
  markDirection: 'forward' | 'reverse' | 'both';
}

/** Undefined for a single line, which is its own overview. */
export function overviewPicture(lines: readonly PathLine[]): Markup | undefined {
  if (lines.length < 2) return undefined;
  const routers = routersOf(lines);
  const columns = Math.max(...[...routers.values()].map(({ column }) => column)) + 1;
  const rows = Math.max(...[...routers.values()].map(({ row }) => row)) + 1;
  const height = 2 * size.margin + size.headroom + rows * (size.box + size.rowGap) - size.rowGap;
  const at = placer([...routers.values()], columns, height);
  const links = [...linksOf(lines).values()].sort((a, b) => rank(a) - rank(b));
  return markup`<div class="scroll picture"><svg role="img" width="${size.width}" height="${height}" viewBox="0 0 ${size.width} ${height}"><title>${lines.length} paths</title>${links.map((link) => linkLines(link, routers, at))}${[...routers.values()].map((router) => box(router, at(router)))}${links.map((link) => linkFigures(link, routers, at))}</svg></div>`;
}

type Point = [x: number, y: number];

function routersOf(lines: readonly PathLine[]): Map<string, Router> {
  const routers = new Map<string, Router>();
  for (const { places, above, below } of lines)
    for (const [index, { isLink, left, mark }] of places.entries()) {
      if (isLink) continue;
      const isBad = [...above, ...below].some(
        (one) => one.isBad && one.first === index && one.last === index,
      );
      const known = routers.get(left);
      // A path may begin behind the head, where nothing passes.
      const before = routers.get(places[index - 2]?.left ?? '');
      const width = Math.max(60, Math.ceil(short(left).length * 8 + 22));
      if (known === undefined)
        routers.set(left, {
          name: left,
          column: before === undefined ? 0 : before.column + 1,
          row: 0,
          mark,
          isBad,
          width,
        });
      else Object.assign(known, { isBad: known.isBad || isBad, mark: known.mark || mark });
    }
  arrange(routers, lines);
  return routers;
}

/** Rows within each column: a router stands near those that it is reached from, so that few lines cross. */
function arrange(routers: ReadonlyMap<string, Router>, lines: readonly PathLine[]): void {
  const reachedFrom = new Map<string, Set<Router>>();
  for (const { places } of lines)
    for (const [index, { isLink, left }] of places.entries()) {
      const before = isLink ? undefined : routers.get(places[index - 2]?.left ?? '');
      if (before !== undefined) reachedFrom.set(left, (reachedFrom.get(left) ?? new Set()).add(before));
    }
  const columns = Map.groupBy(routers.values(), ({ column }) => column);
  for (const [, members] of [...columns].sort(([a], [b]) => a - b)) {
    const heights = new Map(members.map((one) => [one, mean([...(reachedFrom.get(one.name) ?? [])])]));
    members.sort((a, b) => (heights.get(a) ?? 0) - (heights.get(b) ?? 0) || byName.compare(a.name, b.name));
    for (const [row, member] of members.entries()) member.row = row;
  }
}

const byName = new Intl.Collator('en', { numeric: true });

function mean(routers: readonly Router[]): number {
  return routers.reduce((sum, { row }) => sum + row, 0) / Math.max(1, routers.length);
}

/** The middle of a router; a column with fewer routers than others is centred. */
function placer(routers: readonly Router[], columns: number, height: number): (router: Router) => Point {
  const widest = Math.max(...routers.map(({ width }) => width));
  const step = columns < 2 ? 0 : (size.width - 2 * 6 - widest) / (columns - 1);
  return ({ column, row }) => {
    const many = routers.filter((one) => one.column === column).length;
    const slot = (height - 2 * size.margin - size.headroom) / many;
    return [6 + widest / 2 + column * step, size.margin + size.headroom + slot * (row + 0.5)];
  };
}

function linksOf(lines: readonly PathLine[]): Map<string, Link> {
  const links = new Map<string, Link>();
  for (const { places, above, below } of lines)
    for (const [index, { isLink, mark, markDirection }] of places.entries()) {
      if (!isLink) continue;
      const [from, to] = [places[index - 1]?.left ?? '', places[index + 1]?.left ?? ''];
      const key = JSON.stringify([from, to]);
      const link = links.get(key) ?? { from, to, forward: [], reverse: [], mark: '', markDirection };
      if (mark !== '') Object.assign(link, { mark, markDirection });
      const covers = ({ first, last }: Reading) => first <= index && index <= last;
      link.forward.push(...above.filter(covers));
      link.reverse.push(...below.filter(covers));
      links.set(key, link);
    }
  return links;
}

/** What is wrong is drawn last, above the others. */
function rank({ mark, forward, reverse }: Link): number {
  return mark === '✖' ? 2 : [...forward, ...reverse].some(({ isBad }) => isBad) ? 1 : 0;
}

function box({ name, mark, isBad, width }: Router, [x, y]: Point): Content {
  const tone = mark === '✖' || isBad ? ' bad' : mark === '?' ? ' doubt' : '';
  return [
    markup`<rect class="box${tone}" x="${x - width / 2}" y="${y - size.box / 2}" width="${width}" height="${size.box}" rx="7"><title>${name}</title></rect><text class="name" x="${x}" y="${y + 5}" text-anchor="middle">${short(name)}</text>`,
    (mark === '✖' || mark === '?') && disc(mark, x + width / 2, y - size.box / 2),
  ];
}

function ends(link: Link, routers: ReadonlyMap<string, Router>, at: (router: Router) => Point) {
  const [a, b] = [routers.get(link.from), routers.get(link.to)];
  if (a === undefined || b === undefined) return undefined;
  const [[ax, ay], [bx, by]] = [at(a), at(b)];
  const side = Math.sign(bx - ax) || 1;
  return { ax: ax + (side * a.width) / 2, ay, bx: bx - (side * b.width) / 2, by };
}

function linkLines(link: Link, routers: ReadonlyMap<string, Router>, at: (router: Router) => Point): Content {
  const found = ends(link, routers, at);
  if (found === undefined) return [];
  const { ax, ay, bx, by } = found;
  const bend = (bx - ax) / 2.4;
  const line = (readings: readonly Reading[], direction: 'forward' | 'reverse') => {
    if (readings.length === 0) return [];
    const shift = direction === 'forward' ? -apart : apart;
    const isAccused = link.mark === '✖' && [direction, 'both'].includes(link.markDirection);
    const isBad = isAccused || readings.some((one) => one.isBad && one.first === one.last);
    const isSeen = readings.some(({ section }) => section.entered > 0);
    const tone = isBad ? 'bad' : link.mark === '?' ? 'doubt' : isSeen ? 'good' : 'plain';
    return markup`<path class="lane ${tone}" d="M${ax},${ay + shift}C${ax + bend},${ay + shift} ${bx - bend},${by + shift} ${bx},${by + shift}"><title>${direction} ${link.from} – ${link.to}: ${told(readings)}</title></path>`;
  };
  return [line(link.reverse, 'reverse'), line(link.forward, 'forward')];
}

function linkFigures(
  link: Link,
  routers: ReadonlyMap<string, Router>,
  at: (router: Router) => Point,
): Content {
  const found = ends(link, routers, at);
  if (found === undefined) return [];
  const [x, y] = [(found.ax + found.bx) / 2, (found.ay + found.by) / 2];
  const bad = [...link.forward, ...link.reverse].filter((one) => one.isBad && one.first === one.last);
  return [
    (link.mark === '✖' || link.mark === '?') && disc(link.mark, x, y),
    bad.length > 0 &&
      markup`<text class="figure bad halo" x="${x}" y="${y - 15}" text-anchor="middle">${told(bad)}</text>`,
  ];
}

/** Over all flows that crossed the link. */
function told(readings: readonly Reading[]): string {
  const large = readings.every(({ isLarge }) => isLarge) ? readings[0]?.size : undefined;
  const sections = readings.map(({ section, size: other }) => (large && other ? other.section : section));
  const entered = sections.reduce((sum, section) => sum + section.entered, 0);
  const left = sections.reduce((sum, section) => sum + section.left, 0);
  if (entered === 0) return 'no probe came here';
  const percent = Number(((100 * Math.max(0, entered - left)) / entered).toFixed(1));
  return `${large ? `${large.bytes} B: ` : ''}${percent} %`;
}
