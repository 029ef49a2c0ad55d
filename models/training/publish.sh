#!/bin/sh
# Exports a checkpoint and compares it with torch before it takes the place of the last one.
#
#     models/training/publish.sh CHECKPOINT TOKENIZER DATA models/weights/confer-1
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../../node_modules/.bin:$PATH
python=${PYTHON:-/usr/bin/python3}
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
"$python" "$here/export.py" "$1" "$2" "$new/model" --data "$3"
"$python" "$here/sample-logits.py" "$1" "$2" "$3/noisy.jsonl" > "$new/logits.jsonl"
node "$here/check-export.ts" "$new/model" "$new/logits.jsonl"
mkdir -p "$4"
cp -R "$new/model/." "$4/"
