#!/bin/sh
# The daemon, as the CLI starts it: with the Node.js of the checkout and settings that keep its memory small. POSIX sh.
#   bangerd.sh           serves until it is told to stop
#   bangerd.sh doctor    prints a DoctorReport
#   bangerd.sh catalog   makes a key, or signs a catalog
set -eu
BANGER_ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$BANGER_ROOT/scripts/bootstrap.sh"
node=$(bootstrap_node)

# glibc keeps an arena of memory for each thread, Node has a dozen, and the daemon's work is done by one of them
MALLOC_ARENA_MAX=1
export MALLOC_ARENA_MAX
# V8 lets its heap grow to twice what is in use, and three buffers of 16 MiB beside it, before it collects; --expose-gc
# is for src/daemon/idle-memory.ts. The code cache is good for these flags alone: scripts/build.sh makes it by this file.
exec "$node" --max-semi-space-size=2 --heap-growing-percent=20 --expose-gc \
  "$BANGER_ROOT/dist/daemon-bundle/bangerd.cjs" "$@"
