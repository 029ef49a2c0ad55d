#!/bin/sh
# Makes models/weights/confer-1 anew: data, tokenizer, training, export, check. What is there already is kept: a run that
# was cut is continued by the same command.
#
#     models/training/all.sh /tmp/confer-training [STEPS]
set -eu
out=${1:?say where data and checkpoints go}
steps=${2:-13500}
training=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$training/../.." && pwd)
PATH=$root/node_modules/.bin:$PATH
. "$training/environment.sh"

[ -f "$out/data/summary.json" ] || node "$training/generate.ts" "$out/data" --count 800000 --publish "$training/validation"
[ -f "$out/tokenizer/tokenizer.json" ] || "$python" "$training/tokenizer.py" "$out/data" "$out/tokenizer"
train "$out/data" "$out/tokenizer" "$out/run" --steps "$steps"
"$training/publish.sh" "$out/run/checkpoint.pt" "$out/tokenizer" "$out/data" "$root/models/weights/confer-1"
