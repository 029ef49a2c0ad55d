/** Runs the lab's scripts in namespaces. Bounded, and with what the tool said when it fails. */
import { spawn, spawnSync } from 'node:child_process';
import { ConferError } from '../../core/errors.ts';
import type { Script } from './plan.ts';

const timeoutMs = 60_000;
const outputBytesMax = 64 * 1024;
/** Two cores build a lab; more shells at once only wait for each other. */
const parallelMax = 4;

/** Runs all scripts, some at once. Throws ConferError `device-failure` with the first that failed. */
export async function runScripts(scripts: readonly Script[]): Promise<void> {
  const waiting = [...scripts];
  const worker = async () => {
    for (let script = waiting.shift(); script !== undefined; script = waiting.shift()) {
      await run(['ip', 'netns', 'exec', script.namespace, 'sh', '-es'], script.text);
    }
  };
  await Promise.all(Array.from({ length: parallelMax }, worker));
}

/** `ip -batch` lines, outside any of the lab's namespaces. */
export function runIpBatch(lines: readonly string[]): Promise<void> {
  return run(['ip', '-batch', '-'], `${lines.join('\n')}\n`);
}

/** `ip -6 -batch` lines within a namespace. */
export async function ipBatch(namespace: string, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  const text = `ip -6 -batch - <<'END_OF_INPUT'\n${lines.join('\n')}\nEND_OF_INPUT\n`;
  await runScripts([{ namespace, text }]);
}

/** `tc -batch` lines within a namespace. */
export async function tcBatch(namespace: string, lines: readonly string[]): Promise<void> {
  const text = `tc -batch - <<'END_OF_INPUT'\n${lines.join('\n')}\nEND_OF_INPUT\n`;
  await runScripts([{ namespace, text }]);
}

/** Kernel settings by their names below net/ipv6/conf, such as `eth1/seg6_require_hmac`. */
export async function setIpv6(namespace: string, settings: Record<string, number>): Promise<void> {
  const lines = Object.entries(settings).map(
    ([name, value]) => `echo ${value} > /proc/sys/net/ipv6/conf/${name}\n`,
  );
  await runScripts([{ namespace, text: lines.join('') }]);
}

/** A ruleset as one transaction. */
export async function nft(namespace: string, ruleset: string): Promise<void> {
  if (ruleset === '') return;
  await runScripts([{ namespace, text: `nft -f - <<'END_OF_INPUT'\n${ruleset}END_OF_INPUT\n` }]);
}

async function run([tool = '', ...args]: readonly string[], input: string): Promise<void> {
  const child = spawn(tool, args, {
    stdio: ['pipe', 'ignore', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < outputBytesMax) said += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).catch((error) => {
    throw new ConferError('device-failure', missing(tool), { cause: error });
  });
  if (status === 0) return;
  const why = said.trim().split('\n').slice(0, 4).join('; ');
  throw new ConferError(
    'device-failure',
    `The kernel lab could not be built: ${tool} ${args[2] ?? ''}: ${why}.`,
  );
}

/** What the lab needs; each is a Debian package. */
const tools = { ip: 'iproute2', nft: 'nftables' } as const;

/** Throws ConferError `device-failure` where this machine cannot hold a kernel lab. */
export function requireLab(): void {
  if (process.platform !== 'linux') {
    throw new ConferError('device-failure', 'The kernel world needs Linux; use --world modelled here.');
  }
  if (process.getuid?.() !== 0) {
    throw new ConferError('device-failure', 'The kernel world needs root; use sudo, or --world modelled.');
  }
  for (const tool of Object.keys(tools)) {
    if (spawnSync(tool, ['-V']).error !== undefined) throw new ConferError('device-failure', missing(tool));
  }
}

function missing(tool: string): string {
  const from = (tools as Record<string, string>)[tool] ?? tool;
  return `${tool} is not installed on this machine; install the Debian package ${from}.`;
}
