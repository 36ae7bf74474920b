/** The database as it lies on the disk, looked at without changing anything. */
export type BookState =
  | { readonly state: 'missing' }
  /** no daemon can use it as it is */
  | { readonly state: 'damaged'; readonly reason: string }
  | { readonly state: 'readable'; readonly rows: BookRows };

export interface BookRows {
  readonly vms: readonly BookVm[];
  readonly images: readonly BookImage[];
  readonly ledger: readonly BookEntry[];
  /** those that are running, by their rows */
  readonly operations: readonly BookOperation[];
  /** migrations that this banger does not know */
  readonly unknownMigrations: readonly string[];
  readonly writable: boolean;
  /** how many the daemon will apply when it starts */
  readonly missingMigrations: number;
}

export interface BookVm {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly imageId: string;
  readonly diskBackend: string;
  readonly hasWorkDisk: boolean;
  readonly uid: number | undefined;
  readonly hostKeyPublic: string;
  /** MachineRecord */
  readonly machine: unknown;
  /** kind of the error that is kept with it */
  readonly errorKind: string | undefined;
}

export interface BookImage {
  readonly id: string;
  readonly name: string;
  readonly recipeDigest: string;
  readonly diskBytes: number;
}

export interface BookEntry {
  readonly kind: string;
  readonly key: string;
  readonly ownerType: string;
  readonly ownerId: string;
}

export interface BookOperation {
  readonly id: string;
  readonly kind: string;
  readonly subjectId: string;
  readonly subjectName: string;
}

/** `ms` for which what was read is kept */
export const BOOKS_KEPT_MS = 100;

/** Reads the books for the doctor: also without a daemon, and when none can start. */
export abstract class BookReader {
  /** Never rejects. What was read is kept for BOOKS_KEPT_MS, so that all checks of one report see the same. */
  abstract read(): Promise<BookState>;
  /** Whether a daemon holds the state directory, be it this process or another. */
  abstract isHeld(): boolean;
}
