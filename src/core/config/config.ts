import type { KeyValues, Mode } from './config-keys.js';

/** Effective configuration: defaults, then the TOML file, then the environment. Frozen; paths absolute. */
export interface ConfigValues extends KeyValues {
  /** `root` when the process is root: state below /var/lib, VMMs run as unprivileged users */
  readonly mode: Mode;
  readonly uid: number;
  /** where the file is looked for, whether there is one or not */
  readonly configFile: string;
}

/** Where the value of a key comes from. */
export interface ValueOrigin {
  readonly source: 'default' | 'file' | 'environment';
  /** of the file */
  readonly line?: number;
  /** environment variable */
  readonly variable?: string;
}

/** How the configuration came about, for `banger config show`. */
export interface ConfigOrigins {
  readonly fileExists: boolean;
  /** by key; what is not there is a default */
  readonly byKey: ReadonlyMap<string, ValueOrigin>;
}

/** Injectable configuration, with the paths that follow from it in one place (docs/state-directory.md). */
export class Config {
  readonly #values: ConfigValues;

  constructor(
    values: ConfigValues,
    readonly origins: ConfigOrigins = { fileExists: false, byKey: new Map() },
  ) {
    this.#values = values;
  }

  get values(): ConfigValues {
    return this.#values;
  }
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
  get templatesDirectory(): string {
    return `${this.values.stateDirectory}/templates`;
  }
  get keysDirectory(): string {
    return `${this.values.stateDirectory}/keys`;
  }
  /** what OpenSSH's client is told of the VMs */
  get sshConfigPath(): string {
    return `${this.values.stateDirectory}/ssh/config`;
  }
  get daemonKeyPath(): string {
    return `${this.keysDirectory}/id_ed25519`;
  }
  /** sockets of one VM */
  vmRuntimeDirectory(id: string): string {
    return `${this.values.runtimeDirectory}/vm/${id}`;
  }
  /** disks, identity, console of one VM */
  vmDirectory(id: string): string {
    return `${this.vmsDirectory}/${id}`;
  }
  /** disks, memory, device state of one saved machine */
  templateDirectory(id: string): string {
    return `${this.templatesDirectory}/${id}`;
  }
}

/** In the place of one that cannot be read: who needs none, such as `banger --help`, works; who asks it is told why. */
export class UnusableConfig extends Config {
  constructor(private readonly failure: unknown) {
    super({} as ConfigValues);
  }

  override get values(): never {
    throw this.failure;
  }
}
