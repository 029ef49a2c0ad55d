/**
 * One resolver for the three URI schemes of the drafts:
 *
 *   urn:ietf:params:xml:ns:yang:ietf-interfaces/interfaces/interface=eth0/statistics
 *   mcp://router1/ietf-interfaces:interfaces/interface=eth0
 *   network:///interface/eth0        network:///routing/ipv6/route-table
 *
 * Paths are taken apart node by node (RFC 8040 section 3.5.3), never compared as strings.
 */
import { ConferError } from '../core/errors.ts';

export interface DataUri {
  /** "ietf-interfaces" */
  module: string;
  /** From the module's top container down. */
  nodes: DataNode[];
}

export interface DataNode {
  name: string;
  /** Key of a list entry. */
  key?: string;
}

const urnPrefix = 'urn:ietf:params:xml:ns:yang:';
const depthMax = 16;

/** Throws ConferError `bad-input`, `unknown-node`. */
export function parseDataUri(uri: string, ownName: string): DataUri {
  if (uri.startsWith(urnPrefix)) {
    const [module = '', ...rest] = uri.slice(urnPrefix.length).split('/');
    return dataUri(uri, module, rest);
  }
  if (uri.startsWith('network:///')) return networkUri(uri);
  const direct = /^mcp:\/\/([^/]+)\/([^/:]+):(.+)$/s.exec(uri);
  if (direct === null)
    throw new ConferError(
      'bad-input',
      `${uri} is no resource here; write mcp://<device>/<yang-module>:<path>, network:///<path> or ${urnPrefix}<module>/<path>.`,
    );
  const [, device = '', module = '', path = ''] = direct;
  if (decoded(device, uri).toLowerCase() !== ownName.toLowerCase())
    throw new ConferError('unknown-node', `${uri} names another device; this one is ${ownName}.`);
  return dataUri(uri, module, path.split('/'));
}

/** network-mgmt draft section 5. */
function networkUri(uri: string): DataUri {
  const [kind, ...rest] = uri.slice('network:///'.length).split('/');
  if (kind === 'interface' && rest.length > 0)
    return {
      module: 'ietf-interfaces',
      nodes: [{ name: 'interfaces' }, { name: 'interface', key: decoded(rest.join('/'), uri) }],
    };
  if (kind === 'routing') return { module: 'ietf-routing', nodes: [{ name: 'routing' }] };
  throw new ConferError(
    'not-found',
    `${uri} is not served; network:///interface/NAME and network:///routing are.`,
  );
}

function dataUri(uri: string, module: string, segments: readonly string[]): DataUri {
  if (!/^[a-zA-Z_][\w.-]*$/.test(module) || segments.length === 0 || segments.length > depthMax)
    throw new ConferError('bad-input', `${uri} needs a YANG module and a path of at most ${depthMax} nodes.`);
  return { module, nodes: segments.map((segment) => dataNode(segment, uri)) };
}

function dataNode(segment: string, uri: string): DataNode {
  const [, name, key] = /^([a-zA-Z_][\w.:-]*)(?:=(.+))?$/s.exec(segment) ?? [];
  if (name === undefined)
    throw new ConferError('bad-input', `"${segment}" in ${uri} is no YANG node; write name or name=key.`);
  return { name, ...(key !== undefined && { key: decoded(key, uri) }) };
}

function decoded(text: string, uri: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ConferError('bad-input', `${uri} has a broken percent-encoding.`);
  }
}
