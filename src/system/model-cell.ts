/**
 * The cell of the on-box language models: asks its process, one question after the other, and starts it again when it
 * ends, after a pause that doubles. A model is loaded when it is asked for the first time; one that was refused (its hash is
 * wrong, it does not fit) is not tried again, and the others of the cell go on without it.
 */
import { resolve } from 'node:path';
import type { Log } from '../core/ports.ts';
import type { CellAnswer, CellCost, CellInfo, CellTask, FromCell } from './model-cell-messages.ts';
import { type CellProcess, ModelProcess, type ModelProcessSettings } from './model-process.ts';

/** A model of a cell. */
export interface CellModelSettings {
  /** "confer-1" */
  name: string;
  folder: string;
  /** Relative name of one of several graphs in it. */
  graph?: string | undefined;
  /** With a manifest, without which it is refused; false when absent. */
  isShipped?: boolean;
}

export interface ModelCellSettings extends ModelProcessSettings {
  models: readonly CellModelSettings[];
  /** Questions that wait or run. */
  questionsMax: number;
  /** Without a question, after which it is ended: a router has better uses for its memory. */
  idleMs: number;
  /** Before it is started again; doubles up to `restartMsMax` while it keeps ending. */
  restartMs: number;
  restartMsMax: number;
}

export const modelCellUsual: Omit<ModelCellSettings, 'models'> = {
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

export interface AskOptions {
  tokensMax: number;
  signal: AbortSignal;
  /** Told what the model sees, as soon as it does, where that is not the text of the question itself. */
  show?: (prompt: string) => void;
}

/** One of the models of a cell. */
export interface CellModel {
  readonly name: string;
  /** Undefined until it has been loaded once. */
  readonly info: CellInfo | undefined;
  /** Why it cannot be asked now; undefined where it can. */
  readonly trouble: ModelCellError | undefined;
  /** Resolves once it is loaded; starts the process where there is none. Throws ModelCellError. */
  start(): Promise<CellInfo>;
  /** Throws ModelCellError, and the signal's reason. */
  ask(task: CellTask, options: AskOptions): Promise<CellReply>;
}

/** What the cell knows of a model. */
interface Housed {
  readonly settings: CellModelSettings;
  info?: CellInfo;
  /** For ever. */
  refusal?: ModelCellError;
  /** Of the process that runs. */
  loaded?: PromiseWithResolvers<CellInfo> | undefined;
}

/** Starts one that may load models from `folders`, and `hear`s what it says. */
export type StartProcess = (
  settings: ModelProcessSettings,
  folders: readonly string[],
  hear: (message: FromCell) => void,
) => CellProcess;

const startInCell: StartProcess = (...all) => new ModelProcess(...all);

/** One that lived so long starts with the first pause again. */
const healthyMs = 60_000;

export class ModelCell {
  readonly #settings: ModelCellSettings;
  readonly #log: Log;
  readonly #models: ReadonlyMap<string, Housed>;
  readonly #waiting = new Map<number, PromiseWithResolvers<CellReply> & Pick<AskOptions, 'show'>>();
  readonly #startProcess: StartProcess;
  #process: CellProcess | undefined;
  /** Why nothing is asked of it: for ever, or until `#restart` fires. */
  #trouble: ModelCellError | undefined;
  #restart: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  /** How many wait for a model to be loaded. */
  #starting = 0;
  #endings = 0;
  #questions = 0;

  constructor(settings: ModelCellSettings, log: Log, startProcess: StartProcess = startInCell) {
    this.#settings = settings;
    this.#log = log;
    this.#startProcess = startProcess;
    this.#models = new Map(
      settings.models.map((one) => [one.name, { settings: { ...one, folder: resolve(one.folder) } }]),
    );
  }

  /** Throws RangeError for a name that is none of its models. */
  model(name: string): CellModel {
    const housed = this.#models.get(name);
    if (housed === undefined) throw new RangeError(`${name} is none of the models of this cell.`);
    const trouble = () => this.#trouble ?? housed.refusal;
    return {
      name,
      get info() {
        return housed.info;
      },
      get trouble() {
        return trouble();
      },
      start: () => this.#start(housed),
      ask: (task, options) => this.#ask(housed, task, options),
    };
  }

  /** Undefined while it has no process: nobody has asked, or it has ended. */
  get processId(): number | undefined {
    return this.#process?.processId;
  }

  /** MiB. */
  get residentMib(): number | undefined {
    return this.#process?.residentMib;
  }

  async close(): Promise<void> {
    clearTimeout(this.#restart);
    clearTimeout(this.#idle);
    this.#trouble = new ModelCellError('closed', 'it is shut down');
    this.#process?.end('it is shut down');
    await this.#process?.ended;
  }

  async #start(model: Housed): Promise<CellInfo> {
    const trouble = this.#trouble ?? model.refusal;
    if (trouble !== undefined) throw trouble;
    clearTimeout(this.#idle);
    this.#starting += 1;
    try {
      return await (model.loaded ?? this.#load(model)).promise;
    } finally {
      this.#starting -= 1;
      this.#restUntilAsked();
    }
  }

  async #ask(model: Housed, task: CellTask, { tokensMax, signal, show }: AskOptions): Promise<CellReply> {
    signal.throwIfAborted();
    const { questionsMax } = this.#settings;
    if (this.#waiting.size >= questionsMax)
      throw new ModelCellError('busy', `${questionsMax} questions wait for it already`);
    const id = ++this.#questions;
    const reply = Promise.withResolvers<CellReply>();
    this.#waiting.set(id, { ...reply, ...(show !== undefined && { show }) });
    let isAsked = false;
    const cancel = () => {
      if (isAsked) this.#process?.say({ say: 'cancel', id });
      reply.reject(signal.reason);
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      void this.#start(model).then(
        () => {
          if (signal.aborted || !this.#waiting.has(id)) return; // abandoned while the model was loaded
          isAsked = true;
          this.#process?.say({ say: 'ask', id, model: model.settings.name, task, tokensMax });
        },
        (error) => reply.reject(error),
      );
      return await reply.promise;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.#waiting.delete(id);
      this.#restUntilAsked();
    }
  }

  /** Unless somebody waits for an answer or a model. */
  #restUntilAsked(): void {
    clearTimeout(this.#idle);
    if (this.#waiting.size > 0 || this.#starting > 0) return;
    this.#idle = setTimeout(() => {
      const reason = 'nobody asks';
      this.#dismiss(reason, new ModelCellError('dead', reason));
    }, this.#settings.idleMs);
    this.#idle.unref();
  }

  /** From now on there is no process; whoever asks next starts another. */
  #dismiss(reason: string, trouble: ModelCellError): void {
    const process = this.#process;
    this.#forget(trouble);
    process?.end(reason);
  }

  /** Tells everybody who waits. Returns the models that the process had loaded, or was loading. */
  #forget(trouble: ModelCellError): Housed[] {
    this.#process = undefined;
    const lost = [...this.#models.values()].filter(({ loaded }) => loaded !== undefined);
    for (const model of lost) {
      model.loaded?.reject(trouble);
      model.loaded = undefined;
    }
    for (const { reject } of this.#waiting.values()) reject(trouble);
    return lost;
  }

  #load(model: Housed): PromiseWithResolvers<CellInfo> {
    const loaded = Promise.withResolvers<CellInfo>();
    loaded.promise.catch(() => {}); // whoever asked hears of it
    model.loaded = loaded;
    const { name, folder, graph, isShipped = false } = model.settings;
    this.#process ??= this.#run();
    this.#process.say({ say: 'load', model: name, folder, isShipped, ...(graph !== undefined && { graph }) });
    return loaded;
  }

  #run(): CellProcess {
    const folders = [...this.#models.values()].map(({ settings }) => settings.folder);
    const process = this.#startProcess(this.#settings, folders, (message) => {
      if (this.#process === process) this.#hear(message); // one that was dismissed may still speak
    });
    void process.ended.then((reason) => {
      if (this.#process === process) this.#ended(reason, process.livedMs);
    });
    return process;
  }

  #hear(message: FromCell): void {
    switch (message.say) {
      case 'loaded': {
        const model = this.#models.get(message.model);
        if (model?.loaded === undefined) break;
        model.info = message.info;
        model.loaded.resolve(message.info);
        break;
      }
      case 'refused':
        this.#refused(message.model, message.message);
        break;
      case 'shown':
        this.#waiting.get(message.id)?.show?.(message.prompt);
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

  #refused(name: string, reason: string): void {
    const model = this.#models.get(name);
    if (model === undefined) return;
    model.refusal ??= new ModelCellError('refused', reason);
    model.loaded?.reject(model.refusal);
    model.loaded = undefined;
    this.#log.warn('a language model is refused, and not used', { model: name, reason });
    const isEmpty = [...this.#models.values()].every(({ loaded }) => loaded === undefined);
    if (isEmpty) this.#dismiss('it has no model', model.refusal);
  }

  #ended(reason: string, livedMs: number): void {
    const isFinal = this.#trouble !== undefined;
    const trouble = this.#trouble ?? new ModelCellError('dead', reason);
    this.#trouble = trouble;
    const lost = this.#forget(trouble);
    if (isFinal) return;
    this.#endings = livedMs > healthyMs ? 0 : this.#endings + 1;
    const { restartMs, restartMsMax } = this.#settings;
    const pauseMs = Math.min(restartMsMax, restartMs * 2 ** Math.min(20, Math.max(0, this.#endings - 1)));
    this.#log.warn('the process of the language models has ended; they are not used until it is back', {
      reason,
      pauseMs,
    });
    this.#restart = setTimeout(() => {
      this.#trouble = undefined;
      for (const model of lost) this.#start(model).catch(() => {}); // whoever asks is told
    }, pauseMs);
    this.#restart.unref();
  }
}
