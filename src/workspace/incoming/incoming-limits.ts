/** What is taken of a guest. Everything larger is refused; nothing of it reaches the host's repository. */
export interface IncomingLimits {
  /** of the pack that a guest sends */
  readonly packBytes: number;
  /** of one file */
  readonly objectBytes: number;
  /** of one tree: git holds it in memory, and those that it is in */
  readonly treeBytes: number;
  /** of one commit or tag */
  readonly commitBytes: number;
  /** of all objects together, unpacked */
  readonly unpackedBytes: number;
  /** of the names of all files of one tree */
  readonly namesBytes: number;
  /** of the ids of commits that are made anew */
  readonly idsBytes: number;
  /** memory that a program of git may have which reads what came, besides the files that it maps */
  readonly memoryBytes: number;
  /** `s` of processor time that it may take */
  readonly cpuSeconds: number;
  /** `ms` that all of it may take */
  readonly totalMs: number;
}

export const INCOMING_LIMITS = Symbol('INCOMING_LIMITS');

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

export const DEFAULT_INCOMING_LIMITS: IncomingLimits = {
  packBytes: 8 * GIB,
  objectBytes: 4 * GIB,
  // a million files in one directory
  treeBytes: 64 * MIB,
  commitBytes: 4 * MIB,
  unpackedBytes: 32 * GIB,
  // a million names of 64 bytes
  namesBytes: 64 * MIB,
  // 200,000 of them
  idsBytes: 8 * MIB,
  memoryBytes: 4 * GIB,
  cpuSeconds: 30 * 60,
  totalMs: 60 * 60 * 1000,
};
