#!/bin/sh
# Writes docs/rpc.md from the method table. The same code checks in `npm test` that the file is fresh.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
exec vitest run --project unit src/core/rpc/rpc-docs.spec.ts --update
