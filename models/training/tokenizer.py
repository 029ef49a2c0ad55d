"""Trains the tokenizer: BPE over the words of the prompts, written as a standard tokenizer.json.

    python3 tokenizer.py DATA OUT [EXTRA.jsonl ...]

Prompts and answers hold words of a closed vocabulary, signs and special tokens only, so that a small table makes almost
every word one token. Placeholders, fields and marks are special tokens.
"""
import collections
import json
import os
import re
import sys

VOCABULARY_SIZE = 2048
SPACE = '\u2581'
SPECIAL = re.compile(r'<\|[a-z0-9-]+\|>')
# Ids 0 to 3; the rest follows in this order.
FIRST = ['<|pad|>', '<|unk|>', '<|end|>', '<|answer|>']
MARKS = '<|intent|> <|or|> <|address|> <|port|> <|other|> <|dscp-name|> <|time|> <|line|> <|sign|> <|more|>'.split()
FIELDS = (
    '<|path-loss|> <|reachability|> <|path-mtu|> <|path-latency|> <|bgp-session|> <|device-status|> <|unsupported|> '
    '<|head|> <|tail|> <|via|> <|count|> <|loss-max|> <|dscp|> <|size|> <|neighbor|> <|cpu|> <|memory|> <|interface|> '
    '<|other-topic|> <|would-change|> <|no-path|> <|several|> <|manipulation|>'
).split()
# Reserved for the evidence task, so that its tokens keep their ids when the intent task is trained first.
EVIDENCE = ['<|evidence|>', '<|say|>'] + [f'<|x{i}|>' for i in range(62)]
PLACEHOLDERS = [f'<|{kind}{i}|>' for kind, count in (('e', 32), ('w', 32), ('p', 32), ('n', 16)) for i in range(count)]
SPECIALS = FIRST + MARKS + FIELDS + EVIDENCE + PLACEHOLDERS
CHARACTERS = [SPACE] + [chr(c) for c in range(33, 127) if not chr(c).isupper()]


def pieces(text):
    """Special tokens and words, as Metaspace with prepend_scheme "always" cuts them."""
    at = 0
    for match in SPECIAL.finditer(text):
        yield from (SPACE + word for word in text[at:match.start()].split())
        yield match.group()
        at = match.end()
    yield from (SPACE + word for word in text[at:].split())


def train(counts):
    """Plain BPE: the most frequent pair is merged next; ties go to the pair that sorts first."""
    words = {word: list(word) for word in counts}
    vocabulary = SPECIALS + CHARACTERS
    merges = []
    while len(vocabulary) < VOCABULARY_SIZE:
        pairs = collections.Counter()
        for word, parts in words.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += counts[word]
        if not pairs:
            break
        (left, right), _ = min(pairs.items(), key=lambda item: (-item[1], item[0]))
        merges.append((left, right))
        if left + right not in vocabulary:
            vocabulary.append(left + right)
        for parts in words.values():
            index = 0
            while index < len(parts) - 1:
                if parts[index] == left and parts[index + 1] == right:
                    parts[index:index + 2] = [left + right]
                index += 1
    return vocabulary, merges


class Tokenizer:
    """Encodes as the standard implementation does; words are cached."""

    def __init__(self, path):
        model = json.load(open(path))['model']
        self.ids = model['vocab']
        self.ranks = {tuple(merge.split(' ')): rank for rank, merge in enumerate(model['merges'])}
        self.cache = {}

    def encode(self, text):
        ids = []
        for piece in pieces(text):
            known = self.cache.get(piece)
            if known is None:
                known = self.cache[piece] = self._encode_piece(piece)
            ids += known
        return ids

    def _encode_piece(self, piece):
        if SPECIAL.fullmatch(piece):
            return [self.ids[piece]]
        parts = list(piece)
        while len(parts) > 1:
            rank, index = min((self.ranks.get(pair, 1 << 30), i) for i, pair in enumerate(zip(parts, parts[1:])))
            if rank == 1 << 30:
                break
            parts[index:index + 2] = [parts[index] + parts[index + 1]]
        return [self.ids.get(part, self.ids['<|unk|>']) for part in parts]


def main():
    data, out, *extra = sys.argv[1:]
    counts = collections.Counter()
    for path in [os.path.join(data, 'train.jsonl'), *extra]:
        for line in open(path):
            row = json.loads(line)
            text = row['prompt'] + row.get('answer', '')
            counts.update(piece for piece in pieces(text) if not SPECIAL.fullmatch(piece))
    # Square roots: rare words matter as well.
    vocabulary, merges = train({word: int(count ** 0.5) + 1 for word, count in sorted(counts.items())})
    metaspace = {'type': 'Metaspace', 'replacement': SPACE, 'prepend_scheme': 'always', 'split': True}
    added = [
        {'id': i, 'content': token, 'single_word': False, 'lstrip': False, 'rstrip': False, 'normalized': False, 'special': True}
        for i, token in enumerate(SPECIALS)
    ]
    tokenizer = {
        'version': '1.0', 'truncation': None, 'padding': None, 'added_tokens': added, 'normalizer': None,
        'pre_tokenizer': metaspace, 'post_processor': None, 'decoder': metaspace,
        'model': {
            'type': 'BPE', 'dropout': None, 'unk_token': '<|unk|>', 'continuing_subword_prefix': None,
            'end_of_word_suffix': None, 'fuse_unk': False, 'byte_fallback': False,
            'vocab': {token: i for i, token in enumerate(vocabulary)},
            'merges': [f'{left} {right}' for left, right in merges],
        },
    }
    settings = {
        'tokenizer_class': 'PreTrainedTokenizerFast', 'eos_token': '<|end|>', 'pad_token': '<|pad|>',
        'unk_token': '<|unk|>', 'clean_up_tokenization_spaces': False, 'model_max_length': 1024, 'add_bos_token': False,
    }
    os.makedirs(out, exist_ok=True)
    for name, value in (('tokenizer.json', tokenizer), ('tokenizer_config.json', settings)):
        with open(os.path.join(out, name), 'w') as file:
            json.dump(value, file, ensure_ascii=False, indent=1)
            file.write('\n')
    whole = sum(SPACE + word[1:] in set(vocabulary) for word in counts)
    print(f'{len(vocabulary)} tokens, {len(merges)} merges, {whole} of {len(counts)} words are one token')


if __name__ == '__main__':
    main()
