import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseDataUri } from '../../../src/agent/data-uri.ts';
import { ConferError } from '../../../src/core/errors.ts';

const urn = 'urn:ietf:params:xml:ns:yang:';

describe('resource addresses [T6] [T24] [N12]', () => {
  const examples: [string, string, ReturnType<typeof parseDataUri>][] = [
    [
      'troubleshooting draft section 5.3.1 step 3',
      `${urn}ietf-interfaces/interfaces/interface=SID-Endpoint/statistics`,
      {
        module: 'ietf-interfaces',
        nodes: [{ name: 'interfaces' }, { name: 'interface', key: 'SID-Endpoint' }, { name: 'statistics' }],
      },
    ],
    [
      'troubleshooting draft section 3.1',
      'mcp://router1/ietf-interfaces:interfaces/interface=eth0',
      { module: 'ietf-interfaces', nodes: [{ name: 'interfaces' }, { name: 'interface', key: 'eth0' }] },
    ],
    [
      'troubleshooting draft section 3.1',
      'mcp://router1/openconfig-bgp:bgp/neighbors/neighbor=1.1.1.1',
      {
        module: 'openconfig-bgp',
        nodes: [{ name: 'bgp' }, { name: 'neighbors' }, { name: 'neighbor', key: '1.1.1.1' }],
      },
    ],
    [
      'network-mgmt draft section 5',
      'network:///interface/TenGigE0/0/0/0',
      {
        module: 'ietf-interfaces',
        nodes: [{ name: 'interfaces' }, { name: 'interface', key: 'TenGigE0/0/0/0' }],
      },
    ],
    [
      'network-mgmt draft section 5',
      'network:///routing/ipv4/route-table',
      { module: 'ietf-routing', nodes: [{ name: 'routing' }] },
    ],
  ];
  for (const [source, uri, expected] of examples)
    it(`${uri} (${source})`, () => {
      assert.deepEqual(parseDataUri(uri, 'router1'), expected);
    });

  it('the device may be written in any case, or percent-encoded, but must be this one', () => {
    assert.equal(parseDataUri('mcp://ROUTER1/a:b', 'router1').module, 'a');
    assert.equal(parseDataUri('mcp://rack%201/a:b', 'Rack 1').module, 'a');
    assert.throws(() => parseDataUri('mcp://router2/a:b', 'router1'), refusedAs('unknown-node'));
  });

  it('any key comes back as it was before it was percent-encoded', () => {
    const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(key, (drawn) => {
        const encoded = encodeURIComponent(drawn);
        for (const uri of [`${urn}m/list=${encoded}/leaf`, `mcp://r/m:list=${encoded}/leaf`])
          assert.deepEqual(parseDataUri(uri, 'r').nodes, [{ name: 'list', key: drawn }, { name: 'leaf' }]);
      }),
    );
  });

  const refused: [string, string][] = [
    ['another scheme', 'https://router1/ietf-interfaces:interfaces'],
    ['no module', `${urn}/interfaces`],
    ['no path', `${urn}ietf-interfaces`],
    ['no path', 'mcp://router1/ietf-interfaces:'],
    ['no device', 'mcp:///ietf-interfaces:interfaces'],
    ['an empty node', `${urn}m/a//b`],
    ['a step up', `${urn}m/a/../b`],
    ['a step up, encoded', `${urn}m/a/%2e%2e/b`],
    ['an encoded name', `${urn}m/%61`],
    ['a quote', `${urn}m/a'b`],
    ['a key without a value', `${urn}m/list=`],
    ['a broken encoding', `${urn}m/list=%zz`],
    ['a broken encoding', `${urn}m/list=%ff`],
    ['a broken encoding', 'network:///interface/%'],
    ['17 nodes', `${urn}m${'/a'.repeat(17)}`],
    ['nothing', ''],
  ];
  for (const [what, uri] of refused)
    it(`is refused: ${what}: ${uri.slice(0, 60)}`, () => {
      assert.throws(() => parseDataUri(uri, 'router1'), refusedAs('bad-input'));
    });

  it('what the network scheme does not serve is not found', () => {
    for (const uri of ['network:///file/startup-config', 'network:///interface', 'network:///'])
      assert.throws(() => parseDataUri(uri, 'router1'), refusedAs('not-found'));
  });

  it('any text is taken apart or refused with a ConferError', () => {
    const prefix = fc.constantFrom('', urn, 'mcp://r/', 'mcp://r/m:', 'network:///interface/', `${urn}m/`);
    fc.assert(
      fc.property(prefix, fc.string({ unit: 'binary', maxLength: 60 }), (start, rest) => {
        try {
          const { module, nodes } = parseDataUri(start + rest, 'r');
          assert.ok(module.length > 0 && nodes.length > 0 && nodes.length <= 16);
        } catch (error) {
          assert.ok(error instanceof ConferError, String(error));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

function refusedAs(code: string) {
  return (error: unknown) => error instanceof ConferError && error.code === code;
}
