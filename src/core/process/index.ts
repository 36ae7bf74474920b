export { DEBIAN_PACKAGES, HostBinaryMissingError, ProcessFailedError } from './process-errors.js';
export { ProcessRunner } from './process-runner.js';
export type {
  DetachedProcess,
  DetachedRequest,
  ExitStatus,
  ProcessIdentity,
  RunRequest,
  RunResult,
} from './process-runner.js';
