#!/bin/sh
# Builds dist/: the CLI's bundle (rolldown), the database client, the daemon (nest build) and its bundle. POSIX sh.
# Incremental. The stamp goes first and comes back last: an interrupted build is done again.
set -eu
BANGER_ROOT=$(cd "$(dirname "$0")/.." && pwd)
cd "$BANGER_ROOT"
. scripts/bootstrap.sh

node=$(bootstrap_node)
PATH="$BANGER_ROOT/node_modules/.bin:$(dirname "$node"):$PATH"
export PATH

stamp=dist/.banger-build-stamp
# looked at before the build: an edit meanwhile counts as new
sources=$(bootstrap_sources)
rm -f "$stamp"
mkdir -p dist/cli-bundle

# V8 tells a stale code cache by the length of the source alone: the cache must be gone before the bundle changes
rm -f dist/cli-bundle/app.cache
rolldown --config rolldown.config.ts --log-level warn
cp src/cli/start.cjs dist/cli-bundle/banger.cjs
"$node" dist/cli-bundle/banger.cjs --make-code-cache

# what `prisma generate` made is not watched by anything else; its inputs are
schema=$(cat prisma/schema.prisma prisma.config.ts package-lock.json | sha256sum)
generated=src/core/database/generated
if [ ! -d "$generated" ] || [ "$(cat dist/.prisma-stamp 2>/dev/null)" != "$schema" ]; then
  npm run --silent generate >dist/.prisma.log 2>&1 || {
    cat dist/.prisma.log >&2
    exit 1
  }
  printf '%s\n' "$schema" >dist/.prisma-stamp
fi

# tsc trusts its notes about dist and would not write again what someone deleted
[ -f dist/daemon/main.js ] || rm -f dist/.tsbuildinfo
nest build

rm -rf dist/daemon-bundle
rolldown --config rolldown.daemon.config.ts --log-level warn
cp src/daemon/start.cjs dist/daemon-bundle/bangerd.cjs
BANGER_NODE=$node sh scripts/bangerd.sh --make-code-cache

printf '%s\n' "$sources" >"$stamp"
