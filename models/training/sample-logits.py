"""Writes prompts and torch's logits behind their last token as JSON lines, for check-export.ts.

    python3 sample-logits.py CHECKPOINT TOKENIZER DATA/noisy.jsonl > logits.jsonl
"""
import json
import sys

import torch

from model import Decoder, Shape
from tokenizer import Tokenizer

COUNT = 40


def main():
    checkpoint, tokenizer_folder, data = sys.argv[1:]
    tokenizer = Tokenizer(tokenizer_folder + '/tokenizer.json')
    state = torch.load(checkpoint, map_location='cpu')
    sizes = state['shape']
    model = Decoder(Shape(**sizes))
    model.load_state_dict(state['model'])
    for line in open(data).readlines()[:COUNT]:
        row = json.loads(line)
        ids = tokenizer.encode(row['prompt'])
        with torch.no_grad():
            logits = model(torch.tensor([ids]))[0, -1]
        print(json.dumps({'prompt': row['prompt'], 'ids': ids, 'logits': [round(x, 4) for x in logits.tolist()]}))


if __name__ == '__main__':
    main()
