#!/bin/sh
# Kills the daemon at every change that every operation makes to its books, and more bad days; prints the list and the
# count. Takes the better part of an hour; `npm test` has a sample of it.
#   npm run test:chaos                   all of it
#   npm run test:chaos -- -t 'vm.stop'   only what has this in its name
set -eu
BANGER_ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$BANGER_ROOT/scripts/test-environment.sh"
BANGER_CHAOS=all
export BANGER_CHAOS
exec vitest run --project chaos --reporter=verbose --reporter=./test/support/closing-line-reporter.ts "$@"
