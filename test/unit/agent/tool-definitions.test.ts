import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { promptDefinitions, toolDefinitions } from '../../../src/agent/tool-definitions.ts';
import { allCapabilities } from '../../../src/core/tools.ts';

describe('tools and prompts', () => {
  for (const { name, inputSchema, description, capability } of toolDefinitions)
    it(`${name} takes JSON Schema arguments and refuses unknown ones [N10]`, () => {
      assert.equal(inputSchema.$schema, 'https://json-schema.org/draft/2020-12/schema');
      assert.equal(inputSchema.type, 'object');
      assert.equal(inputSchema.additionalProperties, false);
      const schema = z.fromJSONSchema(inputSchema as Parameters<typeof z.fromJSONSchema>[0]);
      assert.equal(schema.safeParse({ 'no such argument': 1 }).success, false);
      assert.ok(description.length > 10);
      assert.ok(capability === undefined || allCapabilities.includes(capability));
    });

  it('have names of their own', () => {
    const names = toolDefinitions.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });

  it('a template names exactly the arguments that are declared', () => {
    for (const { template, arguments: declared } of promptDefinitions) {
      const used = [...template.matchAll(/\{\{([^}]+)\}\}/g)].map(([, name]) => name);
      assert.deepEqual(used.sort(), declared.map(({ name }) => name).sort());
    }
  });
});
