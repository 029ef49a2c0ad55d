/** `confer ask` where no agent is. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { initAuthority, issueIdentity } from '../../src/system/pki.ts';
import { refuses, scratch } from './confer.ts';

const directory = scratch();
after(() => directory[Symbol.dispose]());
const identity = join(directory.path, 'alice');

before(() => {
  const lifetimeMs = 3_600_000;
  const authority = join(directory.path, 'ca');
  initAuthority(authority, { name: 'x', lifetimeMs, now: Date.now() });
  const request = { node: 'alice', role: 'operator', hosts: [], lifetimeMs, now: Date.now() } as const;
  issueIdentity(authority, identity, request);
});

/** Asks at a port where somebody accepts connections and does this with them; nobody when absent. */
async function ask(told: RegExp, answer?: (write: (text: string) => void) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    answer?.((text) => socket.end(text));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  if (answer === undefined) server.close();
  try {
    await refuses(
      ['ask', 'loss from A to B', '--agent', `127.0.0.1:${port}`, '--identity', identity],
      1,
      told,
    );
  } finally {
    server.close();
  }
}

it('a place for the report that is a file is told before anybody is asked', () =>
  refuses(
    ['ask', 'loss from A to B', '--agent', '127.0.0.1:1', '--identity', identity, '--out', '/etc/passwd'],
    2,
    /\/etc\/passwd cannot be used as a directory: it is a file/,
  ));

describe('confer ask, where no agent is', { concurrency: 2 }, () => {
  it('says that nobody listens', () =>
    ask(/127\.0\.0\.1 port \d+ cannot be reached: nobody listens there\. Check that its agent runs/));

  it('says after how long a silent listener was given up', () =>
    ask(
      /127\.0\.0\.1:\d+ did not answer in time: No answer within \d+ ms\. Check that its agent runs/,
      () => {},
    ));

  it('says that somebody else listens', () =>
    ask(/127\.0\.0\.1 port \d+ does not speak our TLS 1\.3: (?!.*error:)/, (write) =>
      write('HTTP/1.1 400 Bad\r\n\r\n'),
    ));
});
