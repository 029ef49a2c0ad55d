/**
 * A reader of the HTML that our page may consist of, and of nothing else: no browser's leniency, and no way out of it.
 * Throws what is wrong.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

/** Elements that neither run, fetch, frame nor submit anything. */
const elements = new Set(
  `html head meta title style body main header section nav div span p h1 h2 h3 a b strong code pre dl dt dd ul li
   details summary table thead tbody tr th td svg g path rect line circle text`.split(/\s+/),
);
const voidElements = new Set(['meta']);
/** Values of these are shown, styled by or measured, never run or fetched. */
const attributes = new Set(
  `lang charset http-equiv content name class id href title colspan open role width height viewBox x y x1 x2 y1 y2 cx cy
   r rx d fill stroke transform opacity version text-anchor font-family font-size font-weight font-style stroke-width
   stroke-miterlimit stroke-dasharray pointer-events display aria-hidden aria-label aria-roledescription`.split(
    /\s+/,
  ),
);
const tag = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z][\w:-]*(?:="[^"<>]*")?)*)\s*(\/?)>/y;
const attribute = /\s+([a-zA-Z][\w:-]*)(?:="([^"]*)")?/g;
const entity = /&(?:amp|lt|gt|quot|#39|#96);/g;

export interface ReadPage {
  /** All text between tags, as a person reads it. */
  text: string;
  title: string;
}

export function readStrictly(page: string): ReadPage {
  assert.ok(page.startsWith('<!DOCTYPE html>\n'), 'it begins with its type');
  const open: string[] = [];
  const ids: string[] = [];
  const targets: string[] = [];
  const texts: string[] = [];
  let title = '';
  let style = '';
  let policy = '';
  let position = '<!DOCTYPE html>'.length;
  while (position < page.length) {
    const next = page.indexOf('<', position);
    const text = page.slice(position, next < 0 ? page.length : next);
    if (open.at(-1) === 'style') style += text;
    else texts.push(plain(text));
    if (open.join(' ') === 'html head title') title += plain(text);
    if (next < 0) break;
    tag.lastIndex = next;
    const [whole = '', closing, name = '', written = '', alone] =
      tag.exec(page) ?? assert.fail(`no tag of ours: ${page.slice(next, next + 80)}`);
    position = next + whole.length;
    assert.ok(elements.has(name), `element ${name}`);
    if (closing === '/') {
      assert.equal(open.pop(), name, `</${name}> closes something else`);
      continue;
    }
    const values = new Map<string, string>();
    for (const [, key = '', value = ''] of written.matchAll(attribute)) {
      assert.ok(attributes.has(key), `attribute ${key} of ${name}`);
      assert.ok(!values.has(key), `two attributes ${key}`);
      values.set(key, plain(value));
    }
    if (values.has('id')) ids.push(values.get('id') ?? '');
    if (values.has('href')) targets.push(values.get('href') ?? '');
    if (values.get('http-equiv') === 'Content-Security-Policy') policy = values.get('content') ?? '';
    else assert.ok(!values.has('http-equiv'), 'another http-equiv');
    if (!voidElements.has(name) && alone !== '/') open.push(name);
  }
  assert.deepEqual(open, [], 'elements that are not closed');
  assert.deepEqual(ids.length, new Set(ids).size, 'an id is there twice');
  for (const target of targets)
    assert.ok(target.startsWith('#') && ids.includes(target.slice(1)), `link ${target} leads nowhere here`);
  const hash = createHash('sha256').update(style).digest('base64');
  assert.equal(policy, `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
  assert.doesNotMatch(style, /url\(|@import|@font-face|expression|https?:/i);
  return { text: texts.join(''), title };
}

/** Text of the page without its escapes; what is left must not be able to mean anything else. */
function plain(text: string): string {
  assert.doesNotMatch(text.replaceAll(entity, ''), /[&<>]/, 'something is not escaped');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these must not be there
  assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u);
  const characters: Record<string, string> = {
    '&amp;': '&',
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&#39;': "'",
    '&#96;': '`',
  };
  return text.replaceAll(entity, (escaped) => characters[escaped] ?? '');
}
