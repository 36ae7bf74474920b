#!/bin/sh
# All checks and tests, as `npm test` and CI run them, from a bare checkout on. POSIX sh.
#   npm test                 everything
#   npm test -- unit style   only these parts: static, unit, style, integration, e2e, chaos
# Every check runs even if one before it failed. The last line is `N passed, N failed[, N skipped]`.
set -u
BANGER_ROOT=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$BANGER_ROOT" || exit 1
. scripts/bootstrap.sh
. scripts/host-packages.sh

STATIC='static'
PROJECTS='unit style integration e2e chaos'
parts=${*:-$STATIC $PROJECTS}
for part in $parts; do
  case " $STATIC $PROJECTS " in
    *" $part "*) ;;
    *)
      echo "npm test: unknown part $part; there are: $STATIC $PROJECTS" >&2
      exit 2
      ;;
  esac
done

passed=0 failed=0 skipped=0 status=0
failures='' image_pid=''
scratch=$(mktemp -d) || exit 1
trap 'give_up_image; rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

now_ms() {
  date +%s%3N
}

heading() {
  printf '\n=== %s ===\n' "$1"
  started=$(now_ms)
}

ended() { # name, exit status
  took=$(($(now_ms) - started))
  if [ "$2" -eq 0 ]; then word=passed; else word="FAILED (status $2)"; fi
  printf '=== %s: %s in %d.%d s ===\n' "$1" "$word" $((took / 1000)) $((took % 1000 / 100))
  [ "$2" -eq 0 ] || {
    failures="$failures $1"
    [ "$status" -ne 0 ] || status=$2
  }
}

check() { # name, command...: one check that counts as one test
  check_name=$1
  shift
  heading "$check_name"
  "$@" 2>&1
  check_status=$?
  if [ "$check_status" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  ended "$check_name" "$check_status"
}

# One project of vitest. Its reporter leaves the counts and the failures in a file; a run that ends without them has failed.
project() {
  heading "tests: $1"
  rm -f "$scratch/counts"
  BANGER_TEST_COUNTS="$scratch/counts" vitest run --project "$1" 2>&1
  project_status=$?
  run_passed=0 run_failed=0 run_skipped=0
  if [ -f "$scratch/counts" ]; then
    read -r run_passed run_failed run_skipped <"$scratch/counts"
    sed 1d "$scratch/counts" >>"$scratch/failures"
  fi
  if [ "$project_status" -ne 0 ] && [ "$run_failed" -eq 0 ]; then run_failed=1; fi
  if [ "$project_status" -eq 0 ] && [ "$run_failed" -ne 0 ]; then project_status=1; fi
  passed=$((passed + run_passed)) failed=$((failed + run_failed)) skipped=$((skipped + run_skipped))
  echo "$1: $run_passed passed, $run_failed failed, $run_skipped skipped"
  ended "tests: $1" "$project_status"
}

wants() {
  for wants_part in $parts; do
    [ "$wants_part" = "$1" ] && return 0
  done
  return 1
}

# One image for all parts that run VMs, built while others check and test on the other CPU. Their set-up says what is wrong
# when it could not be built, and makes its templates. VMMs run as other users: they must be able to walk to it.
build_image() {
  chmod 711 "$scratch"
  mkdir -m 711 "$scratch/base"
  BANGER_TEST_BASE=$scratch/base
  export BANGER_TEST_BASE
  { of_base image build && of_base daemon stop; } >"$scratch/image.log" 2>&1 &
  image_pid=$!
}

of_base() {
  BANGER_STATE_DIR=$scratch/base BANGER_RUNTIME_DIR=$scratch/base-run BANGER_CONFIG=/dev/null ./banger "$@"
}

await_image() {
  [ -z "$image_pid" ] || wait "$image_pid"
  image_pid=
}

# A daemon that is stopped takes back what it builds.
give_up_image() {
  [ -z "$image_pid" ] || of_base daemon stop >>"$scratch/image.log" 2>&1
  await_image
}

finish() {
  [ -z "$failures" ] || printf '\nfailed:%s\n' "$failures"
  [ ! -s "$scratch/failures" ] || cat "$scratch/failures"
  line="$passed passed, $failed failed"
  [ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
  printf '\n%s\n' "$line"
  exit "$status"
}

check packages bootstrap_modules
[ "$failed" -eq 0 ] || finish # nothing can run without them
node=$(bootstrap_node) || {
  failed=$((failed + 1)) status=1
  finish
}
PATH="$BANGER_ROOT/node_modules/.bin:$(dirname "$node"):$PATH"
export PATH

check build bootstrap_build
if wants integration || wants e2e || wants chaos; then check host-packages host_install; fi
# A BANGER_TEST_BASE that is given is kept.
if { wants e2e || wants chaos; } && [ -z "${BANGER_TEST_BASE-}" ]; then build_image; fi
if wants static; then
  check format prettier --check --log-level warn .
  check lint oxlint --type-aware --deny-warnings .
  check types tsc -p tsconfig.json --noEmit
  check boundaries depcruise --config .dependency-cruiser.cjs src
  check dead-code knip
fi
for name in $PROJECTS; do
  wants "$name" || continue
  case $name in e2e | chaos) await_image ;; esac
  project "$name"
done
finish
