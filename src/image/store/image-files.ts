import type { Readable } from 'node:stream';

export interface FileMeasure {
  /** as it reads; `bytes` */
  readonly sizeBytes: number;
  /** what it really takes; `bytes` */
  readonly allocatedBytes: number;
  /** how many it has */
  readonly names: number;
  /** the same for all names of one file */
  readonly inode: number;
}

/** Files of images. All paths absolute. */
export abstract class ImageFiles {
  abstract exists(path: string): Promise<boolean>;
  abstract read(path: string): Promise<Buffer>;
  abstract stream(path: string): Readable;
  /** Makes missing parents, 0755. */
  abstract write(path: string, content: string | Buffer, mode?: number): Promise<void>;
  abstract symlink(target: string, path: string): Promise<void>;
  abstract makeDirectory(path: string): Promise<void>;
  /** One that every user may pass through, not list. @throws when something is there already */
  abstract makePassableDirectory(path: string): Promise<void>;
  /** 0755, and of that user and group where one is given. @throws when something is there already */
  abstract makeOwnedDirectory(path: string, owner: number | undefined): Promise<void>;
  /** Moves a plain file, whose owner becomes the daemon's user. @throws when it is something else */
  abstract takeOver(from: string, to: string): Promise<void>;
  /** Cuts a file to a size; `bytes` */
  abstract truncate(path: string, bytes: number): Promise<void>;
  /** 0600, and of that user and group where one is given. */
  abstract giveTo(path: string, owner: number | undefined): Promise<void>;
  abstract list(path: string): Promise<string[]>;
  /** Everything below a directory as relative paths, each directory before what is in it. Links are not followed. */
  abstract walk(path: string): Promise<string[]>;
  /** Removes a file or a tree; gone already is success. */
  abstract remove(path: string): Promise<void>;
  /** Durable: what is at `from` takes the place of what is at `to` in one step. */
  abstract replace(from: string, to: string): Promise<void>;
  /** Sets the mode of these files in a directory and brings them and the directory itself to the disk. */
  abstract seal(directory: string, names: readonly string[], mode: number): Promise<void>;
  /** Second name for a file, without copying it; replaces what has that name. */
  abstract link(from: string, to: string): Promise<void>;
  /** Of a plain file: another one after each change of it, and of one in its place. Undefined when it is not there */
  abstract identity(path: string): Promise<string | undefined>;
  /** undefined when it is not there */
  abstract measure(path: string): Promise<FileMeasure | undefined>;
}
