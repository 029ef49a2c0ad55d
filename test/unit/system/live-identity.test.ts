/**
 * Input: an agent that runs, and what becomes of revocations.pem in its identity directory meanwhile.
 * Output: the revocation list that is in force, and what the log is told.
 */
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { loadIdentity, revocationListBytesMax } from '../../../src/system/identity.ts';
import { LiveIdentity, lookEveryMs } from '../../../src/system/live-identity.ts';
import { dialMtls, listenMtls } from '../../../src/system/mtls.ts';
import { initAuthority, issueIdentity, revokeIdentity } from '../../../src/system/pki.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const hourMs = 3_600_000;
const place = mkdtempSync(join(tmpdir(), 'confer-live-identity-'));
after(() => rmSync(place, { recursive: true }));

let authorities = 0;

/** An agent PE-1 that has been up for a while, whose authority also issued to bob and eve. */
async function running({ withList = false, upForMs = hourMs, apartMs = 2_000 } = {}) {
  // A whole second: what is told apart by less than one is not told apart by X.509's times.
  const now = Math.floor((Date.now() - hourMs) / 1_000) * 1_000;
  const pki = join(place, `pki-${++authorities}`);
  initAuthority(pki, { name: 'x', lifetimeMs: 30 * 24 * hourMs, now });
  const issue = (node: string) =>
    issueIdentity(pki, join(pki, node), { node, role: 'device', hosts: [], lifetimeMs: 24 * hourMs, now });
  for (const node of ['bob', 'eve', 'dan']) issue(node);
  let revocations = 0;
  const revoke = (node: string) => {
    revokeIdentity(pki, node, now + 2_000 + apartMs * revocations++);
    return readFileSync(join(pki, 'crl.pem'), 'utf8');
  };
  const first = withList ? revoke('bob') : undefined;
  issue('PE-1');
  const directory = join(pki, 'PE-1');
  const file = join(directory, 'revocations.pem');
  const clock = createVirtualClock(now + upForMs);
  const told: { message: string; [field: string]: unknown }[] = [];
  const log = {
    info: (message: string, fields?: object) => void told.push({ message, ...fields }),
    warn: (message: string, fields?: object) => void told.push({ message, ...fields }),
  };
  const live = new LiveIdentity(directory, loadIdentity(directory), { clock, log });
  const inForce: (string | undefined)[] = [];
  const stop = live.follow(({ revocationListPem }) => inForce.push(revocationListPem));
  await clock.advance(3 * lookEveryMs);
  return { pki, file, first, revoke, clock, live, told, inForce, stop };
}

describe('an agent that runs', () => {
  it('takes a revocation list that appears in its directory, once, and says so', async () => {
    const { file, revoke, clock, live, told, inForce } = await running();
    assert.deepEqual([live.current.revocationListPem, told, inForce], [undefined, [], []]);
    const list = revoke('bob');
    writeFileSync(file, list);
    await clock.advance(lookEveryMs);
    assert.equal(live.current.revocationListPem, list);
    assert.deepEqual(inForce, [list]);
    assert.deepEqual(
      told.map(({ message }) => message),
      ['revocation list taken'],
    );
    await clock.advance(10 * lookEveryMs);
    assert.equal(told.length, 1);
    assert.equal(inForce.length, 1);
  });

  it('takes the next list in place of the one that it started with', async () => {
    const { file, first, revoke, clock, live } = await running({ withList: true });
    assert.equal(live.current.revocationListPem, first);
    const second = revoke('eve');
    assert.notEqual(second, first);
    writeFileSync(file, second);
    await clock.advance(lookEveryMs);
    assert.equal(live.current.revocationListPem, second);
  });

  const broken: [
    what: string,
    spoil: (file: string, world: { pki: string; first: string }) => void,
    RegExp,
  ][] = [
    ['is no list', (file) => writeFileSync(file, 'no list'), /is no revocation list of this authority/],
    ['is half written', (file, { first }) => writeFileSync(file, first.slice(0, 90)), /is no revocation/],
    ['is gone', (file) => rmSync(file), /revocations\.pem cannot be read: there is no such file/],
    [
      'is too large to be one',
      (file) => appendFileSync(file, ' '.repeat(revocationListBytesMax)),
      /is larger than/,
    ],
    [
      'is that of another authority of the same name',
      (file) => {
        const other = join(place, `other-${++authorities}`);
        initAuthority(other, { name: 'x', lifetimeMs: hourMs, now: Date.now() });
        issueIdentity(other, join(other, 'bob'), {
          node: 'bob',
          role: 'device',
          hosts: [],
          lifetimeMs: hourMs,
          now: Date.now(),
        });
        revokeIdentity(other, 'bob', Date.now() + 60_000);
        copyFileSync(join(other, 'crl.pem'), file);
      },
      /is no revocation list of this authority/,
    ],
  ];
  for (const [what, spoil, why] of broken)
    it(`keeps the list that it has, and warns once, where the new one ${what}`, async () => {
      const { pki, file, first = '', revoke, clock, live, told, inForce } = await running({ withList: true });
      spoil(file, { pki, first });
      await clock.advance(10 * lookEveryMs);
      assert.equal(live.current.revocationListPem, first);
      assert.deepEqual(inForce, []);
      assert.deepEqual(
        told.map(({ message }) => message),
        ['revocation list not taken: the one before stays in force'],
      );
      assert.match(String(told[0]?.reason), why);
      const mended = revoke('eve');
      writeFileSync(file, mended);
      await clock.advance(lookEveryMs);
      assert.equal(live.current.revocationListPem, mended);
    });

  it('keeps the list that it has where an older one is put back: it would make a certificate good again', async () => {
    const { file, first = '', revoke, clock, live, told } = await running({ withList: true });
    const second = revoke('eve');
    writeFileSync(file, second);
    await clock.advance(lookEveryMs);
    writeFileSync(file, first);
    await clock.advance(3 * lookEveryMs);
    assert.equal(live.current.revocationListPem, second);
    assert.match(String(told.at(-1)?.reason), /is older than the list in force/);
  });

  it('tells by its number that a list is older, though both were issued within one second', async () => {
    const { file, first = '', revoke, clock, live, told } = await running({ withList: true, apartMs: 400 });
    const second = revoke('eve');
    writeFileSync(file, second);
    await clock.advance(lookEveryMs);
    assert.deepEqual([live.current.revocationListPem, told.at(-1)?.number], [second, '2']);
    writeFileSync(file, first);
    await clock.advance(3 * lookEveryMs);
    assert.equal(live.current.revocationListPem, second);
    assert.match(String(told.at(-1)?.reason), /is older than the list in force \(number 1 after 2\)/);
  });

  it('takes a list with a higher number, though the clock of its authority was set back', async () => {
    const { file, revoke, clock, live } = await running({ withList: true, apartMs: -60_000 });
    const second = revoke('eve');
    writeFileSync(file, second);
    await clock.advance(lookEveryMs);
    assert.equal(live.current.revocationListPem, second);
  });

  it('keeps the list that it has where the authority issued its number again, from an old record', async () => {
    const { pki, file, revoke, clock, live, told } = await running({ withList: true });
    const record = join(pki, 'revocations.json');
    const backup = readFileSync(record);
    const second = revoke('eve');
    writeFileSync(file, second);
    await clock.advance(lookEveryMs);
    writeFileSync(record, backup);
    writeFileSync(file, revoke('dan'));
    await clock.advance(3 * lookEveryMs);
    assert.equal(live.current.revocationListPem, second);
    assert.match(String(told.at(-1)?.reason), /has the number 2 of the list in force, and other contents/);
  });

  it('keeps the list that it has where the new one has ended: it would refuse everybody', async () => {
    const { file, first, revoke, clock, live, told } = await running({
      withList: true,
      upForMs: 31 * 24 * hourMs,
    });
    writeFileSync(file, revoke('eve'));
    await clock.advance(3 * lookEveryMs);
    assert.equal(live.current.revocationListPem, first);
    assert.match(String(told.at(-1)?.reason), /ended at 2/);
  });

  it('takes a list that begins only later, as soon as it does: its clock may be behind', async () => {
    const { file, revoke, clock, live, told } = await running({ withList: true, upForMs: -60_000 });
    const second = revoke('eve');
    writeFileSync(file, second);
    await clock.advance(3 * lookEveryMs);
    assert.match(String(told.at(-1)?.reason), /begins only at/);
    await clock.advance(120_000);
    assert.equal(live.current.revocationListPem, second);
    assert.equal(told.length, 2);
  });

  it('is not told of a file that was read while it was being written', async () => {
    const { file, revoke, clock, live, told } = await running({ withList: true });
    const second = revoke('eve');
    writeFileSync(file, second.slice(0, 200));
    await clock.advance(lookEveryMs);
    writeFileSync(file, second);
    await clock.advance(lookEveryMs);
    assert.equal(live.current.revocationListPem, second);
    assert.deepEqual(
      told.map(({ message }) => message),
      ['revocation list taken'],
    );
  });

  it('cuts a connection that it opened to whoever is revoked, and no other', async () => {
    const { pki, file, revoke, clock, live, told, stop } = await running();
    const dialled = async (node: string) => {
      const identity = loadIdentity(join(pki, node));
      const listener = await listenMtls({ identity, host: '127.0.0.1', port: 0, onConnection: () => {} });
      const { port } = listener;
      const connection = { identity: live.current, host: '127.0.0.1', port, expected: { node } };
      const socket = await dialMtls(connection);
      live.guard(socket);
      return { socket, connection, listener };
    };
    const [bob, dan] = [await dialled('bob'), await dialled('dan')];
    const late = await dialMtls(bob.connection);
    writeFileSync(file, revoke('bob'));
    await clock.advance(lookEveryMs);
    assert.deepEqual([bob.socket.destroyed, dan.socket.destroyed], [true, false]);
    live.guard(late); // it was dialled under the list before
    assert.equal(late.destroyed, true);
    const cut = { message: 'connection cut', peer: 'bob', reason: 'revoked' };
    for (const line of [told[1], told[2]])
      assert.deepEqual({ ...line, detail: undefined }, { ...cut, detail: undefined });
    stop();
    dan.socket.destroy();
    await Promise.all([bob.listener.close(), dan.listener.close()]);
  });

  it('looks no more once it is stopped', async () => {
    const { file, revoke, clock, live, stop } = await running();
    stop();
    writeFileSync(file, revoke('bob'));
    await clock.advance(10 * lookEveryMs);
    assert.equal(live.current.revocationListPem, undefined);
    assert.equal(clock.waiting, 0);
  });
});

describe('an identity directory', () => {
  it('with a revocation list that is none is refused at the start, by the name of the file', async () => {
    const { pki, file, stop } = await running({ withList: true });
    stop();
    writeFileSync(file, 'no list');
    const message = /PE-1\/revocations\.pem is no revocation list of this authority/;
    assert.throws(() => loadIdentity(join(pki, 'PE-1')), { code: 'bad-input', message });
  });
});
