/**
 * The cell of the on-box language model: asks its process, one question after the other, and starts it again when it
 * ends, after a pause that doubles. A model that was refused (its hash is wrong, it does not fit) is not tried again.
 */
import { resolve } from 'node:path';
import type { Log } from '../core/ports.ts';
import type { CellAnswer, CellCost, CellInfo, CellTask, FromCell } from './model-cell-messages.ts';
import { ModelProcess, type ModelProcessSettings } from './model-process.ts';

export interface ModelCellSettings extends ModelProcessSettings {
  /** Questions that wait or run. */
  questionsMax: number;
  /** Without a question, after which it is ended: a router has better uses for its memory. */
  idleMs: number;
  /** Before it is started again; doubles up to `restartMsMax` while it keeps ending. */
  restartMs: number;
  restartMsMax: number;
}

export const modelCellUsual: Omit<ModelCellSettings, 'folder'> = {
  memoryMaxMib: 512,
  startTimeoutMs: 30_000,
  heartbeatMs: 1_000,
  silenceMsMax: 10_000,
  questionsMax: 8,
  idleMs: 600_000,
  restartMs: 1_000,
  restartMsMax: 60_000,
};

/**
 * `refused`: the model cannot be used at all. `dead`: its process has ended; it comes back. `busy`: too many wait.
 * `failed`: this question alone could not be answered. `closed`.
 */
export type ModelCellErrorCode = 'refused' | 'dead' | 'busy' | 'failed' | 'closed';

/** The message says what is wrong with the model, as in "confer-1 is not used: ...". */
export class ModelCellError extends Error {
  override readonly name = 'ModelCellError';
  readonly code: ModelCellErrorCode;

  constructor(code: ModelCellErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export interface CellReply {
  answer: CellAnswer;
  cost: CellCost;
}

/** One that lived so long starts with the first pause again. */
const healthyMs = 60_000;

export class ModelCell {
  readonly #settings: ModelCellSettings;
  readonly #log: Log;
  readonly #waiting = new Map<number, PromiseWithResolvers<CellReply>>();
  #process: ModelProcess | undefined;
  #ready: PromiseWithResolvers<CellInfo> | undefined;
  #info: CellInfo | undefined;
  /** Why it is not asked: for ever, or until `#restart` fires. */
  #trouble: ModelCellError | undefined;
  #restart: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #endings = 0;
  #questions = 0;

  constructor(settings: ModelCellSettings, log: Log) {
    this.#settings = { ...settings, folder: resolve(settings.folder) };
    this.#log = log;
  }

  /** What runs in it; undefined until it has been up once. */
  get info(): CellInfo | undefined {
    return this.#info;
  }

  /** Why it cannot be asked now; undefined where it can. */
  get trouble(): ModelCellError | undefined {
    return this.#trouble;
  }

  get processId(): number | undefined {
    return this.#process?.processId;
  }

  /** MiB. */
  get residentMib(): number | undefined {
    return this.#process?.residentMib;
  }

  /** Resolves once the model is loaded; starts the process where there is none. Throws ModelCellError. */
  async start(): Promise<CellInfo> {
    if (this.#trouble !== undefined) throw this.#trouble;
    if (this.#ready === undefined) this.#run();
    const info = await this.#ready?.promise;
    if (info === undefined) throw this.#trouble;
    if (this.#waiting.size === 0) this.#restUntilAsked();
    return info;
  }

  /** Throws ModelCellError, and the signal's reason. */
  async ask(
    task: CellTask,
    { tokensMax, signal }: { tokensMax: number; signal: AbortSignal },
  ): Promise<CellReply> {
    signal.throwIfAborted();
    const { questionsMax } = this.#settings;
    if (this.#waiting.size >= questionsMax)
      throw new ModelCellError('busy', `${questionsMax} questions wait for it already`);
    clearTimeout(this.#idle);
    const id = ++this.#questions;
    const reply = Promise.withResolvers<CellReply>();
    this.#waiting.set(id, reply);
    const cancel = () => {
      this.#process?.say({ say: 'cancel', id });
      reply.reject(signal.reason);
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      void this.start().then(
        () => this.#process?.say({ say: 'ask', id, task, tokensMax }),
        (error) => reply.reject(error),
      );
      return await reply.promise;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#restUntilAsked();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#restart);
    clearTimeout(this.#idle);
    this.#trouble = new ModelCellError('closed', 'it is shut down');
    this.#process?.end('it is shut down');
    await this.#process?.ended;
  }

  #restUntilAsked(): void {
    const process = this.#process;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (process === undefined || process !== this.#process) return;
      // From now on there is none; whoever asks next starts another.
      this.#process = undefined;
      this.#ready = undefined;
      process.end('nobody asks');
    }, this.#settings.idleMs);
    this.#idle.unref();
  }

  #run(): void {
    const ready = Promise.withResolvers<CellInfo>();
    ready.promise.catch(() => {}); // whoever asked hears of it
    this.#ready = ready;
    const process = new ModelProcess(this.#settings, (message) => this.#hear(message, ready));
    this.#process = process;
    void process.ended.then((reason) => {
      if (this.#process === process) this.#ended(reason, process.livedMs);
    });
  }

  #hear(message: FromCell, ready: PromiseWithResolvers<CellInfo>): void {
    switch (message.say) {
      case 'ready':
        this.#info = message.info;
        ready.resolve(message.info);
        break;
      case 'refused':
        this.#trouble ??= new ModelCellError('refused', message.message);
        break;
      case 'answer':
        this.#waiting.get(message.id)?.resolve(message);
        break;
      case 'failed':
        this.#waiting.get(message.id)?.reject(new ModelCellError('failed', message.message));
        break;
      case 'pong':
        break;
    }
  }

  #ended(reason: string, livedMs: number): void {
    const isFinal = this.#trouble !== undefined;
    this.#trouble ??= new ModelCellError('dead', reason);
    this.#ready?.reject(this.#trouble);
    this.#ready = undefined;
    this.#process = undefined;
    for (const { reject } of this.#waiting.values()) reject(this.#trouble);
    if (isFinal) {
      if (this.#trouble.code === 'refused')
        this.#log.warn('the language model is refused; rules are used', { reason: this.#trouble.message });
      return;
    }
    this.#endings = livedMs > healthyMs ? 0 : this.#endings + 1;
    const { restartMs, restartMsMax } = this.#settings;
    const pauseMs = Math.min(restartMsMax, restartMs * 2 ** Math.min(20, Math.max(0, this.#endings - 1)));
    this.#log.warn('the language model has ended; rules are used until it is back', { reason, pauseMs });
    this.#restart = setTimeout(() => {
      this.#trouble = undefined;
      this.#run();
    }, pauseMs);
    this.#restart.unref();
  }
}
