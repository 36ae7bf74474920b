#!/bin/sh
# Measures the budgets, each beside its floor in the same run; prints a table and writes bench/results/<date>.json.
#   npm run bench               all figures
#   npm run bench -- vm-list    only those named; BANGER_BENCH_IMAGES=STATE_DIRECTORY saves building an image for them
set -eu
BANGER_ROOT=$(cd "$(dirname "$0")/.." && pwd)
cd "$BANGER_ROOT"
. scripts/bootstrap.sh
bootstrap_modules
bootstrap_build
node=$(bootstrap_node)
node_modules/.bin/rolldown bench/main.ts --tsconfig tsconfig.json --external ssh2 --external @nestjs/common --format esm --platform node --no-codeSplitting --file dist/bench/bench.mjs --log-level warn
exec "$node" dist/bench/bench.mjs "$@"
