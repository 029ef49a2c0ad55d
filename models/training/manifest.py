"""Lists the files of an exported model with their SHA-256, and what people want to know of it.

    python3 manifest.py CHECKPOINT DATA MODEL --sources COMMIT [--name confer-1]
"""
import argparse
import hashlib
import json
import os

import torch

FILES = ('config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model_quantized.onnx')


def summary_of(data):
    return json.load(open(os.path.join(data, 'summary.json')))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('checkpoint')
    parser.add_argument('data')
    parser.add_argument('model')
    parser.add_argument('--name', default='confer-1')
    parser.add_argument('--task', default='intent', help='what it was trained for: "intent", "evidence" or "intent and evidence"')
    parser.add_argument('--command', default='models/training/all.sh', help='what makes it anew')
    parser.add_argument('--sources', required=True, help='the commit whose sources made the data')
    parser.add_argument('--earlier', help='data of the round before')
    options = parser.parse_args()
    state = torch.load(options.checkpoint, map_location='cpu')
    summary = summary_of(options.data)
    earlier = summary_of(options.earlier) if options.earlier else None
    before = state.get('before', {'steps': 0, 'tokens': 0})
    # What greedy decoding would get right: causes are ranked by their likelihood instead, and of sentences many are right.
    reads = 'intent' in options.task.split(' and ')
    files = {}
    for name in FILES:
        content = open(os.path.join(options.model, name), 'rb').read()
        files[name] = {'sha256': hashlib.sha256(content).hexdigest(), 'bytes': len(content)}
    manifest = {
        'name': options.name,
        'license': 'MIT',
        'task': options.task,
        'parameters': sum(value.numel() for value in state['model'].values()),
        'training': {
            'command': options.command,
            'steps': before['steps'] + state['step'],
            'tokens': before['tokens'] + state['tokens'],
            **({'exactMatch': state['exact']} if reads else {}),
            'data': {
                'sources': options.sources,
                **{name: summary[name] for name in ('seed', 'templates', 'heldOutTemplates', 'cases') if name in summary},
                'sha256': {name: file['sha256'] for name, file in summary['files'].items()},
            },
            **({'earlierData': {'seed': earlier['seed'], 'train': earlier['files']['train']['sha256']}} if earlier else {}),
        },
        'files': files,
    }
    with open(os.path.join(options.model, 'manifest.json'), 'w') as file:
        json.dump(manifest, file, indent=2)
        file.write('\n')


if __name__ == '__main__':
    main()
