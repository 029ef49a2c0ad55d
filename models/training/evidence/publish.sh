#!/bin/sh
# Exports a checkpoint of the evidence task and compares it with torch before it takes the place of the last one.
#
# Paths are absolute. SOURCES is the commit whose sources made DATA, when it is not the present one. RUN has the log of the
# training before.
#
#     models/training/evidence/publish.sh CHECKPOINT TOKENIZER DATA $PWD/models/weights/confer-evidence-1 [RUN]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
training=$(dirname "$here")
PATH=$training/../../node_modules/.bin:$PATH
python=${PYTHON:-/usr/bin/python3}
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
"$python" "$training/export.py" "$1" "$2" "$new/model"
{ head -n 20 "$3/known.jsonl"; head -n 20 "$3/sentences.jsonl"; } > "$new/prompts.jsonl"
"$python" "$training/sample-logits.py" "$1" "$2" "$new/prompts.jsonl" > "$new/logits.jsonl"
node "$training/check-export.ts" "$new/model" "$new/logits.jsonl"
mkdir -p "$4"
cp -R "$new/model/." "$4/"
cat ${5:+"$5/log.txt"} "$(dirname "$1")/log.txt" > "$4/training-log.txt"
# As the rest of the tree is formatted; only then it is hashed.
cd "$training/../.."
for file in "$4"/*.json; do
  biome format --stdin-file-path=model.json < "$file" > "$new/formatted.json"
  cp "$new/formatted.json" "$file"
done
"$python" "$training/manifest.py" "$1" "$3" "$4" --name confer-evidence-1 --task 'evidence and sentence' \
  --command models/training/evidence/all.sh --sources "${SOURCES:-$(git rev-parse --short=12 HEAD)}"
