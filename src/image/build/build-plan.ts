import type { PackageSources } from './host-packages.js';

/** What is going to be built, decided before anything is. */
export interface BuildPlan extends PackageSources {
  readonly image: string;
  /** what the mirrors had, one digest per source */
  readonly releases: readonly string[];
  readonly packagesDigest: string;
  readonly recipeDigest: string;
}

/** Names of an image's files within its directory. */
export const IMAGE_FILES = {
  kernel: 'vmlinux',
  initrd: 'initrd',
  root: 'root.ext4',
  work: 'work.ext4',
  manifest: 'manifest.json',
} as const;

/** The archive of packages. Every program that makes it has this path as an argument, which tells it from others. */
export function packagesArchive(directory: string): string {
  return `${directory}/packages.tar`;
}

/** Where one build works, and under whose authority its programs stop. */
export interface BuildSite {
  /** the `.building-` directory */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** each line of a program's output */
  readonly output: (line: string) => void;
}
