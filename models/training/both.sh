#!/bin/sh
# Makes both shipped models anew, with their data: confer-1, which reads intents, and confer-evidence-1, which ranks causes and
# words conclusions. Cut, it is continued by the same command.
#
#     models/training/both.sh /tmp/confer-training
set -eu
out=${1:?say where data and checkpoints go}
training=$(cd "$(dirname "$0")" && pwd)
"$training/all.sh" "$out/intent"
"$training/evidence/all.sh" "$out/evidence"
