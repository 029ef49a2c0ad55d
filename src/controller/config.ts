/** controller.yaml: everything that one controller is told. Parsed once; all mistakes of a file are reported together. */
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { parseYaml } from '../core/yaml-document.ts';

const port = z.int().min(1).max(65_535);
const usualPort = 9514;

const deviceSchema = z
  .strictObject({
    name: z.string().min(1).max(64).describe('As its certificate says'),
    url: z.string().optional().describe('For example https://[2001:db8::1]:9514'),
    host: z.string().min(1).optional(),
    port: port.optional(),
  })
  .transform(({ name, url, host, port: given }, context) => {
    const complain = (field: string, message: string) => {
      context.addIssue({ code: 'custom', path: [field], message });
      return z.NEVER;
    };
    if (url === undefined && host !== undefined) return { name, host, port: given ?? usualPort };
    if (url === undefined) return complain('name', `${name} has no address: add url, or host and port`);
    if (host !== undefined || given !== undefined)
      return complain('url', `${name} has two addresses: write either url, or host and port`);
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed?.protocol !== 'https:' || parsed.hostname === '')
      return complain('url', `expected an address such as https://[2001:db8::1]:9514, found ${url}`);
    const address = parsed.hostname.replace(/^\[|\]$/g, '');
    return { name, host: isIPv6(address) ? address : parsed.hostname, port: portOf(parsed, url) };
  });

const ms = (low: number, high: number, initial: number) => z.int().min(low).max(high).default(initial);

const pullSchema = z.strictObject({
  devicesAtOnce: z.int().min(1).max(256).default(16),
  deviceTimeoutMs: ms(1_000, 3_600_000, 300_000),
  callTimeoutMs: ms(100, 600_000, 10_000),
});

const watchSchema = z
  .strictObject({
    retryMinMs: ms(10, 600_000, 1_000),
    retryMaxMs: ms(10, 3_600_000, 60_000),
    syncIntervalMs: ms(1_000, 86_400_000, 300_000),
  })
  .refine(({ retryMinMs, retryMaxMs }) => retryMinMs <= retryMaxMs, {
    path: ['retryMaxMs'],
    message: 'expected at least retryMinMs',
  });

const refusedSchema = z.strictObject({ keepMax: z.int().min(1).max(10_000).default(100) });

const controllerConfigSchema = z
  .strictObject({
    identity: z
      .string()
      .min(1)
      .describe('Directory with certificate.pem, key.pem and ca.pem; role controller'),
    trust: z
      .string()
      .min(1)
      .optional()
      .describe('Whose reports are believed; ca.pem of identity when absent'),
    store: z.string().min(1).describe('Directory for reports'),
    devices: z.array(deviceSchema).min(1, 'expected at least one device').max(4_096),
    pull: pullSchema.prefault({}),
    watch: watchSchema.prefault({}),
    refused: refusedSchema.prefault({}),
  })
  .superRefine(({ devices }, context) => {
    devices.forEach(({ name }, index) => {
      if (devices.findIndex((other) => other.name === name) < index)
        context.addIssue({
          code: 'custom',
          path: ['devices', index, 'name'],
          message: `${name} is there twice`,
        });
    });
  });

export type ControllerConfig = z.infer<typeof controllerConfigSchema>;

/** Throws ConferError `bad-input` that names file, line and field of everything that is wrong. */
export function parseControllerConfig(text: string, fileName: string): ControllerConfig {
  return parseYaml(controllerConfigSchema, text, fileName);
}

/** A URL forgets a port that is https's own. */
function portOf({ port: written }: URL, url: string): number {
  if (written !== '') return Number(written);
  return /:443(?:\/|$)/.test(url) ? 443 : usualPort;
}
