import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseToolJson, runTool } from '../../../src/device/linux-tools.ts';

describe('running tools', { skip: process.platform === 'win32' }, () => {
  test('returns what the tool prints, and feeds it', async () => {
    assert.equal(await runTool('cat', [], { input: 'hello\n' }), 'hello\n');
  });

  test('arguments are never read by a shell', async () => {
    assert.equal(await runTool('echo', ['$(id)', ';', '`id`', '*']), '$(id) ; `id` *\n');
  });

  test('names the package of a tool that is missing', async () => {
    await assert.rejects(runTool('no-such-tool', []), {
      code: 'device-failure',
      message: /install the Debian package/,
    });
  });

  test('says what the tool said when it failed', async () => {
    await assert.rejects(runTool('sh', ['-c', 'echo sorry >&2; exit 3']), {
      code: 'device-failure',
      message: /failed: sorry\.$/,
    });
    await assert.rejects(runTool('sh', ['-c', 'echo Operation not permitted >&2; exit 1']), {
      message: /CAP_NET_ADMIN/,
    });
  });

  test('ends a tool that does not end', async () => {
    await assert.rejects(runTool('sleep', ['30'], { timeoutMs: 50 }), {
      message: /did not end within 50 ms/,
    });
  });

  test('bounds what a tool prints', async () => {
    const flood = runTool('head', ['-c', '40000000', '/dev/zero'], { timeoutMs: 30_000 });
    await assert.rejects(flood, { message: /printed more than/ });
  });

  test('rejects with the reason of the signal, at once', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const running = runTool('sleep', ['30'], { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(running, reason);
    await assert.rejects(runTool('sleep', ['30'], { signal: controller.signal }), reason);
  });

  test('a tool that prints no JSON is too old', () => {
    assert.deepEqual(parseToolJson('nft', ' \n'), []);
    assert.throws(() => parseToolJson('nft', 'table inet'), { code: 'device-failure' });
  });
});
