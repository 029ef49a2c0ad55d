"""Trains the decoder; resumes by itself from the last checkpoint in OUT.

    python3 train.py DATA TOKENIZER OUT [--steps 3900] [--cool-down 3120] [--threads 1] [--extra EVIDENCE.jsonl --share 0.4]

DATA has train.jsonl and the sets of validation. OUT gets checkpoint.pt (every few minutes, replaced at once), log.txt (loss
curve and exact match). The order of the data and the schedule depend on the step alone.
"""
import argparse
import json
import os
import random
import re
import time

import numpy as np
import torch
import torch.nn.functional as F

from model import Decoder, Shape
from tokenizer import Tokenizer

LONGEST = 256
TOKENS_PER_STEP = 2048
CHUNK = 4096
WARM_UP_STEPS = 60
COOL_DOWN_SHARE = 0.8
# The prompt teaches the language of requests, the answer what they mean. A quarter of the prompt's tokens is enough.
PROMPT_WEIGHT = 0.1
PROMPT_STRIDE = 4
PLACEHOLDER = re.compile(r'<\|([ewpn])(\d+)\|>')
# Of a class; more occur, and rarely.
PLACEHOLDERS_USUAL = 10
# Behind either of them stands what is to be learned.
ANSWER = re.compile(r'<\|(?:answer|say)\|>')


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised by four Newton-Schulz steps (Jordan and others, 2024); for matrices."""

    def __init__(self, parameters, lr, dtype):
        super().__init__(parameters, dict(lr=lr))
        self.dtype = dtype

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for parameter in group['params']:
                state = self.state[parameter]
                if 'momentum' not in state:
                    state['momentum'] = torch.zeros_like(parameter)
                momentum = state['momentum'].mul_(0.95).add_(parameter.grad, alpha=0.05)
                x = parameter.grad.lerp(momentum, 0.95).to(self.dtype)
                x = x / (x.norm() + 1e-7)
                is_tall = x.shape[0] > x.shape[1]
                x = x.t().contiguous() if is_tall else x
                for _ in range(4):
                    square = x @ x.t()
                    x = 3.4445 * x + (-4.7750 * square + 2.0315 * (square @ square)) @ x
                x = x.t() if is_tall else x
                scale = max(1, parameter.shape[0] / parameter.shape[1]) ** 0.5
                parameter.mul_(1 - group['lr'] * 0.05).add_(x.float(), alpha=-group['lr'] * scale)


def renumbered(text, dice):
    """Placeholders by order of appearance, as at run time, or any of the first few: each must be learned on its own."""
    numbers = {}

    def renumber(match):
        kind, old = match.groups()
        taken = numbers.setdefault(kind, {})
        if kind + '/free' not in numbers:
            few = list(range(PLACEHOLDERS_USUAL))
            if dice is not None and dice.random() < 0.5:
                dice.shuffle(few)
            numbers[kind + '/free'] = few + list(range(PLACEHOLDERS_USUAL, 32))
        if old not in taken:
            taken[old] = numbers[kind + '/free'][len(taken)]
        return f'<|{kind}{taken[old]}|>'

    return PLACEHOLDER.sub(renumber, text)


def encode(line, tokenizer, dice=None):
    """(ids as a compact array, length of the prompt)"""
    row = json.loads(line)
    whole = renumbered(row['prompt'] + row['answer'], dice)
    mark = ANSWER.search(whole)
    begins = len(whole) if mark is None else mark.end()
    prompt = tokenizer.encode(whole[:begins])
    return np.array(prompt + tokenizer.encode(whole[begins:]), dtype=np.int16), len(prompt)


def read(path, tokenizer):
    return [encode(line, tokenizer) for line in open(path)]


def batches(path, tokenizer, seed):
    """Endless batches of rows of nearly one length (little padding), in an order that depends on the seed alone."""
    lines = open(path).readlines()
    epoch = 0
    while True:
        shuffle = random.Random(f'{seed}/{epoch}')
        if epoch > 0:
            shuffle.shuffle(lines)
        for start in range(0, len(lines), CHUNK):
            rows = [encode(line, tokenizer, shuffle) for line in lines[start:start + CHUNK]]
            rows = sorted((row for row in rows if len(row[0]) <= LONGEST), key=lambda row: len(row[0]))
            ready = []
            begin = 0
            for end in range(1, len(rows) + 1):
                if end == len(rows) or (end + 1 - begin) * len(rows[end][0]) > TOKENS_PER_STEP:
                    ready.append(rows[begin:end])
                    begin = end
            shuffle.shuffle(ready)
            yield from ready
        epoch += 1


def tensors(rows):
    """(inputs, targets, weights of the targets), each [rows, length]"""
    length = max(len(row) for row, _ in rows)
    ids = np.zeros((len(rows), length), dtype=np.int64)
    weights = np.zeros((len(rows), length), dtype=np.float32)
    for index, (row, prompt) in enumerate(rows):
        ids[index, :len(row)] = row
        weights[index, :prompt] = PROMPT_WEIGHT
        weights[index, prompt:len(row)] = 1
    ids, weights = torch.from_numpy(ids), torch.from_numpy(weights)
    return ids[:, :-1], ids[:, 1:], weights[:, 1:]


@torch.no_grad()
def exact_match(model, rows, dtype):
    """Share of answers of which every token is the most likely one: what greedy decoding would get right."""
    right = 0
    for start in range(0, len(rows), 64):
        part = rows[start:start + 64]
        length = max(len(row) for row, _ in part)
        ids = torch.zeros((len(part), length), dtype=torch.long)
        for index, (row, _) in enumerate(part):
            ids[index, :len(row)] = torch.from_numpy(row.astype(np.int64))
        guesses = model(ids, dtype).argmax(-1)
        for index, (row, prompt) in enumerate(part):
            right += bool((guesses[index, prompt - 1:len(row) - 1] == ids[index, prompt:len(row)]).all())
    return right / len(rows)


def has_bfloat16():
    """Without its own unit, products in bfloat16 are slower than in float32: half as fast with avx512_bf16."""
    try:
        return 'amx_bf16' in open('/proc/cpuinfo').read()
    except OSError:
        return False


def save(path, value):
    torch.save(value, path + '.new')
    os.replace(path + '.new', path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('data')
    parser.add_argument('tokenizer')
    parser.add_argument('out')
    parser.add_argument('--steps', type=int, default=3900)
    parser.add_argument('--cool-down', type=int, default=None, help='steps at the end in which the rates fall to nothing')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--layers', type=int, default=4)
    parser.add_argument('--width', type=int, default=160)
    parser.add_argument('--extra', default=None)
    parser.add_argument('--share', type=float, default=0.4)
    parser.add_argument('--init', default=None, help='a checkpoint whose weights to begin with')
    parser.add_argument('--init-tokenizer', default=None, help='its tokenizer, where that is another: tokens of both keep their vectors')
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    os.makedirs(options.out, exist_ok=True)
    path = os.path.join(options.out, 'checkpoint.pt')
    # Steps behind the last checkpoint are in it twice where a run was cut.
    log = open(os.path.join(options.out, 'log.txt'), 'a' if os.path.exists(path) else 'w')

    def say(text):
        print(text, flush=True)
        log.write(text + '\n')
        log.flush()

    tokenizer = Tokenizer(os.path.join(options.tokenizer, 'tokenizer.json'))
    files = {name: os.path.join(options.data, name + '.jsonl') for name in ('known', 'held-out', 'noisy', 'refused')}
    validation = {name: read(file, tokenizer) for name, file in files.items() if os.path.exists(file)}
    extra = options.extra
    shape = Shape(vocabulary=len(tokenizer.ids), width=options.width, layers=options.layers)
    model = Decoder(shape)
    dtype = torch.bfloat16 if has_bfloat16() else torch.float32
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and 'embedding' not in n]
    others = [p for n, p in model.named_parameters() if not (p.dim() == 2 and 'embedding' not in n)]
    optimizers = [Muon(matrices, 0.02, dtype), torch.optim.AdamW(others, lr=3e-3, betas=(0.9, 0.95), weight_decay=0)]
    step = tokens = 0
    best = 0.0
    before = {'steps': 0, 'tokens': 0}  # of the weights that this run begins with
    if os.path.exists(path):
        state = torch.load(path)
        model.load_state_dict(state['model'])
        for optimizer, saved in zip(optimizers, state['optimizers']):
            optimizer.load_state_dict(saved)
        step, tokens, best = state['step'], state['tokens'], state['best']
        before = state.get('before', before)
        say(f'resumed at step {step}')
    elif options.init:
        first = torch.load(options.init)
        weights = first['model']
        earlier = first.get('before', before)
        before = {'steps': earlier['steps'] + first['step'], 'tokens': earlier['tokens'] + first['tokens']}
        if options.init_tokenizer:
            known = Tokenizer(os.path.join(options.init_tokenizer, 'tokenizer.json'))
            embedding = model.embedding.weight.detach().clone()
            for token, index in tokenizer.ids.items():
                if token in known.ids:
                    embedding[index] = weights['embedding.weight'][known.ids[token]]
            weights['embedding.weight'] = embedding
        model.load_state_dict(weights)
    bases = [(group, base) for optimizer, base in zip(optimizers, (0.02, 3e-3)) for group in optimizer.param_groups]
    say(f'{sum(p.numel() for p in model.parameters()) / 1e6:.2f}M parameters, {options.steps} steps, {dtype}')

    sources = [batches(one, tokenizer, options.seed) for one in (os.path.join(options.data, 'train.jsonl'), extra) if one]
    mixing = random.Random(f'mix/{options.seed}')
    choices = [0 if extra is None or mixing.random() >= options.share else 1 for _ in range(options.steps)]
    for passed in range(step):
        next(sources[choices[passed]])
    cool_down = options.cool_down or options.steps * COOL_DOWN_SHARE
    started, started_tokens, recent = time.time(), tokens, []
    while step < options.steps:
        left = (options.steps - step) / cool_down
        factor = min(1, (step + 1) / WARM_UP_STEPS) * min(1, max(0.01, left))
        for group, base in bases:
            group['lr'] = base * factor
        inputs, targets, weights = tensors(next(sources[choices[step]]))
        flat = weights.reshape(-1)
        position = torch.arange(flat.numel())
        chosen = torch.nonzero((flat == 1) | ((flat > 0) & (position % PROMPT_STRIDE == step % PROMPT_STRIDE))).squeeze(1)
        used, flat = flat, flat[chosen]
        losses = F.cross_entropy(model(inputs, dtype, chosen), targets.reshape(-1)[chosen], reduction='none')
        ((losses * flat).sum() / flat.sum()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        model.zero_grad(set_to_none=True)
        recent.append(losses.detach()[flat == 1].mean().item())
        tokens += int((used > 0).sum())
        step += 1
        if step % 25 == 0 or step == 5:
            rate = (tokens - started_tokens) / (time.time() - started)
            say(f'step {step} tokens {tokens / 1e6:.2f}M tokens/s {rate:.0f} answer loss {np.mean(recent[-50:]):.4f}')
        if step % 400 == 0 or step == options.steps:
            part = 1000 if step == options.steps else 150
            shares = {name: exact_match(model, rows_[:part], dtype) for name, rows_ in validation.items()}
            say(f'step {step} exact ' + ' '.join(f'{name} {share:.4f}' for name, share in shares.items()))
            state = {'shape': vars(shape), 'model': model.state_dict(), 'step': step, 'tokens': tokens, 'before': before, 'best': best,
                     'optimizers': [optimizer.state_dict() for optimizer in optimizers], 'exact': shares}
            save(path, state)


if __name__ == '__main__':
    main()
