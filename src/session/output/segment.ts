import { segmentName, segmentStart } from '../guest/program.js';
import type { SegmentInfo } from './output-log.js';
import type { OutputCounts } from './output-record.js';

/** a session's output is kept in so many pieces: one of them is what may go at once */
export const SEGMENTS = 8;
/**
 * of one log on the host. A guest that marks more often than that loses its own output; one whose session began with a
 * smaller bound than there is now has several times that bound here.
 */
export const MAX_SEGMENTS = 32;
/** `bytes` by which a guest exceeds its own bound of a segment: one record of output, and what tells of a terminal's size */
const SLACK_BYTES = 131_072;

/** A piece of a log, in a file of its own. */
export interface Segment extends SegmentInfo {
  end: number;
  /** what came before it, where no mark at its beginning says so: it was cut here, not in the guest */
  readonly before: OutputCounts | undefined;
}

/**
 * `bytes` of a segment that is gone on behind without a mark. No guest comes to it that keeps to `maxBytes`; one that does
 * not may be hostile, or have begun a session when more was allowed.
 */
export function segmentBytes(maxBytes: number): number {
  return Math.ceil(maxBytes / SEGMENTS) + SLACK_BYTES;
}

/** `output.OFFSET`, as in the guest; `output.OFFSET.STDOUT.STDERR` of one that was cut here. */
export function fileOf({ start, before }: Pick<Segment, 'start' | 'before'>): string {
  return before === undefined
    ? segmentName(start)
    : `${segmentName(start)}.${before.stdout}.${before.stderr}`;
}

/** What the name of a file says; undefined for any other file. */
export function segmentOf(name: string): Pick<Segment, 'start' | 'before'> | undefined {
  const [, own = '', stdout, stderr] = /^(output\.\d{15})(?:\.(\d{1,15})\.(\d{1,15}))?$/.exec(name) ?? [];
  const start = segmentStart(own);
  if (start === undefined) return undefined;
  const before = stdout === undefined ? undefined : { stdout: Number(stdout), stderr: Number(stderr) };
  return { start, before };
}
