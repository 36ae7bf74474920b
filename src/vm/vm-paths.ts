import { Injectable } from '@nestjs/common';
import type { DirectoryOptions } from '../host/index.js';
import { Config } from '../core/config/index.js';
import type { SavedMachine } from './hypervisor/hypervisor.js';
import type { Vm } from './vm.types.js';

/** Where a VM's things are (docs/state-directory.md). */
export interface VmPaths {
  /** owned by the daemon, so that a VMM cannot plant anything in it */
  readonly directory: string;
  /** tar archive that the guest reads at boot; owned by the VMM's user, read-only */
  readonly identity: string;
  /** serial console since the last start; bounded */
  readonly console: string;
  /** the VMM's own messages */
  readonly vmmLog: string;
  /** private half of the guest's SSH host key; the daemon's alone */
  readonly hostKey: string;
  /** pinned host key in known_hosts form */
  readonly knownHosts: string;
  /** what the books can be made of again; the daemon's alone */
  readonly record: string;
  /** its machine while it is suspended; the daemon's alone */
  readonly saved: SavedMachine & { readonly manifest: string };
  /** copies of what it was at some moments */
  readonly snapshots: string;
  /** the VMM's sockets; owned by the VMM's user */
  readonly runtimeDirectory: string;
}

/** The daemon's own; what copies of the VM stand on can be read by whoever gets there: its own VMM alone. */
export function vmDirectoryOptions({ id, uid }: Pick<Vm, 'id' | 'uid'>): DirectoryOptions {
  return { owner: { type: 'vm', id }, mode: uid === undefined ? 0o700 : 0o710, gid: uid };
}

@Injectable()
export class VmPathFinder {
  constructor(private readonly config: Config) {}

  of(id: string): VmPaths {
    const directory = this.config.vmDirectory(id);
    return {
      directory,
      identity: `${directory}/identity.tar`,
      console: `${directory}/console.log`,
      vmmLog: `${directory}/vmm.log`,
      hostKey: `${directory}/ssh_host_ed25519_key`,
      knownHosts: `${directory}/known_hosts`,
      record: `${directory}/vm.json`,
      saved: {
        memoryPath: `${directory}/memory`,
        statePath: `${directory}/state`,
        manifest: `${directory}/suspended.json`,
      },
      snapshots: `${directory}/snapshots`,
      runtimeDirectory: this.config.vmRuntimeDirectory(id),
    };
  }
}
