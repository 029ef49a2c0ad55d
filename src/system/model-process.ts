/**
 * One child process for language models: no network, no files but the models' and the program's own, no children,
 * and where root allows an empty network namespace as well. Ended as soon as it is silent, too large, or says what it
 * never should.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../core/errors.ts';
import { installation, installedFile } from './installation.ts';
import { type FromCell, fromCellSchema, type ToCell } from './model-cell-messages.ts';

export interface ModelProcessSettings {
  /** Resident memory beyond which the child is ended, MiB. */
  memoryMaxMib: number;
  /** Until a model is loaded; of the first, the start of the process included. */
  startTimeoutMs: number;
  /** Between two questions whether it lives. */
  heartbeatMs: number;
  /** Without a sign of life; one run of a large model takes its time. */
  silenceMsMax: number;
}

const stderrCharactersMax = 2_000;

const unshare = '/usr/bin/unshare';
const setpriv = '/usr/bin/setpriv';
const powerless = [setpriv, '--no-new-privs', '--ambient-caps=-all', '--inh-caps=-all'];

/**
 * How much of the system is taken away before Node starts, the most first: an empty network namespace, in which not even
 * the loopback interface is up, and every capability that the agent itself has. A hardened unit may allow none of it; the
 * permission model is always there.
 */
export const enclosures = {
  'namespace, no capabilities': [unshare, '--net', '--', ...powerless, '--bounding-set=-all', '--'],
  'namespace of a user of its own': [
    unshare,
    '--user',
    '--map-current-user',
    '--net',
    '--',
    ...powerless,
    '--',
  ],
  'no capabilities': [...powerless, '--'],
  'no ambient capabilities': [setpriv, '--no-new-privs', '--ambient-caps=-all', '--'],
  'permission model alone': [],
} as const satisfies Record<string, readonly string[]>;
export type Enclosure = keyof typeof enclosures;

let possible: Enclosure | undefined;

/** The first that works here. */
function enclosureHere(): Enclosure {
  possible ??= (Object.keys(enclosures) as Enclosure[]).find(isPossible) ?? 'permission model alone';
  return possible;
}

export function isPossible(enclosure: Enclosure): boolean {
  const [command, ...args] = enclosures[enclosure];
  if (command === undefined) return true;
  return spawnSync(command, [...args, '/bin/true'], { stdio: 'ignore', timeout: 5_000 }).status === 0;
}

/** Where the packages lie that the cell needs: beside the program, above it, or behind a link. */
function installed(): string[] {
  return ['onnxruntime-node', '@huggingface/tokenizers', '@huggingface/jinja', 'zod'].map((name) => {
    const path = fileURLToPath(import.meta.resolve(name));
    const marker = `${sep}node_modules${sep}`;
    return path.slice(0, path.lastIndexOf(marker) + marker.length - 1);
  });
}

/** The command that starts `script` in a cell that may read the program and `folders`. */
export function cellCommand(
  script: string,
  folders: readonly string[],
  enclosure: Enclosure = enclosureHere(),
): [command: string, ...args: string[]] {
  const readable = [...new Set([installation, ...installed(), ...folders])].map(
    (path) => `--allow-fs-read=${path}`,
  );
  // Most of what it makes is short-lived: a small nursery keeps tens of MiB free that a router has better uses for.
  const node = [
    '--permission',
    '--allow-addons',
    ...readable,
    '--max-semi-space-size=1',
    '--no-warnings',
    script,
  ];
  const [first = process.execPath, ...rest] = enclosures[enclosure];
  return rest.length === 0 ? [first, ...node] : [first, ...rest, process.execPath, ...node];
}

/** What a cell wants of its process. */
export type CellProcess = Pick<
  ModelProcess,
  'ended' | 'processId' | 'residentMib' | 'livedMs' | 'say' | 'end'
>;

export class ModelProcess {
  /** Resolves with the reason, in words, once the process is gone. */
  readonly ended: Promise<string>;
  readonly #settings: ModelProcessSettings;
  readonly #child: ChildProcess;
  readonly #watch: NodeJS.Timeout;
  readonly #began = performance.now();
  #heard = this.#began;
  /** When it was told to load a model, by name; until it says that it did. */
  readonly #loading = new Map<string, number>();
  #said = '';
  #why: string | undefined;

  /** `folders`: of the models that it may be told to load, absolute. */
  constructor(settings: ModelProcessSettings, folders: readonly string[], hear: (message: FromCell) => void) {
    this.#settings = settings;
    const [command, ...args] = cellCommand(installedFile('src/system/model-cell-child.ts'), folders);
    // Nothing of our environment is its business.
    this.#child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {},
      cwd: installation,
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-stderrCharactersMax);
    });
    this.#child.on('message', (raw) => this.#message(raw, hear));
    this.ended = new Promise((resolve) => {
      const gone = (reason: string) => {
        clearInterval(this.#watch);
        const [words = ''] = /^.*Error.*$/m.exec(this.#said) ?? [];
        resolve(this.#why ?? (words === '' ? reason : `${reason}: ${words}`));
      };
      this.#child.once('error', (error) => gone(`its process cannot be started: ${messageOf(error)}`));
      this.#child.once('exit', (code, signal) =>
        gone(`its process ended (${signal ?? `exit code ${code}`})`),
      );
    });
    this.#watch = setInterval(() => this.#look(), settings.heartbeatMs);
    this.#watch.unref();
  }

  get processId(): number | undefined {
    return this.#child.pid;
  }

  /** MiB; undefined where the system does not tell. */
  get residentMib(): number | undefined {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
      const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(status) ?? [];
      return kib === undefined ? undefined : Number(kib) / 1_024;
    } catch {
      return undefined; // it has just ended, or this is no Linux
    }
  }

  get livedMs(): number {
    return performance.now() - this.#began;
  }

  say(message: ToCell): void {
    if (message.say === 'load') this.#loading.set(message.model, performance.now());
    if (this.#child.connected) this.#child.send(message, () => {}); // one that is gone says so itself
  }

  /** `reason` says why, in words. */
  end(reason: string): void {
    this.#why ??= reason;
    this.#child.kill('SIGKILL');
  }

  #message(raw: unknown, hear: (message: FromCell) => void): void {
    this.#heard = performance.now();
    const parsed = fromCellSchema.safeParse(raw);
    if (!parsed.success) {
      this.end('it said what it never should');
      return;
    }
    if (parsed.data.say === 'loaded' || parsed.data.say === 'refused')
      this.#loading.delete(parsed.data.model);
    hear(parsed.data);
  }

  #look(): void {
    const { memoryMaxMib, startTimeoutMs, silenceMsMax } = this.#settings;
    const now = performance.now();
    const mib = this.residentMib ?? 0;
    if (mib > memoryMaxMib) this.end(`it took ${Math.round(mib)} MiB of memory, more than ${memoryMaxMib}`);
    else if (now - Math.min(now, ...this.#loading.values()) > startTimeoutMs)
      this.end(`it was not ready within ${startTimeoutMs} ms`);
    else if (this.#loading.size === 0 && now - this.#heard > silenceMsMax)
      this.end(`it gave no sign of life for ${silenceMsMax} ms`);
    else this.say({ say: 'ping' });
  }
}
