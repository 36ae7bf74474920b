/** One thing that is wrong with a file of settings. */
export interface FileIssue {
  message: string;
  /** dotted, as written in TOML */
  key?: string;
  /** counts from 1, as `column` does */
  line?: number;
  column?: number;
  /** environment variable that the value came from, where it was none of the file */
  variable?: string;
  /** the known key that was probably meant */
  suggestion?: string;
}
