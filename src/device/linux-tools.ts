/**
 * Runs the router's own tools: argument arrays only (no shell), bounded output, bounded time, abortable.
 */
import { execFile } from 'node:child_process';
import { ConferError } from '../core/errors.ts';

export interface ToolOptions {
  signal?: AbortSignal | undefined;
  /** Text for the tool's standard input. */
  input?: string;
  timeoutMs?: number;
}

/** Resolves with standard output. Throws ConferError `device-failure`, or the signal's reason when aborted. */
export type RunTool = (tool: string, args: readonly string[], options?: ToolOptions) => Promise<string>;

const packages: Record<string, string> = { ip: 'iproute2', tc: 'iproute2', nft: 'nftables', vtysh: 'frr' };
/** `sbin` is not on the path of an ordinary service user, yet its tools may be run by one. */
const searchPath = '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin';
/** A router with 100,000 routes prints about 20 MB. */
const outputBytesMax = 32 * 1024 * 1024;
const defaultTimeoutMs = 5_000;

export const runTool: RunTool = (tool, args, options = {}) =>
  new Promise((resolve, reject) => {
    const { signal, input, timeoutMs = defaultTimeoutMs } = options;
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const child = execFile(
      tool,
      [...args],
      {
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: outputBytesMax,
        encoding: 'utf8',
        env: { PATH: searchPath, LC_ALL: 'C' },
      },
      (error, stdout, stderr) => {
        signal?.removeEventListener('abort', stop);
        if (signal?.aborted) reject(signal.reason);
        else if (error === null) resolve(stdout);
        else reject(failure(tool, args, error, stderr, timeoutMs));
      },
    );
    const stop = () => child.kill('SIGKILL');
    signal?.addEventListener('abort', stop, { once: true });
    // A tool that ends before it has read everything closes the pipe; its exit status tells why.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });

function failure(
  tool: string,
  args: readonly string[],
  error: Error & { code?: unknown; killed?: boolean },
  stderr: string,
  timeoutMs: number,
): ConferError {
  const command = `${tool} ${args.slice(0, 6).join(' ')}`;
  if (error.code === 'ENOENT') {
    const from = packages[tool];
    return new ConferError(
      'device-failure',
      `${tool} is not installed on this router; install the Debian package ${from ?? tool}.`,
      { cause: error },
    );
  }
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return new ConferError('device-failure', `${command} printed more than ${outputBytesMax} bytes.`);
  }
  if (error.killed === true) {
    return new ConferError('device-failure', `${command} did not end within ${timeoutMs} ms.`);
  }
  const why = stderr.trim().split('\n').slice(0, 3).join('; ').slice(0, 500);
  const hint = /not permitted|permission denied/i.test(why)
    ? ' Run the agent with CAP_NET_ADMIN and CAP_NET_RAW (see the systemd unit).'
    : '';
  return new ConferError('device-failure', `${command} failed: ${why || error.message}.${hint}`, {
    cause: error,
  });
}

/** Parses what a tool printed with its JSON option; nothing printed means an empty list. */
export function parseToolJson(tool: string, output: string): unknown {
  if (output.trim() === '') return [];
  try {
    return JSON.parse(output);
  } catch (error) {
    throw new ConferError('device-failure', `${tool} printed no JSON; its version may be too old.`, {
      cause: error,
    });
  }
}
