import type { PendingNumber, PublishedPort, VmPending, VmView } from '../../contract/vm.dto.js';
import { announcements } from './announcements.js';
import { renderFacts } from '../render/table.js';
import { escapeControls, formatDuration, formatLabels, formatMib, formatSpan } from '../render/text.js';

type Fact = readonly [string, string | undefined];

/** Everything about a VM, for people. What it says comes partly from guests and from the caller's files. */
export function renderVm(vm: VmView): string {
  const facts = [
    ...stateOf(vm),
    ...sizeOf(vm),
    ...lifeOf(vm),
    ...machineOf(vm),
    ...workspaceOf(vm),
    ...timesOf(vm),
  ];
  return renderFacts(
    facts.map(([name, value]) => [name, value === undefined ? undefined : escapeControls(value)]),
  );
}

function stateOf({ name, id, state, error, conditions = [] }: VmView): Fact[] {
  return [
    ['name', name],
    ['id', id],
    ['state', state],
    ['error', error?.message],
    ['why', error?.data.why],
    ['fix', error?.data.fix],
    ...conditions.flatMap(({ message, fix }): Fact[] => [
      ['condition', message],
      ['fix', fix],
    ]),
  ];
}

function sizeOf(vm: VmView): Fact[] {
  return [
    ['image', vm.image],
    ['cpus', String(vm.cpus)],
    ['memory', formatMib(vm.memoryMib)],
    ['disk', formatMib(vm.diskMib)],
    ['work disk', vm.workDiskMib === undefined ? undefined : formatMib(vm.workDiskMib)],
    ...describePending(vm.pending ?? {}).map((text): Fact => ['waiting', text]),
    ['labels', formatLabels(vm.labels) || undefined],
  ];
}

/** What waits for the next start of a VM, one sentence each. */
export function describePending(pending: VmPending): string[] {
  const waits = (what: string, change: { now: string; next: string } | undefined): string[] =>
    change === undefined ? [] : [`${what} ${change.next} from the next start, ${change.now} until then`];
  const size = (change: PendingNumber | undefined) => {
    if (change === undefined) return undefined;
    const [now, next] = [formatMib(change.now), formatMib(change.next)];
    // 1030M and 1024M are both 1G
    return now === next ? { now: `${change.now}M`, next: `${change.next}M` } : { now, next };
  };
  const { cpus, hostName } = pending;
  return [
    ...waits('CPUs:', cpus && { now: String(cpus.now), next: String(cpus.next) }),
    ...waits('memory', size(pending.memoryMib)),
    ...waits('file system', size(pending.diskMib)),
    ...waits('file system of the work disk', size(pending.workDiskMib)),
    ...waits('host name', hostName),
  ].map(escapeControls);
}

function lifeOf(vm: VmView): Fact[] {
  return [
    ['lives', lifetime(vm)],
    [
      'idle stop',
      vm.idleStopSeconds === undefined ? undefined : `after ${formatSpan(vm.idleStopSeconds)} without use`,
    ],
    ['restart', vm.restartPolicy === 'no' ? undefined : vm.restartPolicy],
    ['restarts', vm.restarts === 0 ? undefined : `${vm.restarts} in a row`],
    ['next', announcements(vm, Date.now(), { reason: false }).join(', ') || undefined],
    ['last end', vm.lastEnd && `${vm.lastEnd.at}: ${vm.lastEnd.reason}`],
  ];
}

function machineOf(vm: VmView): Fact[] {
  return [
    ['hypervisor', vm.accelerator === undefined ? vm.hypervisor : `${vm.hypervisor} (${vm.accelerator})`],
    ['pid', vm.pid?.toString()],
    ['ssh port', vm.sshPort === undefined ? undefined : `127.0.0.1:${vm.sshPort}`],
    ['published', vm.publishedPorts.length === 0 ? undefined : vm.publishedPorts.map(formatPort).join(', ')],
  ];
}

function workspaceOf({ workspaces, env }: VmView): Fact[] {
  const names = Object.keys(env);
  return [
    ...workspaces.flatMap((workspace): Fact[] => [
      ['workspace', `${workspace.hostPath} in ${workspace.guestPath}`],
      ['commit', workspace.head && [workspace.head, workspace.branch].filter(Boolean).join(' ')],
      ['exported', workspace.exports?.map(({ branch }) => branch).join(', ')],
    ]),
    ['environment', names.length === 0 ? undefined : names.join(' ')],
  ];
}

function timesOf({ createdAt, startedAt }: VmView): Fact[] {
  return [
    ['created', createdAt],
    ['started', startedAt],
  ];
}

function lifetime({ ephemeral, expiresAt }: VmView): string {
  if (expiresAt === undefined) return ephemeral ? 'until its command ends' : 'until it is deleted';
  const left = Date.parse(expiresAt) - Date.now();
  return `until ${expiresAt}, ${left > 0 ? `${formatDuration(left)} from now` : 'now due'}`;
}

function formatPort({ hostAddress, hostPort, guestPort, protocol }: PublishedPort): string {
  return `${hostAddress}:${hostPort} → ${guestPort}/${protocol}`;
}
