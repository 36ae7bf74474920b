import type { Mode } from '../../core/config/index.js';

export interface OperatingSystem {
  /** `linux` */
  readonly platform: string;
  /** Node's name of the architecture: `x64` */
  readonly architecture: string;
  readonly kernelRelease: string;
  /** ID of os-release: `debian`; empty when there is none */
  readonly id: string;
  /** PRETTY_NAME of os-release */
  readonly name: string;
}

export interface MemoryFacts {
  /** what the host, or the control group around the daemon, has; `MiB` */
  readonly totalMib: number;
  readonly availableMib: number;
}

/** What the machine underneath has. Every answer is of the moment; nothing is cached. */
export abstract class HostFacts {
  abstract readonly mode: Mode;
  /** CPUs that this process may use: affinity and control group honoured */
  abstract cpus(): number;
  abstract memory(): MemoryFacts;
  /** Model and features of the processor, in one line; what was saved on one may not go on on another. */
  abstract processor(): Promise<string>;
  abstract operatingSystem(): Promise<OperatingSystem>;
  /** Free bytes, for an unprivileged user, of the file system that holds the path or its nearest existing ancestor. */
  abstract freeBytes(path: string): Promise<number>;
}
