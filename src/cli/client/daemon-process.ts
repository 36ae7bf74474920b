import type { DoctorReport } from '../../contract/system.dto.js';

export interface DaemonChild {
  /** settles when the process has ended */
  readonly exited: Promise<{ exitCode: number | null; signal: string | null }>;
  /** last lines that it wrote */
  logTail(): string;
  /** lets this process end before the daemon */
  release(): void;
}

/** One thing that was wrong, and what was done about it. */
export interface ThingDone {
  readonly what: string;
  readonly done: string;
}

/** A catalog as it was written. */
export interface SignedCatalog {
  readonly serial: number;
  readonly images: readonly { readonly name: string; readonly digest: string }[];
  /** of catalog.json, hex */
  readonly sha256: string;
  /** what those who use it need to know; base64 */
  readonly publicKey: string;
}

/** The daemon as a program: started, and asked without a socket. */
export abstract class DaemonProcess {
  /** Starts it in a session of its own. @throws BangerError when it cannot even be started */
  abstract start(logPath: string): Promise<DaemonChild>;
  /** `banger doctor` without a daemon. @throws BangerError when the program gives no report */
  abstract doctor(): Promise<DoctorReport>;
  /** Puts right what keeps a daemon from starting. @throws BangerError that says why it could not */
  abstract repair(): Promise<ThingDone[]>;
  /** Makes a key for signing catalogs. Paths absolute. @throws BangerError */
  abstract createCatalogKey(path: string): Promise<{ readonly publicKey: string }>;
  /** Writes and signs the catalog of a directory's bundles. Paths absolute. @throws BangerError */
  abstract signCatalog(directory: string, keyPath: string): Promise<SignedCatalog>;
  /** when the program was built, `ms` since the epoch; undefined when it is not known */
  abstract builtAt(): number | undefined;
  /** whether a process with this id is there */
  abstract isAlive(pid: number): boolean;
}
