import type { ReadResourceResult, Resource, ResourceTemplateType } from '@modelcontextprotocol/server';
import { pixelPngBase64 } from './conformance-content.ts';

const staticText = { uri: 'test://static-text', name: 'static-text', mimeType: 'text/plain' };
const staticBinary = { uri: 'test://static-binary', name: 'static-binary', mimeType: 'image/png' };
const watched = { uri: 'test://watched-resource', name: 'watched-resource', mimeType: 'text/plain' };

export const fixtureResources: readonly Resource[] = [staticText, staticBinary, watched];

export const fixtureTemplates: readonly ResourceTemplateType[] = [
  { uriTemplate: 'test://template/{id}/data', name: 'template', mimeType: 'application/json' },
];

const templateAddress = /^test:\/\/template\/([^/]+)\/data$/;

/** The content of a listed resource or of one that the template describes; undefined for any other address. */
export function readFixture(uri: string): ReadResourceResult | undefined {
  switch (uri) {
    case staticText.uri:
      return of(staticText, { text: 'This is the content of the static text resource.' });
    case staticBinary.uri:
      return of(staticBinary, { blob: pixelPngBase64 });
    case watched.uri:
      return of(watched, { text: 'Watched resource content' });
    default:
      return readTemplate(uri);
  }
}

function readTemplate(uri: string): ReadResourceResult | undefined {
  const id = templateAddress.exec(uri)?.[1];
  if (id === undefined) return undefined;
  const data = { id, templateTest: true, data: `Data for ID: ${id}` };
  return of({ uri, mimeType: 'application/json' }, { text: JSON.stringify(data) });
}

function of(
  { uri, mimeType }: { uri: string; mimeType: string },
  content: { text: string } | { blob: string },
): ReadResourceResult {
  return { contents: [{ uri, mimeType, ...content }] };
}
