/**
 * `absent`: there is no such model. `hash-mismatch`: a file is not the one that was shipped. `unfit`: a folder that this
 * loader cannot run. `too-long`: a prompt that does not fit the model's context. `no-score`: its graph gives no number for it.
 */
export type ModelErrorCode = 'absent' | 'hash-mismatch' | 'unfit' | 'too-long' | 'no-score';

export class ModelError extends Error {
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ModelError';
    this.code = code;
  }
}
