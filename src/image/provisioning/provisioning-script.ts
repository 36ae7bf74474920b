import { ACCOUNTS, SSHD } from './account-script.js';
import { APT } from './apt-script.js';
import { DETECTION, PREPARATION, RELEASE_CHECK } from './detection-script.js';
import { CLEANUP, FACTS, INIT } from './finish-script.js';
import { INSTALLATION, SELECTION } from './package-script.js';

/**
 * What makes the tree of an OCI image one that boots as a guest; what banger lays on top are `provisionedFiles`.
 * Constant, POSIX sh for dash and busybox, run as `chroot TREE /bin/sh -c SCRIPT` by root, or by the root of a user
 * namespace. Everything that it runs is the image's own.
 *
 * It MUST be given: mount, PID and IPC namespaces of its own, so that nothing outlives it; /proc; in /dev null, zero, full,
 * random and urandom; an empty tmpfs at /run and at /tmp (what is left there goes with it); resolv.conf of the host; the
 * host's network; a limit of time.
 * It MAY be given, as environment: `BANGER_APT_OPTIONS`, lines of apt.conf; `BANGER_APT_MIRRORS`, lines `debian URI`,
 * `debian-security URI` or `ubuntu URI`, mirrors that the host reaches; `http_proxy`, `https_proxy`, `no_proxy`.
 *
 * stdout: lines of facts, last of all (`readProvisioned`). Exit statuses: `PROVISIONING_STATUS`. Run again on its own
 * result it installs nothing.
 */
export function provisioningScript(): string {
  return [
    PREPARATION,
    DETECTION,
    SELECTION,
    APT,
    INSTALLATION,
    RELEASE_CHECK,
    ACCOUNTS,
    SSHD,
    INIT,
    CLEANUP,
    FACTS,
  ].join('\n');
}
