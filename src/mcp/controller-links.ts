/**
 * The link between a controller and a device: the controller opens it, and each calls the other over it.
 *
 *   controller                                        device
 *   openDeviceLink  -- resources, reads, tools -->    its MCP server
 *   its MCP server  <-- ietf-mcp-report-deliver --    callBack
 */
import type { Duplex } from 'node:stream';
import type { Clock, Log, Peer } from '../core/ports.ts';
import type { Service } from '../core/service.ts';
import { bounds } from './bounds.ts';
import { CallerQuota } from './caller-quota.ts';
import { openLink } from './link-dialer.ts';
import { serveLink } from './link-server.ts';
import { LinkedPeer, type LinkIdentity } from './linked-peer.ts';
import type { PeerLink } from './peer-link.ts';

/** The session that the answers on such a link are signed in. */
export const reportSession = 'reports';

/** A device at the other end of a link that we opened. */
export interface DeviceConnection extends Pick<Peer, 'call' | 'read'> {
  /** One page of resources/list. Throws PeerError. */
  resources(cursor: string | undefined, signal: AbortSignal): ReturnType<LinkedPeer['resources']>;
  readonly ended: AbortSignal;
  close(): void;
}

/** A controller that opened a link to us. */
export interface ControllerConnection extends Pick<Peer, 'node' | 'certificate' | 'call'> {
  readonly session: string;
  readonly ended: AbortSignal;
}

/** Owns the mutual-TLS socket from now on; `service` is what the device may call. Throws PeerError. */
export async function openDeviceLink(
  socket: Duplex,
  device: LinkIdentity,
  own: { node: string; service: Service; clock: Clock; log: Log; signal: AbortSignal },
): Promise<DeviceConnection> {
  const { node, service, clock, log, signal } = own;
  const link = await openLink(socket, device.node, clock, signal);
  const caller = { name: device.node, role: 'device', thumbprint: device.thumbprint } as const;
  serveLink(link, service, { caller, quota: new CallerQuota(bounds.callerRequestsMax), log });
  const peer = await LinkedPeer.over(link, device, node);
  return {
    ...peer.direct(reportSession),
    resources: (cursor, given) => peer.resources(cursor, { signal: given, session: reportSession }),
    ended: link.ended,
    close: () => link.close(),
  };
}

/** The way back over a link that a controller opened to us. */
export async function callBack(
  link: PeerLink,
  controller: LinkIdentity,
  own: { node: string },
): Promise<ControllerConnection> {
  const peer = await LinkedPeer.over(link, controller, own.node);
  const { node, certificate } = controller;
  const { call } = peer.direct(reportSession);
  return { node, certificate, call, session: reportSession, ended: link.ended };
}
