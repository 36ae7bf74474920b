#!/bin/sh
# Kills the daemon at every change that every operation makes to its books, and more bad days; prints the list and the
# count. Takes the better part of an hour; `npm test` has a sample of it.
#   npm run test:chaos                   all of it
#   npm run test:chaos -- -t 'vm.stop'   only what has this in its name
set -eu
BANGER_ROOT=$(cd "$(dirname "$0")/.." && pwd)
cd "$BANGER_ROOT"
. scripts/bootstrap.sh
. scripts/host-packages.sh
bootstrap_modules
node=$(bootstrap_node)
PATH="$BANGER_ROOT/node_modules/.bin:$(dirname "$node"):$PATH"
export PATH
bootstrap_build
host_install
BANGER_CHAOS=all
export BANGER_CHAOS
exec vitest run --project chaos "$@"
