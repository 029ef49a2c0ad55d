/** Input: the path of a field in a document. Output: where it is, as people count and name. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fieldNameOf } from '../../../src/core/field-name.ts';

it('fields are told as people count, with the names that items have', () => {
  const value = { devices: [{ name: 'PE-1' }, { name: 'PE-3', url: 7 }, 4], capabilities: ['a'] };
  assert.equal(fieldNameOf(['devices', 1, 'url'], value), 'devices item 2 (PE-3), url');
  assert.equal(fieldNameOf(['devices', 2, 'url'], value), 'devices item 3, url');
  assert.equal(fieldNameOf(['capabilities', 0], value), 'capabilities item 1');
  assert.equal(
    fieldNameOf(['topology', 'links', 0, 'endpoints', 1]),
    'topology.links item 1, endpoints item 2',
  );
  assert.equal(fieldNameOf(['topology', 'nodes', 'a b'], value), 'topology.nodes."a b"');
  assert.equal(fieldNameOf([0, 'name'], [{ name: 'x'.repeat(80) }]), `item 1 (${'x'.repeat(61)}...), name`);
  assert.equal(fieldNameOf([], value), '');
});
