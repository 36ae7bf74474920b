export type Mode = 'root' | 'user';

/** Effective configuration: defaults, then the TOML file, then the environment. Frozen; paths absolute. */
export interface ConfigValues {
  /** `root` when the process is root: state below /var/lib, VMMs run as unprivileged users */
  readonly mode: Mode;
  readonly uid: number;
  readonly configFile: string;
  /** database, images, disks, keys, logs */
  readonly stateDirectory: string;
  /** sockets and whatever else a reboot may take */
  readonly runtimeDirectory: string;
  /** `trace` … `fatal` */
  readonly logLevel: string;
  /** resources of a VM whose creator names none; disk: the image's own size when undefined */
  readonly vmDefaults: { readonly cpus: number; readonly memoryMib: number };
  /** `ms` that a guest has from its start until it can be used */
  readonly bootTimeoutMs: number;
  /** loopback ports that lead to guests' SSH servers, both ends included */
  readonly sshPorts: { readonly from: number; readonly to: number };
  /** user ids that VMMs run as in root mode, both ends included; one per VM */
  readonly vmmUids: { readonly from: number; readonly to: number };
}

/** Injectable configuration, with the paths that follow from it in one place (docs/state-directory.md). */
export class Config {
  constructor(readonly values: ConfigValues) {}

  get socketPath(): string {
    return `${this.values.runtimeDirectory}/banger.sock`;
  }
  /** held open with a lock by the one daemon of this state directory */
  get lockPath(): string {
    return `${this.values.stateDirectory}/daemon.lock`;
  }
  get databasePath(): string {
    return `${this.values.stateDirectory}/banger.db`;
  }
  get logPath(): string {
    return `${this.values.stateDirectory}/log/bangerd.log`;
  }
  get imagesDirectory(): string {
    return `${this.values.stateDirectory}/images`;
  }
  get vmsDirectory(): string {
    return `${this.values.stateDirectory}/vms`;
  }
  get keysDirectory(): string {
    return `${this.values.stateDirectory}/keys`;
  }
  /** sockets of one VM */
  vmRuntimeDirectory(id: string): string {
    return `${this.values.runtimeDirectory}/vm/${id}`;
  }
  /** disks, identity, console of one VM */
  vmDirectory(id: string): string {
    return `${this.vmsDirectory}/${id}`;
  }
}
