import type { OutputCounts, OutputRecord } from './output-record.js';

/** Where the records of a segment begin, and what came before them. */
export interface SegmentInfo {
  /** offset of its first byte, among all bytes of records that there ever were */
  readonly start: number;
  readonly end: number;
}

/** Bytes of records from one segment. */
export interface OutputPart {
  /** of the first of them */
  readonly offset: number;
  readonly bytes: Buffer;
  /** what came before them, where a segment begins with them that has no mark */
  readonly before?: OutputCounts | undefined;
}

/** What a session has written, on the host: a row of records in segments, of which the first ones go when it is too much. */
export interface OutputLog {
  readonly segments: readonly SegmentInfo[];
  /** offset behind the last record */
  readonly end: number;
  readonly counts: OutputCounts;
  /** `bytes` of both streams that are not kept any more */
  readonly dropped: number;
  /**
   * Adds records that follow the last. One that is a mark begins a segment, and so does any that would make one too large.
   * Calls are not to overlap.
   * @throws OutputDamagedError where a mark is missing, or says nothing; whatever writing throws. What came before that is there
   */
  append(records: readonly OutputRecord[]): Promise<void>;
  /** Goes on at a later offset: what is between is gone. The next record must be a mark. */
  skipTo(offset: number): void;
  /** Forgets everything: it begins again at 0. */
  reset(): Promise<void>;
  /**
   * Up to so many bytes from an offset on, of one segment; empty at the end. They begin later than asked for when that is
   * gone.
   */
  read(offset: number, maxBytes: number): Promise<OutputPart>;
  /** Resolves when there is more than up to this offset, or when the log was reset, at the latest at the abort. */
  grown(offset: number, signal: AbortSignal): Promise<void>;
}

/** The logs of all sessions, in directories of the host. */
export abstract class OutputLogs {
  /** The log in this directory, the same for all who ask while one of them holds it. What an interrupted append left is cut off. */
  abstract open(directory: string, limits: { maxBytes: number }): Promise<OutputLog>;
  /** Closes its file; the log can be used again. */
  abstract rest(directory: string): Promise<void>;
  /** Who reads it comes to its end. */
  abstract remove(directory: string): Promise<void>;
  abstract makeParent(parent: string): Promise<void>;
  abstract exists(path: string): Promise<boolean>;
  /** All logs below are taken away by somebody else. Who reads them comes to their end. */
  abstract forget(parent: string): void;
}
