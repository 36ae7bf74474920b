const LOG_DIRECTORY = '/var/log/banger/workspace-setup';

/** `s` that a command which is ended has before it is killed */
const GRACE_SECONDS = 10;

/** File in the guest that keeps what the last setup of a repository wrote. @param guestPath absolute */
export function setupLog(guestPath: string): string {
  return `${LOG_DIRECTORY}${guestPath}.log`;
}

/**
 * Runs in the guest, in the repository: the shell's commands `$2`, whose output goes to the file `$1`, and from there to
 * stdout as it comes. It ends with their status. What they leave running in the background writes on into the file, and
 * holds nobody. Ended itself, it ends them, all of them.
 */
export const SETUP_SCRIPT = `
set -eu
mkdir -p -- "\${1%/*}"
rm -f -- "$1"
: > "$1"
setsid sh -ec "$2" >> "$1" 2>&1 < /dev/null &
setup=$!
trap 'kill -s TERM -- -$setup; (sleep ${GRACE_SECONDS}; kill -s KILL -- -$setup) > /dev/null 2>&1 & exit 143' TERM HUP INT
tail -n +1 -s 0.2 -f --pid="$setup" -- "$1" &
shown=$!
status=0
wait "$setup" || status=$?
wait "$shown" || :
exit "$status"
`;
