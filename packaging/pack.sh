#!/bin/sh
# Packs what a router needs into one file: the program as built and as sources, what they depend on, and Node itself.
# Routers need neither npm nor the Internet.  Usage: packaging/pack.sh FILE.tar   (after `npm ci`, on a machine like the routers)
set -eu
[ $# -eq 1 ] || { echo "Usage: packaging/pack.sh FILE.tar" >&2; exit 2; }
case $1 in /*) file=$1 ;; *) file=$PWD/$1 ;; esac
cd "$(dirname "$(dirname "$(readlink -f "$0")")")"
node=node_modules/node/bin/node
[ -x "$node" ] || { echo "$node is missing: run npm ci first." >&2; exit 1; }
# The first line is the package itself, the others are what it needs at run time.
dependencies=$(npm ls --all --omit=dev --omit=optional --parseable | tail -n +2 | sed "s|^$PWD/||")
# onnxruntime-node brings its library for every system: 290 MB, of which this machine's kind needs 45.
runtime=node_modules/onnxruntime-node/bin/napi-v6
kind=linux/$("$node" -p process.arch)
others=
for one in "$runtime"/*/*; do [ "$one" = "$runtime/$kind" ] || others="$others --exclude=$one"; done
# Not into the checkout, where it would be run in place of newer sources.
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
"$node" scripts/build.ts "$built/dist"
# shellcheck disable=SC2086 # npm's package paths hold no spaces
tar -cf "$file" --transform='s|^|confer/|S' --owner=root --group=root --mode=go-w $others \
  LICENSE package.json bin crypto discovery docs examples models packaging src topologies $dependencies "$node" -C "$built" dist
