import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openRawFrames, RawFramesError } from '../../../src/system/raw-frames.ts';

describe('raw frames', () => {
  it('say what is missing: Linux, an interface, or the right to open raw sockets', async () => {
    const name = 'no-such-if';
    await assert.rejects(openRawFrames({ interfaces: [name] }), (error) => {
      assert.ok(error instanceof RawFramesError);
      assert.equal(error.code, process.platform === 'linux' ? 'no-such-interface' : 'unsupported-platform');
      return true;
    });
  });

  const root = process.platform === 'linux' && process.getuid?.() === 0;
  it('open on loopback, refuse an unknown interface silently, close twice', {
    skip: root ? false : 'needs root and Linux',
  }, async () => {
    const port = await openRawFrames({ interfaces: ['lo'] });
    assert.deepEqual(port.interfaces(), ['lo']);
    port.send('other', new Uint8Array(60));
    assert.deepEqual(port.statistics(), { sent: 0, sendFailures: 0, received: 0 });
    port.close();
    port.close();
    port.send('lo', new Uint8Array(60));
    assert.equal(port.statistics().sent, 0);
  });

  const unprivileged = process.platform === 'linux' && !root;
  it('name the capability that is missing', {
    skip: unprivileged ? false : 'needs Linux without root',
  }, async () => {
    await assert.rejects(openRawFrames({ interfaces: ['lo'] }), /CAP_NET_RAW/);
  });
});
