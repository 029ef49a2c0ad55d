/** What the JSON files of a Hugging Face decoder folder say, as far as running it needs that. */
import { ModelError } from './errors.ts';
import { isObject, type VerifiedFiles } from './files.ts';

export interface DecoderFolder {
  /** "llama", "qwen3" ... */
  type: string;
  layers: number;
  kvHeads: number;
  headSize: number;
  vocabularySize: number;
  /** The longest context, in tokens. */
  positionsMax: number;
  /** Any of these ends a completion. */
  ends: ReadonlySet<number>;
  tokenizer: Record<string, unknown>;
  tokenizerConfig: Record<string, unknown>;
  /** Jinja, of chat models. */
  chatTemplate: string | undefined;
  /** Relative name of the graph. */
  graph: string;
  /** Files with the weights that the graph does not hold itself. */
  external: readonly string[];
}

/** The smallest that the same architecture is exported as comes first; a folder rarely has more than one. */
const graphNames = [
  'model_quantized.onnx',
  'model_int8.onnx',
  'model_q4.onnx',
  'model_q4f16.onnx',
  'model_fp16.onnx',
  'model.onnx',
  'decoder_model_merged_quantized.onnx',
  'decoder_model_merged.onnx',
];

/** `graph` chooses one of several exports in the folder. Throws ModelError. */
export function readFolder(files: VerifiedFiles, graph?: string): DecoderFolder {
  const config = files.json(present(files, 'config.json'));
  const generation = files.names.includes('generation_config.json')
    ? files.json('generation_config.json')
    : {};
  const tokenizerConfig = files.names.includes('tokenizer_config.json')
    ? files.json('tokenizer_config.json')
    : {};
  const name = graph === undefined ? firstGraph(files) : present(files, graph);
  const heads = count(config, 'num_attention_heads');
  return {
    type: typeof config.model_type === 'string' ? config.model_type : 'unknown',
    layers: count(config, 'num_hidden_layers'),
    kvHeads: config.num_key_value_heads === undefined ? heads : count(config, 'num_key_value_heads'),
    headSize: config.head_dim == null ? count(config, 'hidden_size') / heads : count(config, 'head_dim'),
    vocabularySize: count(config, 'vocab_size'),
    positionsMax: count(config, 'max_position_embeddings'),
    ends: endsOf(config, generation),
    tokenizer: files.json(present(files, 'tokenizer.json')),
    tokenizerConfig,
    chatTemplate: templateOf(files, tokenizerConfig),
    graph: name,
    external: files.names.filter((one) => one.startsWith(`${name}_data`)).sort(),
  };
}

function firstGraph(files: VerifiedFiles): string {
  for (const name of graphNames.flatMap((one) => [`onnx/${one}`, one]))
    if (files.names.includes(name)) return name;
  throw new ModelError(
    'unfit',
    `The folder has no graph: expected onnx/${graphNames[0]} or another of ${graphNames.join(', ')}.`,
  );
}

function present(files: VerifiedFiles, name: string): string {
  if (files.names.includes(name)) return name;
  throw new ModelError('unfit', `The folder has no ${name}.`);
}

function count(config: Record<string, unknown>, name: string): number {
  const value = config[name];
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw new ModelError('unfit', `config.json: ${name} is no positive whole number.`);
}

/** generation_config.json lists what config.json often has only one of. */
function endsOf(config: Record<string, unknown>, generation: Record<string, unknown>): Set<number> {
  const ends = [generation.eos_token_id, config.eos_token_id]
    .flat()
    .filter((one): one is number => typeof one === 'number' && Number.isInteger(one));
  if (ends.length === 0)
    throw new ModelError('unfit', 'Neither config.json nor generation_config.json has an eos_token_id.');
  return new Set(ends);
}

/** In a file of its own, or in the tokenizer's configuration: as text, or as a list with names. */
function templateOf(files: VerifiedFiles, { chat_template }: Record<string, unknown>): string | undefined {
  if (files.names.includes('chat_template.jinja'))
    return new TextDecoder().decode(files.read('chat_template.jinja'));
  if (typeof chat_template === 'string') return chat_template;
  if (!Array.isArray(chat_template)) return undefined;
  const named = chat_template.filter(isObject);
  const usual = named.find(({ name }) => name === 'default') ?? named[0];
  return typeof usual?.template === 'string' ? usual.template : undefined;
}
