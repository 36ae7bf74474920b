import type { CopyProgress } from './copy-progress.js';
import type { CopyRequest } from './copy-ends.js';
import type { GuestSide } from './guest-side.js';
import type { HostFiles } from './host-files.js';

/** `bytes` from which a single file is copied by itself, so that it can be gone on with */
export const RESUMABLE_FROM = 64 * 1024 * 1024;

/** One run of `vm cp`: what was asked for, and everything that it takes. */
export interface CopyJob {
  readonly request: CopyRequest;
  readonly files: HostFiles;
  readonly guest: GuestSide;
  readonly progress: CopyProgress;
}

/** What came of it; printed with --json. */
export interface CopyResult {
  /** `bytes` of the contents of files that were sent */
  readonly bytes: number;
  /** files, directories and links in an archive */
  readonly entries?: number;
  /** devices, fifos, sockets: not copied */
  readonly skipped?: number;
  /** `bytes` of the file that an earlier copy had brought */
  readonly resumedFrom?: number;
}

/** What tar or the guest remarked, for people. */
export function noteRemarks(job: CopyJob, remarks: string): void {
  for (const line of remarks.trim().split('\n').slice(-5)) if (line !== '') job.progress.note(line);
}

export function noteSkipped(job: CopyJob, sieve: { skipped: number; skippedNames: readonly string[] }): void {
  if (sieve.skipped === 0) return;
  const more = sieve.skipped > sieve.skippedNames.length ? ', …' : '';
  job.progress.note(`devices and fifos are not copied: ${sieve.skippedNames.join(', ')}${more}`);
}
