import { access, chmod, constants, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isKind } from '../../../core/errors/index.js';
import type { BangerError } from '../../../core/errors/index.js';
import type { ProcessRunner } from '../../../core/process/index.js';
import type { HypervisorProbe } from '../hypervisor.js';
import { kvmProbeRom, PROBE_EXIT_CODE, PROBE_EXIT_PORT } from './kvm-probe-rom.js';
import { QEMU_BINARY, SANDBOX } from './qemu-arguments.js';

const KVM_DEVICE = '/dev/kvm';
/** 0.1 s is usual; with SIGKILL at last a hanging vCPU costs less than 2 s */
const KVM_TIMEOUT_MS = 1_200;
const KVM_ORPHAN_LIMIT_S = 3;
const VERSION_TIMEOUT_MS = 10_000;
/** `nobody`: what runs no VM and owns nothing */
const UNPRIVILEGED = 65_534;

/** What QEMU can do here. Starts processes; nothing is left of them. */
export async function probeQemu(runner: ProcessRunner): Promise<HypervisorProbe> {
  let version: string | undefined;
  try {
    const { stdout } = await runner.run({
      file: QEMU_BINARY,
      args: ['--version'],
      timeoutMs: VERSION_TIMEOUT_MS,
    });
    version = /version (\d+(?:\.\d+)+)/.exec(stdout.toString())?.[1];
  } catch (error) {
    return { available: false, binary: QEMU_BINARY, reason: (error as Error).message };
  }
  const reason = await kvmProblem(runner);
  return {
    available: true,
    binary: QEMU_BINARY,
    ...(version !== undefined && { version }),
    ...(reason === undefined ? { accelerator: 'kvm' } : { accelerator: 'tcg', reason }),
  };
}

/**
 * The group that may use KVM, for VMMs with a user of their own; undefined when everyone may, or when the device's
 * group may not.
 */
export async function kvmGroup(): Promise<number | undefined> {
  const device = await stat(KVM_DEVICE).catch(() => undefined);
  if (device === undefined || (device.mode & 0o006) === 0o006) return undefined;
  return (device.mode & 0o060) === 0o060 ? device.gid : undefined;
}

/** Undefined when KVM runs a guest, or why it does not. Tried with the rights that a VMM will have. */
async function kvmProblem(runner: ProcessRunner): Promise<string | undefined> {
  if (!(await exists(KVM_DEVICE))) {
    return `${KVM_DEVICE} does not exist: no hardware virtualisation, or its kernel module is not loaded`;
  }
  const directory = await mkdtemp(join(tmpdir(), 'bgr-probe-'));
  try {
    const rom = join(directory, 'probe.rom');
    await writeFile(rom, kvmProbeRom(), { mode: 0o644 });
    await chmod(directory, 0o755);
    const asRoot = process.getuid?.() === 0;
    await runner.run({
      // Should the daemon be killed right now, coreutils still ends a QEMU whose vCPU hangs.
      file: 'timeout',
      args: ['--signal=KILL', String(KVM_ORPHAN_LIMIT_S), QEMU_BINARY, ...probeArguments(rom)],
      timeoutMs: KVM_TIMEOUT_MS,
      ...(asRoot && { uid: UNPRIVILEGED, gid: (await kvmGroup()) ?? UNPRIVILEGED }),
    });
    return 'KVM did not run the test guest';
  } catch (error) {
    return explain(error as BangerError);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function probeArguments(rom: string): string[] {
  return [
    ...['-accel', 'kvm', '-cpu', 'host', '-machine', 'q35', '-m', '16M'],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-sandbox', SANDBOX],
    ...['-bios', rom, '-device', `isa-debug-exit,iobase=${PROBE_EXIT_PORT},iosize=1`],
  ];
}

function explain(error: BangerError): string | undefined {
  if (isKind(error, 'TIMEOUT')) return 'KVM opens, but a guest does not run under it (it hangs)';
  if (!isKind(error, 'PROCESS_FAILED')) return error.message;
  const { exitCode, signal, stderrTail } = error.details;
  if (exitCode === PROBE_EXIT_CODE) return undefined;
  const how =
    stderrTail
      .trim()
      .split('\n')
      .find((line) => line.includes('KVM') || line.includes('error')) ?? error.why;
  if (how?.includes('Permission denied') === true) {
    return `VMMs may not use ${KVM_DEVICE}: it is readable and writable neither for everyone nor for its group`;
  }
  return `KVM does not run guests: ${how ?? `QEMU ended with ${signal ?? exitCode}`}`;
}

async function exists(path: string): Promise<boolean> {
  return await access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}
