/** Runs in the cell of a language model and tries to get out of it; says over the channel what came of each attempt. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { Worker } from 'node:worker_threads';

const [tcpPort = '', udpPort = '', socketPath = '', secretFile = '', outFile = ''] = process.argv.slice(2);

/** Resolves where it got through; rejects, or throws, where not. */
const attempts: Record<string, () => unknown> = {
  'TCP to an address': () => opened(() => connect(Number(tcpPort), '127.0.0.1'), 'connect'),
  'TCP over IPv6': () => opened(() => connect(Number(tcpPort), '::1'), 'connect'),
  'a TCP server': () => opened(() => createServer().listen(0), 'listening'),
  fetch: () => fetch(`http://127.0.0.1:${tcpPort}/`),
  'a WebSocket': () =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${tcpPort}/`);
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', ({ error }: ErrorEvent) => reject(error));
    }),
  UDP: () =>
    new Promise((resolve, reject) => {
      const socket = createSocket('udp4').on('error', reject);
      socket.send('out', Number(udpPort), '127.0.0.1', (error) =>
        error ? reject(error) : resolve(undefined),
      );
    }),
  'a Unix socket': () => opened(() => connect(socketPath), 'connect'),
  DNS: () => lookup('example.net'),
  'a child process': () => opened(() => spawn('/bin/true'), 'spawn'),
  'a worker': () => opened(() => new Worker('1', { eval: true }), 'online'),
  'writing a file': () => writeFileSync(outFile, 'out'),
  'writing into the program': () => writeFileSync(new URL('./out', import.meta.url), 'out'),
  'reading a file of others': () => readFileSync(secretFile),
  'reading /etc/passwd': () => readFileSync('/etc/passwd'),
  'the debugger': async () => (await import('node:inspector')).open(0),
};

interface Emitter {
  once(event: string, listener: (...args: unknown[]) => void): unknown;
}

function opened(open: () => Emitter, event: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const emitter = open();
    emitter.once(event, resolve);
    emitter.once('error', reject);
  });
}

const outcomes: Record<string, string> = {};
for (const [what, attempt] of Object.entries(attempts)) {
  try {
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error('nothing came of it')), 3_000));
    await Promise.race([attempt(), late]);
    outcomes[what] = 'got out';
  } catch (error) {
    const { cause = error } = error as Error;
    outcomes[what] = String((cause as NodeJS.ErrnoException).code ?? cause);
  }
}
process.send?.({ outcomes, environment: Object.keys(process.env) });
