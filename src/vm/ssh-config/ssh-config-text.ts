import { sshSettings } from '../../contract/index.js';
import type { VmSshView } from '../../contract/index.js';
import type { Vm } from '../vm.types.js';

const HEADER = `# Written by banger whenever a VM changes; what is changed here by hand is lost.
# How ssh, scp, rsync, git and editors find it: banger ssh-config --install
`;

/** What OpenSSH's client is told of every VM. Pure. */
export function sshConfigText(vms: readonly Vm[], describe: (vm: Vm, port: number) => VmSshView): string {
  return [HEADER, ...vms.map((vm) => blockOf(vm, describe))].join('\n');
}

function blockOf(vm: Vm, describe: (vm: Vm, port: number) => VmSshView): string {
  const why = vm.sshPort === undefined ? 'has no SSH port yet' : WHY_NOT[vm.state];
  const settings =
    vm.sshPort === undefined || why !== undefined
      ? complaint(vm, why ?? '')
      : sshSettings(describe(vm, vm.sshPort));
  const lines = settings.map(([name, value]) => `  ${name} ${value}\n`);
  return `Host ${vm.name}.vm ${vm.id}.vm\n${lines.join('')}`;
}

/** States in which nobody answers. One that is suspended is woken by who connects; one that starts answers soon. */
const WHY_NOT: Readonly<Partial<Record<Vm['state'], string>>> = {
  stopping: 'is being stopped',
  stopped: 'is stopped',
  failed: 'has failed',
  deleting: 'is being deleted',
};

const FIXES: Readonly<Partial<Record<Vm['state'], (name: string) => string>>> = {
  stopping: (name) => `wait, then start it: banger vm start ${name}`,
  stopped: (name) => `start it: banger vm start ${name}`,
  failed: (name) => `see why: banger vm show ${name}; start it: banger vm start ${name}`,
  deleting: () => 'create another: banger vm create',
  suspended: (name) => `wake it: banger vm resume ${name}`,
};

/**
 * Instead of a refused connection, which says nothing. The user's shell runs it: names are DNS labels and the rest is of
 * this file, so that there is nothing to quote in it.
 */
function complaint({ name, state }: Vm, why: string): readonly (readonly [string, string])[] {
  const fix = FIXES[state]?.(name) ?? 'try again in a moment';
  return [
    ['ProxyCommand', `sh -c 'echo "banger: the VM ${name} ${why}" >&2; echo "  fix: ${fix}" >&2; exit 1'`],
    // ssh would only add that its connection was closed
    ['LogLevel', 'QUIET'],
  ];
}
