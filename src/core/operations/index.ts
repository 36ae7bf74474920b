export { Ledger } from './ledger.js';
export type { LedgerEntry, ResourceKind, ResourceOwner, ResourceUndo } from './ledger.js';
export { DaemonStoppingError } from './operation-errors.js';
export { OperationRunner } from './operation-runner.js';
export type {
  OperationContext,
  OperationRequest,
  StartedOperation,
  StepContext,
} from './operation-runner.js';
export { OperationsModule } from './operations.module.js';
