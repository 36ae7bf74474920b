import { Injectable } from '@nestjs/common';
import type { BookVm } from '../../core/database/index.js';
import { isKind } from '../../core/errors/index.js';
import { DiskBackends, headProblem } from '../../host/index.js';
import type { Disk } from '../../host/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import type { ProcessIdentity } from '../../core/process/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import { vmDirectoryOptions, VmPathFinder } from '../vm-paths.js';
import type { VmPaths } from '../vm-paths.js';
import { VmDirectories } from './vm-directory.adapter.js';
import type { VmHands } from './vm-hands.js';
import { vmProblem } from './vm-problem.js';
import type { VmProblem } from './vm-problem.js';

const CHECK_TIMEOUT_MS = 10 * 60_000;
/** exit status of `qemu-img check` */
const CORRUPT = 2;
const LEAKS = 3;

/** of directories that earlier versions made, until something of the VM is kept in them */
const EARLIER_MODE = 0o711;

/** Compares what the books say of a VM with what there is. Changes nothing. */
@Injectable()
export class VmInspector {
  constructor(
    private readonly processes: ProcessRunner,
    private readonly hypervisor: Hypervisor,
    private readonly directories: VmDirectories,
    private readonly backends: DiskBackends,
    private readonly paths: VmPathFinder,
  ) {}

  /** What a few looks at files and processes tell. */
  async inspect(vm: BookVm, hands: VmHands): Promise<VmProblem[]> {
    const paths = this.paths.of(vm.id);
    const lives = await this.#lives(vm);
    const machine = hands.isBusy(vm.id) ? [] : await this.#machine(vm, paths, lives, hands);
    return [...machine, ...(await this.#files(vm, paths, lives))];
  }

  /** What only reading the whole of a disk's tables tells. Not while a VMM writes them: it would see damage that is none. */
  async checkDisk(vm: BookVm, signal?: AbortSignal): Promise<VmProblem[]> {
    if (await this.#lives(vm)) return [];
    const problems = await Promise.all(this.#disks(vm).map((disk) => this.#checkDisk(vm, disk, signal)));
    return problems.flat();
  }

  async #checkDisk(vm: BookVm, { path: disk, format }: Disk, signal?: AbortSignal): Promise<VmProblem[]> {
    if (format !== 'qcow2') return [];
    try {
      await this.processes.run({
        file: 'qemu-img',
        args: ['check', '-U', '-q', '-f', 'qcow2', disk],
        timeoutMs: CHECK_TIMEOUT_MS,
        // its tables were written by a process that a guest may have taken over
        ...(vm.uid !== undefined && { uid: vm.uid, gid: vm.uid }),
        ...(signal !== undefined && { signal }),
      });
      return [];
    } catch (error) {
      if (!isKind(error, 'PROCESS_FAILED')) throw error;
      const { exitCode } = error.details;
      if (exitCode === LEAKS)
        return [vmProblem(vm, 'disk-leaks', `its disk ${disk} has clusters that nothing uses`)];
      if (exitCode === CORRUPT) return [this.#unusable(vm, `its disk ${disk} is corrupt (qemu-img check)`)];
      return [];
    }
  }

  async #lives(vm: BookVm): Promise<boolean> {
    const identity = (vm.machine as { process?: ProcessIdentity } | undefined)?.process;
    return identity !== undefined && (await this.processes.isAlive(identity));
  }

  async #machine(vm: BookVm, paths: VmPaths, lives: boolean, hands: VmHands): Promise<VmProblem[]> {
    if (vm.state === 'stopped' || vm.state === 'suspended' || vm.state === 'failed') return [];
    if (vm.state !== 'running')
      return [vmProblem(vm, 'stuck', `it has been ${vm.state} without anybody at work on it`)];
    if (!lives) return [vmProblem(vm, 'machine-gone', 'its hypervisor process has gone')];
    const lost = await this.#lostSockets(paths);
    const gone = `the sockets of its hypervisor in ${paths.runtimeDirectory} are gone`;
    if (hands.has(vm.id) === false)
      return [
        vmProblem(vm, 'not-in-hand', lost ? gone : 'its hypervisor runs, and the daemon has no hold of it'),
      ];
    return lost ? [vmProblem(vm, 'sockets-gone', gone)] : [];
  }

  async #lostSockets({ runtimeDirectory }: VmPaths): Promise<boolean> {
    const sockets = this.hypervisor.controlSockets(runtimeDirectory);
    const facts = await Promise.all(sockets.map((path) => this.directories.facts(path)));
    return facts.some((found) => found?.isSocket !== true);
  }

  async #files(vm: BookVm, paths: VmPaths, lives: boolean): Promise<VmProblem[]> {
    // its files are being made, or taken away
    if (vm.state === 'creating' || vm.state === 'deleting') return [];
    const directory = await this.directories.facts(paths.directory);
    if (directory?.isDirectory !== true)
      return [this.#unusable(vm, `its directory ${paths.directory} is gone`, lives)];
    const { mode, gid } = vmDirectoryOptions(vm);
    const isOpen = directory.mode === mode && (gid === undefined || directory.gid === gid);
    const isRight = isOpen || directory.mode === EARLIER_MODE;
    return [
      ...(isRight
        ? []
        : [vmProblem(vm, 'directory-mode', `the mode of ${paths.directory} is not ${octal(mode)}`)]),
      ...(await Promise.all(this.#disks(vm).map((disk) => this.#disk(vm, disk, lives)))).flat(),
      ...(await this.#keys(vm, paths, lives)),
    ];
  }

  /** As the backend has made them that the row names. */
  #disks(vm: BookVm): Disk[] {
    const backend = this.backends.of(vm.diskBackend);
    const { directory } = this.paths.of(vm.id);
    return (vm.hasWorkDisk ? ['root', 'work'] : ['root']).map((name) => backend.locate(directory, name));
  }

  async #disk(vm: BookVm, file: Disk, lives: boolean): Promise<VmProblem[]> {
    const { path: disk } = file;
    const facts = await this.directories.facts(disk);
    if (facts?.isFile !== true) return [this.#unusable(vm, `its disk ${disk} is gone`, lives)];
    const wrong = await headProblem(file);
    if (wrong !== undefined) return [this.#unusable(vm, `its disk ${disk} is damaged: ${wrong}`, lives)];
    if (vm.uid === undefined || facts.uid === vm.uid) return [];
    return [
      vmProblem(vm, 'disk-owner', `its disk ${disk} belongs to user ${facts.uid} instead of ${vm.uid}`),
    ];
  }

  async #keys(vm: BookVm, paths: VmPaths, lives: boolean): Promise<VmProblem[]> {
    const key = await this.directories.text(paths.hostKey);
    const known = await this.directories.text(paths.knownHosts);
    const problems: VmProblem[] = [];
    if (key?.includes('PRIVATE KEY') !== true) {
      // A guest that runs has the old key, and only its identity disk still knows it.
      const stays = lives && (await this.directories.facts(paths.identity)) === undefined;
      const fix = `shut it down, then: banger doctor --fix`;
      const changes = stays ? { repairable: false, fix } : {};
      const what = key === undefined ? 'is gone' : 'is no private key';
      problems.push(vmProblem(vm, 'host-key', `its SSH host key ${paths.hostKey} ${what}`, changes));
    }
    // made at the first start, and again at each
    if (lives && known?.includes(vm.hostKeyPublic) !== true)
      problems.push(vmProblem(vm, 'known-hosts', `its file ${paths.knownHosts} is gone or is another's`));
    return problems;
  }

  /** Marked already it is only told; while it runs it is left alone, since its hypervisor still has the file open. */
  #unusable(vm: BookVm, finding: string, lives = false): VmProblem {
    if (vm.errorKind === 'VM_DAMAGED' && vm.state === 'failed')
      return vmProblem(vm, 'unusable', finding, { status: 'warn', repairable: false });
    if (!lives) return vmProblem(vm, 'unusable', finding);
    const fix = `it still runs: copy out what you need (banger vm exec ${vm.name} -- tar c …), then delete it`;
    return vmProblem(vm, 'unusable', finding, { repairable: false, fix });
  }
}

/** `0710` */
function octal(mode: number): string {
  return `0${mode.toString(8)}`;
}
