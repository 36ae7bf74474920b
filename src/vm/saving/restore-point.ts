import type { PublishedPort } from '../../contract/index.js';
import type { RestoreSource } from '../hypervisor/hypervisor.js';
import type { MachineShape } from '../vm.types.js';

/** The VM that another one is a copy of, as it was then. JSON. */
export interface CopyOrigin {
  readonly id: string;
  readonly name: string;
  readonly publishedPorts: readonly PublishedPort[];
}

/** What a machine goes on from, instead of booting; its disks are as they were then. */
export interface RestorePoint {
  readonly source: RestoreSource;
  /** what the saved machine had; the VM's own settings when left out */
  readonly shape?: MachineShape;
  /** digest of the program that waits in its guest for who it is to be; without one, it is told by a new one */
  readonly adopter?: string;
  /** left out when it is no copy of another VM's machine */
  readonly copyOf?: CopyOrigin;
  /** Called when its guest runs: it cannot go on from there once more. */
  readonly onUse?: () => Promise<void>;
}
