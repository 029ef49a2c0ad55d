/**
 * A real agent in conformance mode, and a plain HTTP address for suites that have no client certificate; until Ctrl-C.
 *
 *     node test/interop/conformance-agent.ts
 */
import { once } from 'node:events';
import { startMtlsProxy } from '../support/mtls-proxy.ts';
import { startOneAgent } from '../support/one-agent.ts';

await using agent = await startOneAgent({ conformance: true });
await using proxy = await startMtlsProxy(agent.url, agent.operator);
console.log(`${proxy.url.href} -> mutual TLS -> ${agent.url.href}`);
await once(process, 'SIGINT');
