#!/bin/sh
# Sees each guarantee's test fail with its mechanism taken out of a copy of the product. Takes the better part of an hour.
#   npm run test:guarantees                   all of docs/guarantees.md
#   npm run test:guarantees -- -t 'run --rm'  only those whose text has this
set -eu
BANGER_ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$BANGER_ROOT/scripts/test-environment.sh"
exec vitest run --project guarantees --reporter=verbose --reporter=./test/support/closing-line-reporter.ts "$@"
