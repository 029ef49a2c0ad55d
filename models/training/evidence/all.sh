#!/bin/sh
# Makes models/weights/confer-evidence-1 anew: plays networks, writes what they show, trains, exports, checks. What is there
# already is kept: a run that was cut is continued by the same command.
#
#     models/training/evidence/all.sh /tmp/confer-evidence [STEPS] [CASES]
#
# CASES: how many are drawn for training; those of more than 16 routers are not played.
set -eu
out=${1:?say where data and checkpoints go}
steps=${2:-2400}
cases=${3:-1500}
here=$(cd "$(dirname "$0")" && pwd)
training=$(dirname "$here")
root=$(cd "$training/../.." && pwd)
PATH=$root/node_modules/.bin:$PATH
. "$training/environment.sh"
mkdir -p "$out/played" "$out/data"

all=standard,noisy,low-loss,missing
play() { node "$here/play.ts" "$out/played/$1.jsonl.gz" --seed "$2" --cases "0..$3" --shapes "$4" --tiers "$5" --nodes "${6:-16}"; }
play train 1 "$((cases - 1))" chain,rings,wan "$all"
play held-out-cases 2 299 chain,rings,wan "$all"
play held-out-cases 4 89 chain,rings,wan missing
play held-out-shape 3 79 fat-tree "$all" 20
play held-out-shape 5 29 fat-tree missing 20
for set in held-out-cases held-out-shape; do
  node "$here/generate.ts" "$out/$set" "$out/played/$set.jsonl.gz" --cases "$here/$set.jsonl"
done
node "$here/generate.ts" "$out/held-out-answers" "$out/played/held-out-cases.jsonl.gz" --cases "$here/held-out-answers.jsonl" --left-out
[ -f "$out/data/summary.json" ] || node "$here/generate.ts" "$out/data" "$out/played/train.jsonl.gz"
[ -f "$out/data/sentences.jsonl" ] || node "$here/sentences.ts" "$out/data" "$out/played/train.jsonl.gz"
node "$here/sentences.ts" "$out/data" "$out/played/held-out-cases.jsonl.gz" "$out/played/held-out-shape.jsonl.gz" \
  --cases "$here/held-out-sentences.jsonl" --drawn-cases 3 --seed 7
[ -f "$out/tokenizer/tokenizer.json" ] ||
  "$python" "$training/tokenizer.py" "$out/data" "$out/tokenizer" "$out/data/sentences.jsonl"
# First to rank, then both.
train "$out/data" "$out/tokenizer" "$out/ranking" --steps "$steps" --layers 3 --width 80
train "$out/data" "$out/tokenizer" "$out/run" --steps "${SENTENCE_STEPS:-1400}" --layers 3 --width 80 \
  --init "$out/ranking/checkpoint.pt" --extra "$out/data/sentences.jsonl" --share 0.5
"$here/publish.sh" "$out/run/checkpoint.pt" "$out/tokenizer" "$out/data" "$root/models/weights/confer-evidence-1" "$out/ranking"
