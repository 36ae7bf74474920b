#!/bin/sh
# Writes docs/rpc.md from the method table and docs/configuration.md, docs/project-file.md and docs/recipes.md from the
# tables of keys. The same code checks in `npm test` that the files are fresh.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
exec vitest run --project unit src/core/rpc/rpc-docs.spec.ts src/core/config/config-docs.spec.ts src/workspace/project/project-docs.spec.ts src/image/recipe/recipe-docs.spec.ts --update
