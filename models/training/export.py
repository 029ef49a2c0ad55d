"""Writes a checkpoint as a Hugging Face ONNX folder with int8 weights.

    python3 export.py CHECKPOINT TOKENIZER OUT

The graph is built node by node (opset 17 and com.microsoft): GroupQueryAttention with rotary positions, weights int8 by
output row, activations in float32: with those quantised as well, scores differed from torch's by 2.8 instead of 0.2. OUT gets config.json, generation_config.json, tokenizer.json,
tokenizer_config.json and onnx/model_quantized.onnx; manifest.py lists them.
"""
import argparse
import json
import os
import shutil

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

POSITIONS_MAX = 1024
MICROSOFT = 'com.microsoft'


class Graph:
    """Nodes and initializers in the order in which they are added."""

    def __init__(self):
        self.nodes, self.initializers = [], []

    def constant(self, name, value):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, kind, inputs, outputs, domain='', **attributes):
        outputs = [outputs] if isinstance(outputs, str) else outputs
        name = next(output for output in outputs if output) + '.node'
        self.nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, name=name, **attributes))
        return outputs[0]

    def linear(self, x, name, weight, out, stored=None):
        """x @ weight.T, weight [outputs, inputs] kept in int8; `stored` names an int8 [outputs, inputs] that exists."""
        quantized, scale = quantize(weight)
        if stored is None:
            stored = self.constant(name + '.weight_quantized', quantized.T)
        else:
            stored = self.add('Transpose', [stored], name + '.weight_quantized', perm=[1, 0])
        # The runtime computes both once, when it loads the graph.
        self.add('Cast', [stored], name + '.weight_float', to=TensorProto.FLOAT)
        self.add('Mul', [name + '.weight_float', self.constant(name + '.weight_scale', scale)], name + '.weight')
        return self.add('MatMul', [x, name + '.weight'], out)


def quantize(weight):
    scale = np.abs(weight).max(1) / 127 + 1e-12
    return np.clip(np.round(weight / scale[:, None]), -127, 127).astype(np.int8), scale.astype(np.float32)


def build(shape, weights):
    g = Graph()
    heads, kv = shape['heads'], shape['key_value_heads']
    width, layers = shape['width'], shape['layers']
    head = width // heads
    frequencies = shape['theta'] ** (-np.arange(0, head, 2) / head)
    angles = np.arange(POSITIONS_MAX)[:, None] * frequencies
    cos = g.constant('cos_cache', np.cos(angles).astype(np.float32))
    sin = g.constant('sin_cache', np.sin(angles).astype(np.float32))
    one = g.constant('one', np.array([1], np.int64))
    g.constant('index1', np.array(1, np.int64))
    g.add('ReduceSum', ['attention_mask', one], 'lengths', keepdims=0)
    g.add('Sub', ['lengths', one], 'last')
    g.add('Cast', ['last'], 'seqlens_k', to=TensorProto.INT32)
    g.add('Shape', ['attention_mask'], 'mask_shape')
    g.add('Gather', ['mask_shape', 'index1'], 'total', axis=0)
    g.add('Cast', ['total'], 'total_length', to=TensorProto.INT32)
    embedding, embedding_scale = quantize(weights['embedding.weight'])
    table = g.constant('embedding_quantized', embedding)
    g.add('Gather', [table, 'input_ids'], 'embedded.int8')
    g.add('Cast', ['embedded.int8'], 'embedded.float', to=TensorProto.FLOAT)
    g.add('Gather', [g.constant('embedding_scale', embedding_scale[:, None]), 'input_ids'], 'embedded.scale')
    x, before = g.add('Mul', ['embedded.float', 'embedded.scale'], 'embedded'), None

    def norm(x, before, name, weight):
        scale = g.constant(name + '.weight', weight)
        if before is None:
            g.add('SimplifiedLayerNormalization', [x, scale], name, epsilon=1e-5, axis=-1, stash_type=1)
            return x
        g.add('SkipSimplifiedLayerNormalization', [x, before, scale], [name, '', '', name + '.sum'], MICROSOFT, epsilon=1e-5)
        return name + '.sum'

    for layer in range(layers):
        of, p = f'blocks.{layer}.', f'layer{layer}.'
        x = norm(x, before, p + 'norm1', weights[of + 'norm1'])
        g.linear(p + 'norm1', p + 'qkv', weights[of + 'qkv.weight'], p + 'qkv')
        g.add('GroupQueryAttention',
              [p + 'qkv', '', '', f'past_key_values.{layer}.key', f'past_key_values.{layer}.value', 'seqlens_k', 'total_length', cos, sin],
              [p + 'attention', f'present.{layer}.key', f'present.{layer}.value'], MICROSOFT,
              num_heads=heads, kv_num_heads=kv, do_rotary=1, rotary_interleaved=0, scale=head ** -0.5)
        before = g.linear(p + 'attention', p + 'out', weights[of + 'out.weight'], p + 'out')
        x = norm(x, before, p + 'norm2', weights[of + 'norm2'])
        g.linear(p + 'norm2', p + 'gate_up', weights[of + 'gate_up.weight'], p + 'gate_up')
        g.add('Split', [p + 'gate_up'], [p + 'gate', p + 'up'], axis=-1)
        g.add('Sigmoid', [p + 'gate'], p + 'sigmoid')
        g.add('Mul', [p + 'gate', p + 'sigmoid'], p + 'silu')
        g.add('Mul', [p + 'silu', p + 'up'], p + 'inner')
        before = g.linear(p + 'inner', p + 'down', weights[of + 'down.weight'], p + 'down')
    norm(x, before, 'final', weights['norm'])
    g.linear('final', 'lm_head', weights['embedding.weight'], 'logits', stored=table)

    def value(name, kind, *dims):
        return helper.make_tensor_value_info(name, kind, ['batch_size', *dims])

    ids = TensorProto.INT64
    inputs = [value('input_ids', ids, 'sequence_length'), value('attention_mask', ids, 'total_sequence_length'),
              value('position_ids', ids, 'sequence_length')]
    outputs = [value('logits', TensorProto.FLOAT, 'sequence_length', shape['vocabulary'])]
    for layer in range(layers):
        for part in ('key', 'value'):
            inputs.append(value(f'past_key_values.{layer}.{part}', TensorProto.FLOAT, kv, 'past_sequence_length', head))
            outputs.append(value(f'present.{layer}.{part}', TensorProto.FLOAT, kv, 'total_sequence_length', head))
    graph = helper.make_graph(g.nodes, 'confer', inputs, outputs, g.initializers)
    opsets = [helper.make_opsetid('', 17), helper.make_opsetid(MICROSOFT, 1)]
    model = helper.make_model(graph, opset_imports=opsets, producer_name='confer')
    model.ir_version = 8
    return model


def write_json(path, value):
    with open(path, 'w') as file:
        json.dump(value, file, indent=2)
        file.write('\n')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('checkpoint')
    parser.add_argument('tokenizer')
    parser.add_argument('out')
    options = parser.parse_args()
    state = torch.load(options.checkpoint, map_location='cpu')
    shape = state['shape']
    weights = {name: value.float().numpy() for name, value in state['model'].items()}
    os.makedirs(os.path.join(options.out, 'onnx'), exist_ok=True)
    onnx.save(build(shape, weights), os.path.join(options.out, 'onnx/model_quantized.onnx'))
    for name in ('tokenizer.json', 'tokenizer_config.json'):
        shutil.copy(os.path.join(options.tokenizer, name), os.path.join(options.out, name))
    write_json(os.path.join(options.out, 'config.json'), {
        'architectures': ['LlamaForCausalLM'], 'model_type': 'llama', 'vocab_size': shape['vocabulary'],
        'hidden_size': shape['width'], 'intermediate_size': shape['inner'], 'num_hidden_layers': shape['layers'],
        'num_attention_heads': shape['heads'], 'num_key_value_heads': shape['key_value_heads'],
        'head_dim': shape['width'] // shape['heads'], 'rms_norm_eps': 1e-5, 'rope_theta': shape['theta'],
        'hidden_act': 'silu', 'tie_word_embeddings': True, 'max_position_embeddings': POSITIONS_MAX,
        'bos_token_id': 0, 'eos_token_id': 2, 'pad_token_id': 0, 'torch_dtype': 'float32',
    })
    write_json(os.path.join(options.out, 'generation_config.json'), {'bos_token_id': 0, 'eos_token_id': 2, 'pad_token_id': 0})
    print(f"{options.out}: {os.path.getsize(os.path.join(options.out, 'onnx/model_quantized.onnx'))} bytes of weights")


if __name__ == '__main__':
    main()
