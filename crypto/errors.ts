/** Why an operation of `crypto/` was refused; `message` says in a sentence what to do about it. */
export type CryptoErrorCode =
  | 'not-json'
  | 'too-large'
  | 'too-deep'
  | 'duplicate-key'
  | 'forbidden-key'
  | 'unsafe-number'
  | 'lone-surrogate'
  | 'not-canonicalizable'
  | 'bad-key'
  | 'bad-certificate'
  | 'bad-revocation-list'
  | 'bad-node-name'
  | 'bad-argument'
  | 'nonce-store-broken';

/** The one error class of `crypto/`: invalid input to a parser, or a broken invariant. */
export class CryptoError extends Error {
  override readonly name = 'CryptoError';
  readonly code: CryptoErrorCode;

  constructor(code: CryptoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
