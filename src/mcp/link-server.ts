import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Log } from '../core/ports.ts';
import type { Caller, Service } from '../core/service.ts';
import type { CallerQuota } from './caller-quota.ts';
import type { PeerLink } from './peer-link.ts';
import { createMcpServer } from './server.ts';

/**
 * Serves the peer's calls on a link, in the protocol era that its first message selects. The caller is bound here:
 * it is whom the link's certificate names, whatever the messages say.
 */
export function serveLink(
  link: PeerLink,
  service: Service,
  binding: { caller: Caller; quota: CallerQuota; log: Log },
): void {
  const { log, caller } = binding;
  // Named after stdio in the SDK, it takes any transport of one connection.
  serveStdio(({ era }) => createMcpServer(service, { ...binding, era, certificate: 'by-connection' }), {
    transport: link.serverTransport,
    maxSubscriptions: 0,
    onerror: (error) =>
      log.warn('peer link: a message was refused', { caller: caller.name, error: error.message }),
  });
}
