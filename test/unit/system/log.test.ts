import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStderrLog } from '../../../src/system/log.ts';

test('a log entry is one line of JSON, whatever its texts hold, and its own members stay its own', (context) => {
  const lines: string[] = [];
  context.mock.method(process.stderr, 'write', (text: string) => lines.push(text) > 0);
  const log = createStderrLog('PE-1');
  log.warn('two\nlines', { reason: 'a\r\nb', node: 'P-2', level: 'info', time: 'never' });
  log.info('plain');
  context.mock.reset();
  assert.equal(lines.length, 2);
  for (const line of lines) assert.match(line, /^[^\n\r]+\n$/);
  const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, string>);
  const { time, ...rest } = first ?? {};
  assert.deepEqual(rest, { level: 'warn', node: 'PE-1', message: 'two\nlines', reason: 'a\r\nb' });
  assert.equal(new Date(time ?? '').toISOString(), time);
  assert.deepEqual(Object.keys(second ?? {}), ['time', 'level', 'node', 'message']);
});
