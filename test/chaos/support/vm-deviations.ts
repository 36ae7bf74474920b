import type { Books, VmBook } from './books.js';
import type { MachineFacts } from './machine-facts.js';

/** States in which a VM may rest while nothing is under way. */
const AT_REST = ['running', 'stopped', 'suspended', 'failed'];

/** Whether one VM's row, its resources in the ledger and the machine say the same. */
export function vmDeviations(vm: VmBook, books: Books, machine: MachineFacts): string[] {
  const who = `the VM ${vm.name}`;
  const says = (problem: string): string => `${who} (${vm.state}) ${problem}`;
  const own = books.resources.filter(({ ownerType, ownerId }) => ownerType === 'vm' && ownerId === vm.id);
  const has = (kind: string, key: string): boolean =>
    own.some((resource) => resource.kind === kind && resource.key === key);
  const found: string[] = [];
  if (!AT_REST.includes(vm.state)) found.push(says('is in a state that it only passes through'));
  if (vm.state === 'failed' && !vm.hasError) found.push(says('does not say why'));
  if (vm.sshPort !== undefined && !has('port', String(vm.sshPort)))
    found.push(says(`has the port ${vm.sshPort}, which is not in the ledger`));
  if (vm.uid !== undefined && !has('uid', String(vm.uid)))
    found.push(says(`has the user id ${vm.uid}, which is not in the ledger`));
  return [...found, ...(vm.state === 'running' ? running(vm, machine) : halted(vm, own)).map(says)];

  function running({ vmmPid, sshPort }: VmBook, facts: MachineFacts): string[] {
    const process = facts.processes.find(({ pid }) => pid === vmmPid);
    if (process === undefined) return [`has no process: its row says ${vmmPid ?? 'nothing'}`];
    return [
      ...(process.commandLine.includes(vm.id) ? [] : [`claims a process that is not its own: ${vmmPid}`]),
      ...(has('process', vm.id) ? [] : ['has a process that is not in the ledger']),
      ...(sshPort === undefined || facts.listening.get(process.pid)?.includes(sshPort) === true
        ? []
        : [`does not listen on its port ${sshPort}`]),
      ...(own.some(({ kind, key }) => kind === 'directory' && key.endsWith(`/vm/${vm.id}`))
        ? []
        : ['has no runtime directory in the ledger']),
    ];
  }
}

function halted({ vmmPid, id }: VmBook, own: Books['resources']): string[] {
  return [
    ...(vmmPid === undefined ? [] : [`still knows a process: ${vmmPid}`]),
    ...own
      .filter(
        ({ kind, key }) => kind === 'process' || (kind === 'directory' && key.endsWith(`/run/vm/${id}`)),
      )
      .map(({ kind, key }) => `still has a ${kind} in the ledger: ${key}`),
  ];
}
