export { OutputTail } from './output-collector.js';
export {
  DEBIAN_PACKAGES,
  HostBinaryMissingError,
  OutputTooLargeError,
  ProcessFailedError,
} from './process-errors.js';
export { ProcessMeter } from './process-meter.js';
export { NodeProcessRunner } from './process-runner.adapter.js';
export { ProcessRunner } from './process-runner.js';
export { ProcessModule } from './process.module.js';
export type {
  DetachedProcess,
  DetachedRequest,
  ExitStatus,
  FoundProcess,
  ProcessIdentity,
  RunRequest,
  RunResult,
} from './process-runner.js';
export type { ProcessUsage } from './proc-usage.js';
