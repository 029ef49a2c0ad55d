#!/bin/sh
# Exports a checkpoint and compares it with torch before it takes the place of the last one.
#
# Paths are absolute. SOURCES is the commit whose sources made DATA, when it is not the present one. RUN has the log of the
# round before, EARLIER its data.
#
#     models/training/publish.sh CHECKPOINT TOKENIZER DATA $PWD/models/weights/confer-1 [RUN EARLIER]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=$here/../../node_modules/.bin:$PATH
python=${PYTHON:-/usr/bin/python3}
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
"$python" "$here/export.py" "$1" "$2" "$new/model"
"$python" "$here/sample-logits.py" "$1" "$2" "$3/noisy.jsonl" > "$new/logits.jsonl"
node "$here/check-export.ts" "$new/model" "$new/logits.jsonl"
mkdir -p "$4"
cp -R "$new/model/." "$4/"
cat ${5:+"$5/log.txt"} "$(dirname "$1")/log.txt" > "$4/training-log.txt"
# As the rest of the tree is formatted; only then it is hashed.
cd "$here/../.."
for file in "$4"/*.json; do
  biome format --stdin-file-path=model.json < "$file" > "$new/formatted.json"
  cp "$new/formatted.json" "$file"
done
"$python" "$here/manifest.py" "$1" "$3" "$4" ${6:+--earlier "$6"} --sources "${SOURCES:-$(git rev-parse --short=12 HEAD)}"
# How sure it must be, from texts in words that it was not trained on.
node scripts/model-calibrate.ts --model "$4" --set models/training/validation/strange.jsonl --write
