import { TELL_PORT } from '../guest-channels.js';
import type { Accelerator, DriveSpec, MachineSpec, NicSpec } from '../hypervisor.js';
import { driveNode } from './drive-size.js';
import { kernelCommandLine } from './kernel-arguments.js';
import { forwardRule, nicId } from './port-forwards.js';

export const QEMU_BINARY = 'qemu-system-x86_64';

/** Sockets of one VM; all are listened on by QEMU, so that a later daemon can connect again. */
export interface QemuSockets {
  readonly qmp: string;
  readonly agent: string;
  readonly tell: string;
  readonly console: string;
}

export function qemuSockets(runtimeDirectory: string): QemuSockets {
  return {
    qmp: `${runtimeDirectory}/qmp.sock`,
    agent: `${runtimeDirectory}/agent.sock`,
    tell: `${runtimeDirectory}/tell.sock`,
    console: `${runtimeDirectory}/console.sock`,
  };
}

/** An argument that no other process has: finds the VMM whose pid was never recorded. */
export function processMarker(id: string): string {
  return `bgr-vm-${id}`;
}

/** No new privileges, no fork or exec, no change of user or of scheduling: also when a guest takes QEMU over. */
export const SANDBOX = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';

/** The kernel shows 15 bytes of a process name. */
const PROCESS_NAME_BYTES = 15;

/** QEMU's command line. Pure: the same spec gives the same list. */
export function qemuArguments(spec: MachineSpec, accelerator: Accelerator): string[] {
  const sockets = qemuSockets(spec.runtimeDirectory);
  return [
    ...['-name', processMarker(spec.id)],
    ...['-name', `process=${`bgr-${spec.name}`.slice(0, PROCESS_NAME_BYTES)}`],
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    // A guest's reboot or panic ends the VMM. -S: the guest runs when the daemon has written the process down.
    ...['-no-reboot', '-S'],
    ...['-sandbox', SANDBOX],
    ...['-msg', 'timestamp=on'],
    ...machine(spec, accelerator),
    ...memory(spec),
    ...['-kernel', spec.kernelPath, '-initrd', spec.initrdPath],
    ...['-append', kernelCommandLine(spec.bootArguments, accelerator)],
    ...spec.drives.flatMap(drive),
    ...spec.nics.flatMap(nic),
    ...guestPorts(sockets),
    ...console(sockets),
    ...monitor(sockets),
    // 64 KiB a second: more than any boot asks for, less than a guest could make the host pay.
    ...['-object', 'rng-random,id=rng0,filename=/dev/urandom'],
    ...['-device', 'virtio-rng-pci,rng=rng0,disable-legacy=on,max-bytes=65536,period=1000'],
    ...balloon(),
  ];
}

/** q35 (docs/adr/0002-qemu-machine-type.md) without the devices that no guest of ours uses. */
const MACHINE = 'q35,hpet=off,vmport=off,smbus=off,sata=off,usb=off,graphics=off';

/**
 * MiB of translated code that an emulated VM keeps beside its memory: a boot to a shell fills 170 MiB, 64 MiB made it
 * no slower. QEMU's own bound is 1 GiB whatever the guest's size.
 */
function translationCacheMib(memoryMib: number): number {
  return Math.min(256, Math.max(64, Math.floor(memoryMib / 4)));
}

function machine(spec: MachineSpec, accelerator: Accelerator): string[] {
  return [
    ...['-machine', MACHINE],
    ...(accelerator === 'kvm'
      ? ['-accel', 'kvm', '-cpu', 'host']
      : ['-accel', `tcg,thread=multi,tb-size=${translationCacheMib(spec.memoryMib)}`, '-cpu', 'max']),
    ...['-smp', String(spec.cpus), '-m', `${spec.memoryMib}M`],
    ...['-rtc', 'base=utc,clock=host'],
  ];
}

/** What q35 calls the memory that it makes by itself: one that is in a file is then the same to whoever restores it. */
const DEFAULT_MEMORY = 'pc.ram';

/** What a QEMU that restores a machine is given as file descriptors, in this order from 3 on. */
export const RESTORE_DESCRIPTORS = { memory: 3, state: 4 } as const;

/** Memory that lies in a file. @param options.share whether what the guest changes is changed in the file */
export function qemuMemory(
  memoryMib: number,
  path: string,
  { share, allocated = false }: { share: boolean; allocated?: boolean },
): string[] {
  const flags = `share=${share ? 'on' : 'off'}${allocated ? ',prealloc=on' : ''}`;
  const file = `size=${memoryMib}M,mem-path=${escape(path)},${flags}`;
  return [
    ...['-object', `memory-backend-file,id=${DEFAULT_MEMORY},${file}`],
    ...['-machine', `memory-backend=${DEFAULT_MEMORY}`],
  ];
}

/**
 * A machine that is to be saved has its memory in the file that is to hold it, so that saving writes down only the rest.
 * A restored one maps that memory for itself alone: what it does not change it shares with all the others. One that is
 * the only one writes it: mapped for itself, what it changes would be there twice.
 */
function memory({ memoryMib, saveTo, restoreFrom }: MachineSpec): string[] {
  if (saveTo !== undefined) return qemuMemory(memoryMib, saveTo.memoryPath, { share: true });
  if (restoreFrom === undefined) return [];
  const path = `/proc/self/fd/${RESTORE_DESCRIPTORS.memory}`;
  return [...qemuMemory(memoryMib, path, { share: restoreFrom.once === true }), '-incoming', 'defer'];
}

/** A write that the host cannot take, such as for want of space, halts the guest, whose file system would not survive it. */
const HALT_ON_ERROR = ',werror=stop';

/**
 * Guest flushes reach the host's disk (write-back cache, flushes honoured); what the guest discards or fills with
 * zeroes is given back to the host. Image locking stays on: two VMMs can never write one disk.
 */
function drive(spec: DriveSpec): string[] {
  const id = driveNode(spec.serial);
  const blockdev = {
    driver: spec.format,
    'node-name': id,
    'read-only': spec.readOnly,
    ...(!spec.readOnly && { discard: 'unmap', 'detect-zeroes': 'unmap' }),
    file: {
      driver: 'file',
      filename: spec.path,
      'read-only': spec.readOnly,
      locking: 'on',
      ...(!spec.readOnly && { discard: 'unmap' }),
    },
  };
  return [
    ...['-blockdev', JSON.stringify(blockdev)],
    ...[
      '-device',
      `virtio-blk-pci,id=${id},drive=${id},serial=${escape(spec.serial)},disable-legacy=on${spec.readOnly ? '' : HALT_ON_ERROR}`,
    ],
  ];
}

/**
 * QEMU's user network. Forwards listen on the addresses given alone. What the guest can reach: whatever the VMM's user can
 * connect to from this host, INCLUDING services on the host's own loopback, as 10.0.2.2 or by sending to 127.0.0.0/8
 * (tried, TCP and UDP). QEMU 7.2 has no option to forbid that short of `restrict`, which cuts off the outside too
 * (SECURITY.md). IPv6 is off: it would lead to ::1 in the same way, and guests have no IPv6 address.
 */
function nic(spec: NicSpec, index: number): string[] {
  const forwards = spec.forwards.map((forward) => `,hostfwd=${forwardRule(forward)}`);
  return [
    ...['-netdev', `user,id=${nicId(index)},ipv6=off${forwards.join('')}`],
    // no boot ROM: nothing boots from the network
    ...['-device', `virtio-net-pci,netdev=${nicId(index)},mac=${spec.mac},disable-legacy=on,romfile=`],
  ];
}

function guestPorts({ agent, tell }: QemuSockets): string[] {
  return [
    // the first is a console's, which there is none of
    ...['-device', 'virtio-serial-pci,disable-legacy=on,max_ports=3'],
    ...['-chardev', `socket,id=agent,path=${escape(agent)},server=on,wait=off`],
    ...['-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'],
    ...['-chardev', `socket,id=tell,path=${escape(tell)},server=on,wait=off`],
    ...['-device', `virtserialport,chardev=tell,name=${TELL_PORT}`],
  ];
}

/**
 * A socket, not a file: the daemon writes the bounded console file. A file of QEMU's would be the guest's to fill the
 * host's disk with whenever no daemon watches. While none is connected QEMU drops the output.
 */
function console({ console: path }: QemuSockets): string[] {
  return [
    '-chardev',
    `socket,id=console,path=${escape(path)},server=on,wait=off`,
    '-serial',
    'chardev:console',
  ];
}

function monitor({ qmp }: QemuSockets): string[] {
  return [
    '-chardev',
    `socket,id=qmp,path=${escape(qmp)},server=on,wait=off`,
    '-mon',
    'chardev=qmp,mode=control',
  ];
}

/** Where QEMU's object model has the balloon. */
export const BALLOON_PATH = '/machine/peripheral/balloon';

/**
 * Takes memory from a running guest and gives it back. What the guest frees goes back to the host by itself
 * (free-page-reporting); a guest that runs out of memory takes back what it was made to give instead of killing
 * processes (deflate-on-oom). In Debian 12's kernel both are there.
 */
function balloon(): string[] {
  return [
    '-device',
    'virtio-balloon-pci,id=balloon,disable-legacy=on,free-page-reporting=on,deflate-on-oom=on',
  ];
}

/** In QEMU's key=value lists a comma is written twice. */
function escape(value: string): string {
  return value.replaceAll(',', ',,');
}
