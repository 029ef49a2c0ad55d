/** What /proc and the kernel's clock say, as the schema of core/device-data.ts wants it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { systemSchema } from '../../../src/core/device-data.ts';
import { readSystem, systemOf } from '../../../src/device/linux-system.ts';

const stat = 'cpu  100 20 30 1000 50 5 6 7 99 99\ncpu0 1 1 1 1\nintr 1\n';
const meminfo = 'MemTotal:        2048 kB\nMemFree:          100 kB\nMemAvailable:     512 kB\n';

it('processor, memory and clock', () => {
  const clock = { synchronised: true, maximumErrorUs: 1_500 };
  assert.deepEqual(systemSchema.parse(systemOf(stat, meminfo, 'abc\n', clock)), {
    'confer-device:system': {
      processor: { 'busy-ms': '1680', 'idle-ms': '10500' },
      memory: { 'total-kilobytes': '2048', 'available-kilobytes': '512' },
      clock: { id: 'abc', synchronised: true, 'maximum-error-us': 1_500 },
    },
  });
});

it('leaves out what it cannot read, and claims no clock that nobody sets', () => {
  assert.deepEqual(systemOf('', '', '', undefined), { 'confer-device:system': {} });
  const { 'confer-device:system': told } = systemOf('cpu  x\n', 'MemTotal: 1 kB\n', 'b', {
    synchronised: false,
    maximumErrorUs: 16_000_000,
  });
  assert.deepEqual(told, { clock: { id: 'b', synchronised: false } });
});

it('is there on this machine', { skip: process.platform !== 'linux' && 'needs Linux' }, async () => {
  const { 'confer-device:system': told } = systemSchema.parse(await readSystem());
  assert.ok(told.processor !== undefined && told.memory !== undefined && told.clock !== undefined);
  assert.equal((await readSystem())['confer-device:system'].clock?.id, told.clock.id);
});
