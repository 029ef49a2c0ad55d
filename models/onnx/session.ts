/** Opens the graph of a decoder folder, and reads from it what it takes and returns. */
import { InferenceSession } from 'onnxruntime-node';
import { ModelError } from './errors.ts';
import type { VerifiedFiles } from './files.ts';
import type { DecoderFolder } from './folder.ts';
import { type KeyValueShape, presentOf } from './key-values.ts';

export interface GraphShape {
  takesPositions: boolean;
  keyValues: KeyValueShape;
}

/** Throws ModelError `hash-mismatch` or `unfit`. */
export async function openSession(
  files: VerifiedFiles,
  { graph, external }: DecoderFolder,
  threads: number,
): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4, // what goes wrong is thrown
    // A thread that spins while it waits costs a router more than the model is worth.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  };
  try {
    // What was hashed is what runs, but for weights beside the graph, which the runtime maps into memory itself.
    for (const name of external) files.path(name);
    return external.length === 0
      ? await InferenceSession.create(files.read(graph), options)
      : await InferenceSession.create(files.path(graph), options);
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError('unfit', `${graph} cannot be run: ${String(error)}`, { cause: error });
  }
}

const pastName = /^past_key_values\.\d+\.(?:key|value)$/;
const known = new Set(['input_ids', 'attention_mask', 'position_ids']);

/** Throws ModelError `unfit` for a graph that takes or returns something else. */
export function graphShape(session: InferenceSession, folder: DecoderFolder): GraphShape {
  const { inputNames, outputNames } = session;
  const names = inputNames.filter((name) => pastName.test(name));
  const missing = [
    ...['input_ids', 'attention_mask'].filter((name) => !inputNames.includes(name)),
    ...['logits', ...names.map(presentOf)].filter((name) => !outputNames.includes(name)),
  ];
  const stray = inputNames.filter((name) => !known.has(name) && !pastName.test(name));
  if (missing.length > 0 || stray.length > 0 || names.length === 0)
    throw new ModelError(
      'unfit',
      `${folder.graph} is no decoder with a key/value cache: ${[
        ...missing.map((name) => `it has no ${name}`),
        ...stray.map((name) => `nothing is known of its input ${name}`),
        ...(names.length === 0 ? ['it has no past_key_values.N.key'] : []),
      ].join(', ')}.`,
    );
  const past = session.inputMetadata.find(({ name }) => name === names[0]);
  const type = past?.isTensor === true ? past.type : undefined;
  if (type !== 'float32' && type !== 'float16')
    throw new ModelError('unfit', `${folder.graph}: keys and values are ${type}, not float32 or float16.`);
  // What the graph fixes goes before what config.json says.
  const [, kvHeads, , headSize] = past?.isTensor === true ? past.shape : [];
  return {
    takesPositions: inputNames.includes('position_ids'),
    keyValues: {
      names,
      type,
      kvHeads: typeof kvHeads === 'number' ? kvHeads : folder.kvHeads,
      headSize: typeof headSize === 'number' ? headSize : folder.headSize,
    },
  };
}
