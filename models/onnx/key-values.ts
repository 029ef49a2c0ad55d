/**
 * The key/value cache of one decoder: what it remembers of the tokens so far.
 *
 * `in-place`: graphs with GroupQueryAttention take one buffer as past and as present and write only what is new; nothing
 * is copied, and going back to a shorter past costs nothing. `copied`: other graphs return past and present joined anew.
 */
import { Tensor } from 'onnxruntime-node';

export type KeyValueMode = 'in-place' | 'copied';

export interface KeyValueShape {
  /** "past_key_values.0.key" ... */
  names: readonly string[];
  type: 'float32' | 'float16';
  kvHeads: number;
  headSize: number;
}

/** Tokens that there is room for at first; it doubles where more come. */
const capacityFirst = 256;

export class KeyValues {
  readonly mode: KeyValueMode;
  readonly #shape: KeyValueShape;
  #tensors: Map<string, Tensor>;
  #capacity: number;
  #length = 0;

  constructor(shape: KeyValueShape, mode: KeyValueMode) {
    this.mode = mode;
    this.#shape = shape;
    this.#capacity = mode === 'in-place' ? capacityFirst : 0;
    this.#tensors = this.#allocated(this.#capacity);
  }

  /** Tokens remembered. */
  get length(): number {
    return this.#length;
  }

  /** Octets held. */
  get bytes(): number {
    const width = this.#shape.type === 'float16' ? 2 : 4;
    return this.#shape.names.length * this.#shape.kvHeads * this.#shape.headSize * this.#capacity * width;
  }

  /** The inputs of a run that adds `count` tokens. */
  feeds(count: number): Record<string, Tensor> {
    if (this.mode === 'in-place' && this.#length + count > this.#capacity) {
      let capacity = this.#capacity;
      while (capacity < this.#length + count) capacity *= 2;
      this.#resize(capacity);
    }
    return Object.fromEntries(this.#tensors);
  }

  /** Where that run is to write: the same buffers, or wherever it likes. */
  fetches(): Record<string, Tensor | null> {
    return Object.fromEntries(
      [...this.#tensors].map(([name, tensor]) => [presentOf(name), this.mode === 'in-place' ? tensor : null]),
    );
  }

  /** The run has added `count` tokens. */
  added(count: number, results: Readonly<Record<string, Tensor>>): void {
    this.#length += count;
    if (this.mode === 'in-place') return;
    for (const name of this.#shape.names) {
      const tensor = results[presentOf(name)];
      if (tensor === undefined) throw new Error(`The graph returned no ${presentOf(name)}.`);
      this.#tensors.set(name, tensor.type === 'float16' ? halfTensor(bitsOf(tensor), tensor.dims) : tensor);
    }
    this.#capacity = this.#length;
  }

  /** Forgets everything behind the first `length` tokens. */
  rewind(length: number): void {
    if (length > this.#length) throw new RangeError(`${length} tokens are more than ${this.#length}.`);
    if (length === this.#length) return;
    this.#length = length;
    if (this.mode === 'copied') this.#resize(length);
  }

  #resize(capacity: number): void {
    const { kvHeads, headSize, names } = this.#shape;
    const larger = this.#allocated(capacity);
    const rows = Math.min(this.#length, capacity) * headSize;
    for (const name of names) {
      const from = valuesOf(this.#tensors.get(name));
      const to = valuesOf(larger.get(name));
      for (let head = 0; head < kvHeads; head++) {
        const start = head * this.#capacity * headSize;
        to.set(from.subarray(start, start + rows) as never, head * capacity * headSize);
      }
    }
    this.#tensors = larger;
    this.#capacity = capacity;
  }

  #allocated(capacity: number): Map<string, Tensor> {
    const { names, type, kvHeads, headSize } = this.#shape;
    const size = kvHeads * capacity * headSize;
    const dims = [1, kvHeads, capacity, headSize];
    return new Map(
      names.map((name) => [
        name,
        type === 'float16'
          ? halfTensor(new Uint16Array(size), dims)
          : new Tensor('float32', new Float32Array(size), dims),
      ]),
    );
  }
}

export function presentOf(past: string): string {
  return past.replace('past_key_values', 'present');
}

/**
 * onnxruntime's JavaScript turns what it is given into a Float16Array where there is one, which its native part then takes
 * for empty: it expects the bits in a Uint16Array.
 */
function halfTensor(bits: Uint16Array<ArrayBuffer>, dims: readonly number[]): Tensor {
  const tensor = new Tensor('float16', bits, dims);
  return Object.defineProperty(tensor, 'data', { value: bits });
}

function bitsOf({ data }: Tensor): Uint16Array<ArrayBuffer> {
  if (data instanceof Uint16Array) return data as Uint16Array<ArrayBuffer>;
  if (!(data instanceof Float16Array))
    throw new TypeError('The graph returned keys or values of another type.');
  return new Uint16Array(data.buffer as ArrayBuffer, data.byteOffset, data.length);
}

function valuesOf(tensor: Tensor | undefined): Float32Array | Uint16Array {
  const data = tensor?.data;
  if (data instanceof Float32Array || data instanceof Uint16Array) return data;
  throw new TypeError('The key/value cache is neither float32 nor float16.');
}
