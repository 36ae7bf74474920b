import { Injectable } from '@nestjs/common';
import type { Disk } from '../../host/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import { generateSshKeyPair } from '../../core/ssh/index.js';
import { fileOfArchive } from '../identity/read-identity.js';
import { VmDisks } from '../vm-disks.js';
import { VmFiles } from '../vm-files.adapter.js';
import { vmDirectoryOptions, VmPathFinder } from '../vm-paths.js';
import { VmRepository } from '../vm.repository.js';
import { VmDamagedError } from '../vm.errors.js';
import type { Vm } from '../vm.types.js';
import { VmDirectories } from './vm-directory.adapter.js';

const REPAIR_TIMEOUT_MS = 10 * 60_000;
const HOST_KEY_IN_GUEST = 'etc/ssh/ssh_host_ed25519_key';

/** Mends the files of a VM, under its lock. Never changes what a guest has written on its disk. */
@Injectable()
export class VmFileRepair {
  constructor(
    private readonly processes: ProcessRunner,
    private readonly directories: VmDirectories,
    private readonly files: VmFiles,
    private readonly paths: VmPathFinder,
    private readonly vms: VmRepository,
    private readonly disks: VmDisks,
  ) {}

  /** What cannot be used is marked with why, and can be deleted. */
  async condemn(vm: Vm, reason: string): Promise<void> {
    const error = new VmDamagedError(vm.name, reason);
    await this.vms.transition(vm, 'failed', { error: { message: error.message, data: error.toData() } });
  }

  async giveDisk(vm: Vm): Promise<void> {
    for (const { path } of this.#disks(vm))
      if (vm.uid !== undefined) await this.directories.setOwner(path, vm.uid);
  }

  async openDirectory(vm: Vm): Promise<void> {
    await this.directories.setAccess(this.paths.of(vm.id).directory, vmDirectoryOptions(vm));
  }

  /** Gives clusters back that nothing refers to; content stays as it is. */
  async freeLeaks(vm: Vm): Promise<void> {
    for (const { path, format } of this.#disks(vm)) {
      if (format !== 'qcow2') continue;
      await this.processes.run({
        file: 'qemu-img',
        args: ['check', '-q', '-f', 'qcow2', '-r', 'leaks', path],
        timeoutMs: REPAIR_TIMEOUT_MS,
        ...(vm.uid !== undefined && { uid: vm.uid, gid: vm.uid }),
      });
    }
  }

  #disks(vm: Vm): Disk[] {
    return [this.disks.root(vm), this.disks.work(vm)].filter((disk) => disk !== undefined);
  }

  /** The identity disk has a copy, which a running guest uses; where it is gone too, the next boot brings a new key. */
  async restoreHostKey(vm: Vm): Promise<string> {
    const paths = this.paths.of(vm.id);
    const archive = await this.directories.bytes(paths.identity);
    const kept = archive === undefined ? undefined : await fileOfArchive(archive, HOST_KEY_IN_GUEST);
    const pub = archive === undefined ? undefined : await fileOfArchive(archive, `${HOST_KEY_IN_GUEST}.pub`);
    if (kept !== undefined && pub?.trim() === vm.hostKeyPublic) {
      await this.files.write(paths.hostKey, kept, { mode: 0o600 });
      return 'taken from its identity disk';
    }
    const pair = await generateSshKeyPair(`root@${vm.name}`);
    await this.files.write(paths.hostKey, pair.privateKey, { mode: 0o600 });
    const changed = await this.vms.update(vm.id, { hostKeyPublic: pair.publicKey });
    await this.writeKnownHosts(changed);
    return 'a new one was made, which the guest gets at its next start';
  }

  async writeKnownHosts(vm: Vm): Promise<void> {
    await this.files.write(this.paths.of(vm.id).knownHosts, `${vm.id}.vm ${vm.hostKeyPublic}\n`, {
      mode: 0o644,
    });
  }
}
