/** docs/report.md and docs/report.schema.json say what the parser of reports says. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { root } from '../support/source.ts';
import { node } from './confer.ts';

const page = readFileSync(join(root, 'docs/report.md'), 'utf8');
const schema = JSON.parse(readFileSync(join(root, 'docs/report.schema.json'), 'utf8'));

it('the published JSON Schema is that of the parser', () => {
  const printed = execFileSync(node, [join(root, 'scripts/report-schema.ts')], { encoding: 'utf8' });
  assert.deepEqual(
    schema,
    JSON.parse(printed),
    'run: node scripts/report-schema.ts > docs/report.schema.json',
  );
});

it('every field has its line in the page', () => {
  const names = (fields: object) => Object.keys(fields);
  const { properties } = schema;
  const wanted = [
    ...names(properties),
    ...names(properties.findings.items.properties),
    ...names(properties.measurements.items.properties),
    ...names(properties.paths.items.properties),
    ...names(properties.flows.items.properties),
    ...names(properties.untrusted.items.properties),
    ...names(properties.envelopes.items.properties),
    ...names(properties.envelopes.items.properties.signed.properties.statement.properties),
    ...properties.findings.items.properties.kind.enum,
    ...properties.verdict.enum,
  ];
  assert.deepEqual(
    wanted.filter(
      (name) => !page.includes(`\`${name}\``) && !page.includes(`.${name}\``) && !page.includes(`\`${name}.`),
    ),
    [],
  );
});

it('no field has a line that does not exist', () => {
  const fields = page.slice(page.indexOf('## Fields'), page.indexOf('### A finding'));
  const told = [...fields.matchAll(/^\|`([\w-]+)`\|/gm)].map(([, name]) => name);
  assert.deepEqual(told.sort(), Object.keys(schema.properties).sort());
});
