import type { Readable, Writable } from 'node:stream';
import type { Found, Placement } from './target-rules.js';

/** A source on this host. */
export interface HostSource {
  readonly is: 'file' | 'directory' | 'link' | 'special';
  /** `bytes` */
  readonly size: number;
  /** holes take a good part of it */
  readonly sparse: boolean;
  readonly mode: number;
  /** seconds with nine decimals */
  readonly modified: string;
}

/** A directory beside the target in which things wait until they are whole. */
export interface Staging {
  readonly directory: string;
  /** of what stands in it */
  names(): Buffer[];
  /** All that is in it to where it belongs; nothing of it when something there is in the way. @throws HostTargetInvalidError */
  place(placement: Placement, rule: { contents: boolean }): void;
  /** Removes it, with whatever is in it. */
  remove(): Promise<void>;
}

/** A file that becomes its target when it is whole. */
export interface PartFile {
  readonly path: string;
  /** `bytes` that an earlier copy left */
  readonly size: number;
  /** sha256 of those, in hex */
  digest(): Promise<string>;
  /** Appends after the first `offset` bytes; what is beyond them is dropped. */
  append(offset: number): Writable;
  finish(mode: number, modified: string): void;
  /** Gives the name back, for a later copy to go on with it. */
  release(): void;
}

export interface TarRun {
  readonly stream: Readable;
  /** what tar had to say, and how it ended */
  readonly ended: Promise<{ exitCode: number | null; stderrTail: string }>;
  kill(): void;
}

/** Files of this host, read and written as the user who calls. */
export abstract class HostFiles {
  abstract look(path: string): Found;
  /** undefined when there is none */
  abstract source(path: string): HostSource | undefined;
  /** `bytes` free for this user on the file system of the path */
  abstract freeBytes(path: string): number;
  abstract digest(path: string, bytes: number): Promise<string>;
  abstract read(path: string, offset: number): Readable;
  /** @throws HostTargetBusyError */
  abstract part(target: string): Promise<PartFile>;
  abstract stage(into: string): Promise<Staging>;
  /** tar of the sources. @throws MissingProgramError */
  abstract pack(sources: readonly string[]): TarRun;
  /** tar that unpacks into the directory; `stream` is its stdin there */
  abstract unpack(directory: string): { readonly stdin: Writable } & Omit<TarRun, 'stream'>;
}
