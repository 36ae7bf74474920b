import { hostsFile } from '../../capabilities/index.js';
import { BangerError } from '../../core/errors/index.js';
import type { GuestAgent } from '../hypervisor/guest-channels.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { printable } from '../printable.js';

/** `ms`. A guest that hangs must not keep the VM's lock for long. */
const NAME_TIMEOUT_MS = 15_000;
/** Growing an ext4 by a terabyte takes an emulated guest some seconds. `ms` */
const GROW_TIMEOUT_MS = 60_000;
/** An emulated guest on a busy host gives back some 50 MiB a second; one that has nothing left to give stands still. `ms` */
const MEMORY_PATIENCE_MS = 5_000;
const MEMORY_POLL_MS = 100;
const MAX_WORDS = 400;
/** what the programs of e2fsprogs say first: `resize2fs 1.47.0 (5-Feb-2023)` */
const PROGRAM_VERSION = /^[a-z0-9]+ [0-9.]+ \(.*\)$/;
const MIB = 1024 * 1024;

/** The guest did not do what its new settings ask for; it has them at its next start. */
class GuestRefusedError extends BangerError<'VM_GUEST_UNREACHABLE'> {
  constructor(vm: string, words: string) {
    super('VM_GUEST_UNREACHABLE', words === '' ? 'the guest did not do it' : `the guest says: ${words}`, {
      details: { vm, channel: 'agent' },
    });
  }
}

export interface GuestCall {
  readonly vm: string;
  readonly agent: GuestAgent;
  readonly signal?: AbortSignal | undefined;
}

const SET_NAME = `set -e
echo "$1" > /proc/sys/kernel/hostname
echo "$1" > /etc/hostname
cat > /etc/hosts`;

/** The guest calls itself by this name from now on. @throws BangerError */
export async function setHostName(call: GuestCall, name: string): Promise<void> {
  await runScript(call, [SET_NAME, name], {
    stdin: Buffer.from(hostsFile(name)),
    timeoutMs: NAME_TIMEOUT_MS,
  });
}

/**
 * The guest says itself which drive it has mounted there. It learns of the drive's new size a moment after QEMU, and
 * remembers it for its next boot (initramfs.ts).
 */
const GROW = `at=$1 sectors=$2 made=$3 device='' kind=''
while read -r source target type rest; do
  if [ "$target" = "$at" ]; then device=$source kind=$type; fi
done < /proc/self/mounts
case $device in /dev/*) ;; *) echo "no drive is mounted at $at"; exit 1 ;; esac
[ "$kind" = ext4 ] || { echo "the file system at $at is $kind, and only ext4 can be grown"; exit 1; }
tries=0 now=0
while read -r now < "/sys/class/block/\${device##*/}/size"; [ "$now" -lt "$sectors" ]; do
  tries=$((tries + 1))
  [ $tries -le 100 ] || { echo "$device has not become larger"; exit 1; }
  sleep 0.1
done
resize2fs "$device" 2>&1 || exit 1
echo "$now" > "$made"`;

/** The file system grows to its drive, while it is used. Repeatable. @throws BangerError */
export async function growFileSystem(
  call: GuestCall,
  { mountPoint, mib, sectorsFile }: { mountPoint: string; mib: number; sectorsFile: string },
): Promise<void> {
  const sectors = String((mib * MIB) / 512);
  await runScript(call, [GROW, mountPoint, sectors, sectorsFile], { timeoutMs: GROW_TIMEOUT_MS });
}

/**
 * Asks for so much memory and waits until the guest has it, as long as it comes nearer. It gives back what it does not
 * need itself, and goes on doing so when nobody waits any more. Returns what it has. `MiB` @throws VmmProtocolError
 */
export async function settleMemory(machine: Machine, mib: number, signal?: AbortSignal): Promise<number> {
  await machine.setMemory(mib);
  let nearest = Infinity;
  let deadline = 0;
  for (;;) {
    const has = await machine.memory();
    const missing = Math.abs(has - mib);
    if (missing < nearest) {
      nearest = missing;
      deadline = performance.now() + MEMORY_PATIENCE_MS;
    }
    if (missing === 0 || performance.now() > deadline) return has;
    await pause(MEMORY_POLL_MS, signal);
  }
}

async function runScript(
  { vm, agent, signal }: GuestCall,
  [script = '', ...args]: readonly string[],
  options: { stdin?: Buffer; timeoutMs: number },
): Promise<void> {
  const { exitCode, stdout, stderr } = await agent.exec(['sh', '-c', script, 'banger', ...args], {
    ...options,
    ...(signal !== undefined && { signal }),
  });
  if (exitCode === 0) return;
  const words = printable(`${stdout.toString('utf8')}\n${stderr.toString('utf8')}`)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !PROGRAM_VERSION.test(line));
  throw new GuestRefusedError(vm, words.join('; ').slice(0, MAX_WORDS));
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise((resolve) => setTimeout(resolve, ms));
}
