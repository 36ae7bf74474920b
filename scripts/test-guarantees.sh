#!/bin/sh
# Sees each guarantee's test fail with its mechanism taken out of a copy of the product. Takes the better part of an hour.
#   npm run test:guarantees                   all of docs/guarantees.md
#   npm run test:guarantees -- -t 'run --rm'  only those whose text has this
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
exec vitest run --project guarantees "$@"
