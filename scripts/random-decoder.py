#!/usr/bin/python3
"""Makes a folder in the layout of a Hugging Face ONNX decoder, with random weights: what an operator would download,
in its exact shapes, where nothing can be downloaded. Needs Debian's python3-onnx and python3-numpy.

    scripts/random-decoder.py smollm2-135m DIRECTORY
    scripts/random-decoder.py qwen3-0.6b DIRECTORY
    scripts/random-decoder.py tiny DIRECTORY --attention grouped --kv float32 --weights int8
    scripts/random-decoder.py tiny DIRECTORY --attention plain --kv float16 --weights float32 --external
"""
import argparse
import itertools
import json
import os
import string

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# hidden, layers, heads, key/value heads, head size, feed-forward, vocabulary, rotary base; as their config.json say
SHAPES = {
    "tiny": dict(hidden=32, layers=2, heads=2, kv_heads=1, head=16, feed=64, vocabulary=512, theta=10000.0,
                 architecture="LlamaForCausalLM", type="llama", positions=1024, epsilon=1e-5),
    "confer": dict(hidden=160, layers=4, heads=5, kv_heads=1, head=32, feed=432, vocabulary=2048, theta=10000.0,
                   architecture="LlamaForCausalLM", type="llama", positions=1024, epsilon=1e-5),
    "smollm2-135m": dict(hidden=576, layers=30, heads=9, kv_heads=3, head=64, feed=1536, vocabulary=49152,
                         theta=100000.0, architecture="LlamaForCausalLM", type="llama", positions=8192,
                         epsilon=1e-5),
    "qwen3-0.6b": dict(hidden=1024, layers=28, heads=16, kv_heads=8, head=128, feed=3072, vocabulary=151936,
                       theta=1000000.0, architecture="Qwen3ForCausalLM", type="qwen3", positions=40960,
                       epsilon=1e-6),
}
# Rotary tables of the real models reach as far as their positions; what is asked here is short.
TABLE_POSITIONS_MAX = 2048

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("directory")
    parser.add_argument("--layers", type=int, help="fewer than the real model has")
    parser.add_argument("--attention", choices=["grouped", "plain"], default="grouped",
                        help="one GroupQueryAttention node a layer, or operators of ONNX alone")
    parser.add_argument("--kv", choices=["float32", "float16"], help="type of the key/value cache")
    parser.add_argument("--weights", choices=["float32", "int8"], default="int8")
    parser.add_argument("--external", action="store_true", help="weights in model.onnx_data, beside the graph")
    parser.add_argument("--special", help="file with a JSON list of further special tokens")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    shape = dict(SHAPES[options.shape])
    if options.layers:
        shape["layers"] = options.layers
    kv = options.kv or ("float16" if options.shape == "qwen3-0.6b" else "float32")
    external = options.external or options.shape == "qwen3-0.6b"
    os.makedirs(os.path.join(options.directory, "onnx"), exist_ok=True)
    special = json.load(open(options.special)) if options.special else []
    ids = write_tokenizer(options.directory, options.shape, shape, special)
    write_config(options.directory, shape, ids, kv)
    name = "model_quantized.onnx" if options.weights == "int8" and not external else "model.onnx"
    graph = Graph(shape, options.attention, kv, options.weights, np.random.default_rng(options.seed))
    graph.save(os.path.join(options.directory, "onnx", name), external)


class Graph:
    def __init__(self, shape, attention, kv, weights, random):
        self.shape, self.attention, self.kv, self.weights, self.random = shape, attention, kv, weights, random
        self.nodes, self.weights_of, self.quantized = [], [], set()
        self.kv_type = TensorProto.FLOAT16 if kv == "float16" else TensorProto.FLOAT
        self.build()

    def constant(self, name, value):
        if all(one.name != name for one in self.weights_of):
            self.weights_of.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operator, inputs, outputs, domain="", **attributes):
        outputs = [outputs] if isinstance(outputs, str) else outputs
        self.nodes.append(helper.make_node(operator, inputs, outputs, name=outputs[0] + "/node", domain=domain, **attributes))
        return outputs[0]

    def draw(self, *size, scale):
        return (self.random.standard_normal(size, dtype=np.float32) * scale).astype(np.float32)

    def linear(self, x, name, size_in, size_out):
        weight = self.draw(size_in, size_out, scale=size_in ** -0.5)
        return self.multiplied(x, name, weight)

    def multiplied(self, x, name, weight):
        """weight is [in, out]; int8 as onnxruntime's dynamic quantization writes it, one scale a column."""
        if self.weights == "float32":
            return self.node("MatMul", [x, self.constant(name + ".weight", weight)], name)
        scale = np.abs(weight).max(0) / 127 + 1e-12
        rounded = np.clip(np.round(weight / scale), -127, 127).astype(np.int8)
        if x not in self.quantized:
            self.quantized.add(x)
            self.node("DynamicQuantizeLinear", [x], [x + "/q", x + "/scale", x + "/zero"])
        zero = self.constant(name + ".zero", np.zeros(weight.shape[1], np.int8))
        weight = self.constant(name + ".weight_quantized", rounded)
        self.node("MatMulInteger", [x + "/q", weight, x + "/zero", zero], name + "/int32")
        self.node("Cast", [name + "/int32"], name + "/float", to=TensorProto.FLOAT)
        self.node("Mul", [x + "/scale", self.constant(name + ".scale", scale.astype(np.float32))], name + "/scale")
        return self.node("Mul", [name + "/float", name + "/scale"], name)

    def norm(self, x, name, size):
        weight = self.constant(name + ".weight", np.ones(size, np.float32))
        return self.node("SimplifiedLayerNormalization", [x, weight], name, axis=-1, epsilon=self.shape["epsilon"], stash_type=1)

    def build(self):
        shape = self.shape
        hidden, layers, vocabulary = shape["hidden"], shape["layers"], shape["vocabulary"]
        heads, kv_heads, head = shape["heads"], shape["kv_heads"], shape["head"]
        embedding = self.draw(vocabulary, hidden, scale=0.05)
        self.constant("model.embed_tokens.weight", embedding)
        frequencies = shape["theta"] ** (-np.arange(0, head, 2) / head)
        angles = np.arange(min(TABLE_POSITIONS_MAX, shape["positions"]))[:, None] * frequencies
        self.constant("cos", np.cos(angles).astype(np.float32))
        self.constant("sin", np.sin(angles).astype(np.float32))
        if self.attention == "grouped":
            self.lengths()
        else:
            self.masks(heads)
        x = self.node("Gather", ["model.embed_tokens.weight", "input_ids"], "embedded")
        for layer in range(layers):
            name = f"layers.{layer}"
            h = self.norm(x, f"{name}.input_norm", hidden)
            q = self.linear(h, f"{name}.q", hidden, heads * head)
            k = self.linear(h, f"{name}.k", hidden, kv_heads * head)
            v = self.linear(h, f"{name}.v", hidden, kv_heads * head)
            if shape["type"] == "qwen3":
                q, k = self.head_norm(q, name + ".q_norm", heads), self.head_norm(k, name + ".k_norm", kv_heads)
            attend = self.grouped if self.attention == "grouped" else self.plain
            a = attend(layer, q, k, v)
            x = self.node("Add", [x, self.linear(a, f"{name}.o", heads * head, hidden)], f"{name}.attended")
            h = self.norm(x, f"{name}.post_norm", hidden)
            gate = self.linear(h, f"{name}.gate", hidden, shape["feed"])
            up = self.linear(h, f"{name}.up", hidden, shape["feed"])
            self.node("Sigmoid", [gate], f"{name}.sigmoid")
            self.node("Mul", [gate, f"{name}.sigmoid"], f"{name}.silu")
            self.node("Mul", [f"{name}.silu", up], f"{name}.fed")
            x = self.node("Add", [x, self.linear(f"{name}.fed", f"{name}.down", shape["feed"], hidden)], f"{name}.out")
        self.multiplied(self.norm(x, "norm", hidden), "logits", np.ascontiguousarray(embedding.T))

    def head_norm(self, x, name, heads):
        head = self.shape["head"]
        split = self.node("Reshape", [x, self.constant(f"split{heads}", np.array([0, 0, heads, head], np.int64))], name + "/split")
        self.norm(split, name, head)
        return self.node("Reshape", [name, self.constant(f"join{heads}", np.array([0, 0, heads * head], np.int64))], name + "/joined")

    def lengths(self):
        self.constant("one", np.array([1], np.int64))
        self.node("ReduceSum", ["attention_mask", self.constant("axis1", np.array([1], np.int64))], "length", keepdims=0)
        self.node("Sub", ["length", "one"], "last")
        self.node("Cast", ["last"], "seqlens_k", to=TensorProto.INT32)
        self.node("Shape", ["attention_mask"], "mask_shape")
        self.node("Gather", ["mask_shape", self.constant("index1", np.array(1, np.int64))], "total64", axis=0)
        self.node("Cast", ["total64"], "total", to=TensorProto.INT32)

    def grouped(self, layer, q, k, v):
        """Keys and values of type float16 mean that the node computes in float16, as the exports of fp16 do."""
        shape, cos, sin = self.shape, "cos", "sin"
        if self.kv == "float16":
            q, k, v = (self.node("Cast", [one], one + "/half", to=TensorProto.FLOAT16) for one in (q, k, v))
            cos, sin = (self.constant(one + "/half", numpy_helper.to_array(next(w for w in self.weights_of if w.name == one)).astype(np.float16)) for one in ("cos", "sin"))
        past = [f"past_key_values.{layer}.{one}" for one in ("key", "value")]
        present = [f"present.{layer}.{one}" for one in ("key", "value")]
        out = f"layers.{layer}.attention"
        self.node("GroupQueryAttention", [q, k, v, *past, "seqlens_k", "total", cos, sin], [out, *present], "com.microsoft",
                  num_heads=shape["heads"], kv_num_heads=shape["kv_heads"], do_rotary=1, rotary_interleaved=0, scale=shape["head"] ** -0.5)
        return self.node("Cast", [out], out + "/float", to=TensorProto.FLOAT) if self.kv == "float16" else out

    def masks(self, heads):
        """-1e9 where a key stands behind its query: [1, 1, sequence, total]."""
        self.node("Shape", ["attention_mask"], "mask_shape")
        self.node("Gather", ["mask_shape", self.constant("index1", np.array(1, np.int64))], "total", axis=0)
        self.node("Range", [self.constant("zero0", np.array(0, np.int64)), "total", self.constant("one0", np.array(1, np.int64))], "keys")
        self.node("Unsqueeze", ["position_ids", self.constant("axes1", np.array([1, 3], np.int64))], "queries")
        self.node("Greater", ["keys", "queries"], "behind")
        self.node("Where", ["behind", self.constant("minus", np.array(-1e9, np.float32)), self.constant("nought", np.array(0, np.float32))], "mask")
        for one in ("cos", "sin"):
            self.node("Gather", [one, "position_ids"], one + "/at")
            self.node("Unsqueeze", [one + "/at", self.constant("axis1", np.array([1], np.int64))], one + "/rows")

    def plain(self, layer, q, k, v):
        shape, name = self.shape, f"layers.{layer}.attention"
        heads, kv_heads, head = shape["heads"], shape["kv_heads"], shape["head"]

        def split(x, count):
            self.node("Reshape", [x, self.constant(f"split{count}", np.array([0, 0, count, head], np.int64))], x + "/split")
            return self.node("Transpose", [x + "/split"], x + "/heads", perm=[0, 2, 1, 3])

        def turned(x):
            self.node("Split", [x], [x + "/a", x + "/b"], axis=-1)
            self.node("Mul", [x + "/a", "cos/rows"], x + "/ac")
            self.node("Mul", [x + "/b", "sin/rows"], x + "/bs")
            self.node("Mul", [x + "/b", "cos/rows"], x + "/bc")
            self.node("Mul", [x + "/a", "sin/rows"], x + "/as")
            self.node("Sub", [x + "/ac", x + "/bs"], x + "/first")
            self.node("Add", [x + "/bc", x + "/as"], x + "/second")
            return self.node("Concat", [x + "/first", x + "/second"], x + "/turned", axis=-1)

        def joined(x, one):
            past, present = f"past_key_values.{layer}.{one}", f"present.{layer}.{one}"
            if self.kv == "float16":
                x = self.node("Cast", [x], x + "/half", to=TensorProto.FLOAT16)
            whole = self.node("Concat", [past, x], present, axis=2)
            if self.kv == "float16":
                whole = self.node("Cast", [present], present + "/float", to=TensorProto.FLOAT)
            self.node("Unsqueeze", [whole, self.constant("axis2", np.array([2], np.int64))], whole + "/groups")
            repeats = self.constant("repeats", np.array([1, 1, heads // kv_heads, 1, 1], np.int64))
            self.node("Expand", [whole + "/groups", repeats], whole + "/expanded")
            return self.node("Reshape", [whole + "/expanded", self.constant("flat", np.array([1, heads, -1, head], np.int64))], whole + "/repeated")

        query, key = turned(split(q, heads)), joined(turned(split(k, kv_heads)), "key")
        value = joined(split(v, kv_heads), "value")
        self.node("Transpose", [key], name + "/keys", perm=[0, 1, 3, 2])
        self.node("MatMul", [query, name + "/keys"], name + "/products")
        self.node("Mul", [name + "/products", self.constant("scale", np.array(head ** -0.5, np.float32))], name + "/scaled")
        self.node("Add", [name + "/scaled", "mask"], name + "/masked")
        self.node("Softmax", [name + "/masked"], name + "/shares", axis=-1)
        self.node("MatMul", [name + "/shares", value], name + "/mixed")
        self.node("Transpose", [name + "/mixed"], name + "/rows", perm=[0, 2, 1, 3])
        return self.node("Reshape", [name + "/rows", self.constant("join", np.array([0, 0, heads * head], np.int64))], name)

    def save(self, path, external):
        shape = self.shape
        integers = [("input_ids", "sequence_length"), ("attention_mask", "total_sequence_length")]
        if self.attention == "plain":
            integers.append(("position_ids", "sequence_length"))
        inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch_size", length]) for name, length in integers]
        outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch_size", "sequence_length", shape["vocabulary"]])]
        for layer, one in itertools.product(range(shape["layers"]), ("key", "value")):
            for kind, length, values in (("past_key_values", "past_sequence_length", inputs), ("present", "total_sequence_length", outputs)):
                size = ["batch_size", shape["kv_heads"], length, shape["head"]]
                values.append(helper.make_tensor_value_info(f"{kind}.{layer}.{one}", self.kv_type, size))
        graph = helper.make_graph(self.nodes, "decoder", inputs, outputs, self.weights_of)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="random-decoder")
        model.ir_version = 8
        if external:
            data = os.path.basename(path) + "_data"
            if os.path.exists(path + "_data"):
                os.remove(path + "_data")
            onnx.save(model, path, save_as_external_data=True, all_tensors_to_one_file=True, location=data, size_threshold=256)
        else:
            onnx.save(model, path)


def byte_letters():
    """The 256 letters by which byte-level tokenizers write bytes."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + index) for index in range(len(others))]


def drawn_merges():
    """Merges without end in sight: pairs, triples and fours of letters, as many as the vocabulary has room for."""
    letters = string.ascii_lowercase
    pairs = ["".join(pair) for pair in itertools.product(letters, repeat=2)]
    yield from ((pair[0], pair[1]) for pair in pairs)
    yield from (("Ġ", letter) for letter in letters)
    yield from itertools.product(pairs, letters)
    yield from itertools.product(pairs, pairs)


def write_tokenizer(directory, name, shape, further):
    if name == "qwen3-0.6b":
        special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"] + [f"<|special_{index}|>" for index in range(23)]
        plain_count = 151643
    elif name == "smollm2-135m":
        special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<reponame>", "<file_sep>", "<filename>",
                   "<gh_stars>", "<issue_start>", "<issue_comment>", "<issue_closed>", "<jupyter_start>", "<jupyter_text>",
                   "<jupyter_code>", "<jupyter_output>", "<jupyter_script>", "<empty_output>"]
        plain_count = shape["vocabulary"] - len(special)
    else:
        special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *further]
        plain_count = shape["vocabulary"] - len(special)
    first = plain_count if name == "qwen3-0.6b" else 0
    vocabulary = {} if first else {token: index for index, token in enumerate(special)}
    for letter in byte_letters():
        vocabulary[letter] = len(vocabulary)
    merges = []
    total = plain_count + (0 if first else len(special))
    for left, right in drawn_merges():
        if len(vocabulary) >= total:
            break
        if left + right not in vocabulary:
            vocabulary[left + right] = len(vocabulary)
            merges.append([left, right])
    added = [{"id": first + index, "content": token, "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, "special": True} for index, token in enumerate(special)]
    ids = {one["content"]: one["id"] for one in added}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    tokenizer = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
                 "pre_tokenizer": byte_level, "post_processor": None, "decoder": {**byte_level, "add_prefix_space": True},
                 "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                           "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                           "vocab": vocabulary, "merges": merges}}
    write(directory, "tokenizer.json", tokenizer, indent=None)
    write(directory, "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "chat_template": CHATML, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
        "bos_token": "<|endoftext|>", "clean_up_tokenization_spaces": False, "model_max_length": shape["positions"]})
    return ids


def write_config(directory, shape, ids, kv):
    write(directory, "config.json", {
        "architectures": [shape["architecture"]], "model_type": shape["type"], "vocab_size": shape["vocabulary"],
        "hidden_size": shape["hidden"], "intermediate_size": shape["feed"], "num_hidden_layers": shape["layers"],
        "num_attention_heads": shape["heads"], "num_key_value_heads": shape["kv_heads"], "head_dim": shape["head"],
        "rms_norm_eps": shape["epsilon"], "rope_theta": shape["theta"], "hidden_act": "silu", "tie_word_embeddings": True,
        "max_position_embeddings": shape["positions"], "bos_token_id": ids["<|endoftext|>"], "eos_token_id": ids["<|im_end|>"],
        "torch_dtype": kv})
    write(directory, "generation_config.json", {
        "bos_token_id": ids["<|endoftext|>"], "eos_token_id": [ids["<|im_end|>"], ids["<|endoftext|>"]], "pad_token_id": ids["<|endoftext|>"]})


def write(directory, name, value, indent=1):
    with open(os.path.join(directory, name), "w") as file:
        json.dump(value, file, ensure_ascii=False, indent=indent)


main()
