/** Where the router itself would send a packet, by `ip route get`. */
import { z } from 'zod';
import { parseToolJson, type RunTool } from './linux-tools.ts';

const routesSchema = z.array(z.object({ dev: z.string().optional() }));
const linksSchema = z.array(z.object({ mtu: z.number().optional() }));

/** MTU of the interface towards an address, octets; undefined without a route. */
export async function outgoingMtu(
  run: RunTool,
  destination: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const output = await run('ip', ['-j', '-6', 'route', 'get', destination], { signal });
  const device = routesSchema.parse(parseToolJson('ip', output))[0]?.dev;
  if (device === undefined) return undefined;
  const link = await run('ip', ['-j', 'link', 'show', 'dev', device], { signal });
  return linksSchema.parse(parseToolJson('ip', link))[0]?.mtu;
}
