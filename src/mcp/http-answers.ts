import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject, JsonValue } from '../../crypto/canonical.ts';
import { ConferError } from '../core/errors.ts';

/** The path of a request, without its query. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

/** Browsers send Origin; agents and MCP clients do not. Only a page that came from here may call (DNS rebinding). */
export function isOwnOrigin({ headers, socket }: IncomingMessage): boolean {
  if (headers.origin === undefined) return true;
  const { localAddress = '', localPort } = socket;
  const address = localAddress.replace(/^::ffff:/, ''); // IPv4 on a socket of both families
  const host = address.includes(':') ? `[${address}]` : address;
  return headers.origin === `https://${host}:${localPort}`;
}

/** The HTTP status of a failure on the draft's paths; in MCP's own messages errors travel with 200. */
export function statusOf(error: unknown): number {
  if (!(error instanceof ConferError)) return 500;
  switch (error.code) {
    case 'access-denied':
      return 403;
    case 'not-found':
      return 404;
    case 'timeout':
      return 504;
    case 'overloaded':
      return 503;
    case 'unreachable':
    case 'device-failure':
      return 502;
    case 'storage-failure':
    case 'cancelled':
      return 500;
    default:
      return 400;
  }
}

/** Answers with JSON. */
export function send(response: ServerResponse, status: number, body: JsonObject): void {
  if (response.destroyed) return;
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.byteLength });
  response.end(bytes);
}

/** Answers with a JSON-RPC error that belongs to no request. */
export function sendError(response: ServerResponse, status: number, code: number, message: string): void {
  sendFailure(response, status, null, { code, message });
}

/** Answers with a JSON-RPC error. */
export function sendFailure(
  response: ServerResponse,
  status: number,
  id: JsonValue,
  error: JsonObject,
): void {
  if (response.destroyed) return;
  // What is left of the request is not read: the connection ends with this answer.
  if (!response.req.complete) response.setHeader('connection', 'close');
  send(response, status, { jsonrpc: '2.0', id, error });
}
