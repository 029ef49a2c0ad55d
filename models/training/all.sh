#!/bin/sh
# Makes models/weights/confer-1 anew: data, tokenizer, training, export, check. What is there already is kept: a run that
# was cut is continued by the same command.
#
#     models/training/all.sh /tmp/confer-training [STEPS]
#
# STEPS: of each of the two rounds.
set -eu
out=${1:?say where data and checkpoints go}
steps=${2:-13500}
training=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$training/../.." && pwd)
PATH=$root/node_modules/.bin:$PATH
. "$training/environment.sh"

# Two rounds, each on requests of its own: in the second the rates fall from the beginning.
[ -f "$out/data/summary.json" ] || node "$training/generate.ts" "$out/data" --count 800000 --publish "$training/validation"
[ -f "$out/data-2/summary.json" ] || node "$training/generate.ts" "$out/data-2" --count 800000 --seed 2
[ -f "$out/tokenizer/tokenizer.json" ] || "$python" "$training/tokenizer.py" "$out/data" "$out/tokenizer"
train "$out/data" "$out/tokenizer" "$out/run" --steps "$steps"
train "$out/data-2" "$out/tokenizer" "$out/run-2" --steps "$steps" --cool-down "$((steps - 60))" --seed 2 --init "$out/run/checkpoint.pt"
"$training/publish.sh" "$out/run-2/checkpoint.pt" "$out/tokenizer" "$out/data-2" "$root/models/weights/confer-1" "$out/run" "$out/data"
