#!/bin/sh
# Makes models/weights/confer-1 anew: data, tokenizer, training, export, check. What is there already is kept: a run that
# was cut is continued by the same command.
#
#     models/training/all.sh /tmp/confer-training [STEPS]
set -eu
out=${1:?say where data and checkpoints go}
steps=${2:-10000}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
PATH=$root/node_modules/.bin:$PATH
python=${PYTHON:-/usr/bin/python3}
# Idle threads sleep; freed memory is kept, because every step asks for the same again.
export OMP_WAIT_POLICY=PASSIVE
jemalloc=/usr/lib/$(uname -m)-linux-gnu/libjemalloc.so.2

[ -f "$out/data/summary.json" ] || node "$here/generate.ts" "$out/data" --count 600000 --publish "$here/validation"
[ -f "$out/tokenizer/tokenizer.json" ] || "$python" "$here/tokenizer.py" "$out/data" "$out/tokenizer"
if [ -f "$jemalloc" ]; then
  LD_PRELOAD=$jemalloc MALLOC_CONF=dirty_decay_ms:-1,muzzy_decay_ms:-1 \
    "$python" "$here/train.py" "$out/data" "$out/tokenizer" "$out/run" --steps "$steps" --threads "${THREADS:-1}"
else
  "$python" "$here/train.py" "$out/data" "$out/tokenizer" "$out/run" --steps "$steps" --threads "${THREADS:-1}"
fi
"$here/publish.sh" "$out/run/checkpoint.pt" "$out/tokenizer" "$out/data" "$root/models/weights/confer-1"
