/**
 * `node --import ./mutual-tls.mjs CLIENT`: gives a client that knows nothing of client certificates one, through the
 * dispatcher that `fetch` uses. CONFER_IDENTITY is a directory with certificate.pem, key.pem and ca.pem.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, setGlobalDispatcher } from 'undici';

const directory = process.env.CONFER_IDENTITY ?? '';
const pem = (name) => readFileSync(join(directory, name), 'utf8');
const connect = {
  cert: pem('certificate.pem'),
  key: pem('key.pem'),
  ca: pem('ca.pem'),
  minVersion: 'TLSv1.3',
};
setGlobalDispatcher(new Agent({ connect }));
