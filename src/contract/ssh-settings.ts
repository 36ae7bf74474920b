import type { VmSshView } from './vm-access.dto.js';

type Setting = readonly [name: string, value: string];

/**
 * How OpenSSH's client reaches a VM, and no other machine: names and values as ssh_config has them. First in a file or
 * on a command line they win over whatever the user has for all hosts.
 */
export function sshSettings(view: VmSshView): readonly Setting[] {
  return [
    ['HostName', view.host],
    ['Port', String(view.port)],
    ['User', view.user],
    ['IdentityFile', sshPath(view.identityFile)],
    ['IdentitiesOnly', 'yes'],
    ['UserKnownHostsFile', sshPath(view.knownHostsFile)],
    ['GlobalKnownHostsFile', '/dev/null'],
    ['HostKeyAlias', view.hostKeyAlias],
    ['StrictHostKeyChecking', 'yes'],
    ['CheckHostIP', 'no'],
    // it would write into a file that is the daemon's
    ['UpdateHostKeys', 'no'],
    // of jump hosts too
    ['ProxyCommand', 'none'],
    ['LogLevel', 'ERROR'],
  ];
}

/** A path as one word of ssh_config, in which `%` begins a token. */
function sshPath(path: string): string {
  return sshWord(path.replaceAll('%', '%%'));
}

/** One word of ssh_config, whatever characters are in it. */
export function sshWord(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
