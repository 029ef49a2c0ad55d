# Sourced by what trains: how torch is fast on few cores. THREADS says on how many, 1 where it is not set.
python=${PYTHON:-/usr/bin/python3}
# Idle threads sleep.
export OMP_WAIT_POLICY=PASSIVE
# OpenBLAS takes processors that are newer than itself for one of 2004, and would use every core beside torch.
if grep -q avx512bw /proc/cpuinfo; then export OPENBLAS_CORETYPE="${OPENBLAS_CORETYPE:-SkylakeX}"; fi
export OPENBLAS_NUM_THREADS="${THREADS:-1}"
jemalloc=/usr/lib/$(uname -m)-linux-gnu/libjemalloc.so.2

# Freed memory is kept, because every step asks for the same again.
train() {
  if [ -f "$jemalloc" ]; then
    LD_PRELOAD=$jemalloc MALLOC_CONF=dirty_decay_ms:-1,muzzy_decay_ms:-1 \
      "$python" "$training/train.py" "$@" --threads "${THREADS:-1}"
  else
    "$python" "$training/train.py" "$@" --threads "${THREADS:-1}"
  fi
}
