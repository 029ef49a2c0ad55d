/**
 * Plain HTTP on loopback to mutual TLS, for software that has no client certificate to show:
 *
 *   suite --HTTP--> 127.0.0.1:port --mutual TLS 1.3, operator's certificate--> agent
 *
 * It changes nothing but the names in Host and Origin, as every reverse proxy does; what claims another host or origin
 * than the proxy's own goes on as it is.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';

export interface MtlsProxy extends AsyncDisposable {
  /** Of the same path as the agent's URL. */
  url: URL;
}

export async function startMtlsProxy(target: URL, identity: string): Promise<MtlsProxy> {
  const pem = (name: string) => readFileSync(join(identity, name));
  const agent = new Agent({
    key: pem('key.pem'),
    cert: pem('certificate.pem'),
    ca: pem('ca.pem'),
    minVersion: 'TLSv1.3',
    // Else Node asks the agent's certificate for whatever name Host claims.
    servername: '',
    keepAlive: true,
  });
  const server = createServer((incoming, outgoing) => {
    const headers = asOf(target, url, incoming.headers);
    const onward = request(new URL(incoming.url ?? '/', target), { agent, method: incoming.method, headers });
    onward.once('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      outgoing.flushHeaders();
      pipeline(response, outgoing, () => {});
    });
    onward.once('error', (error) => {
      if (!outgoing.headersSent) outgoing.writeHead(502).end(error.message);
      else outgoing.destroy();
    });
    outgoing.once('close', () => onward.destroy());
    pipeline(incoming, onward, () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = new URL(target.pathname, `http://127.0.0.1:${port}`);
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

function asOf(target: URL, own: URL, headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const translated = { ...headers };
  if (headers.host === own.host) translated.host = target.host;
  if (headers.origin === own.origin) translated.origin = target.origin;
  return translated;
}
