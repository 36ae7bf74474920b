/**
 * The error registry: every kind a client can meet, its category and the shape of its details, by area in `*.errors.ts`.
 * Clients switch on `kind`; the numbers (JSON-RPC code, exit code) follow from the category alone.
 * Pure data without class-validator, so that the CLI's start-up can afford it.
 */

import { CATEGORY_CODES } from './error-category.js';
import type { ErrorCategory } from './error-category.js';
import { COMMON_ERRORS } from './common.errors.js';
import type { CommonErrorDetails } from './common.errors.js';
import { DAEMON_ERRORS } from './daemon.errors.js';
import type { DaemonErrorDetails } from './daemon.errors.js';
import { HOST_ERRORS } from './host.errors.js';
import type { HostErrorDetails } from './host.errors.js';
import { IMAGE_ERRORS } from './image.errors.js';
import type { ImageErrorDetails } from './image.errors.js';
import { OPERATION_ERRORS } from './operation.errors.js';
import type { OperationErrorDetails } from './operation.errors.js';
import { REQUEST_ERRORS } from './request.errors.js';
import type { RequestErrorDetails } from './request.errors.js';
import { SESSION_ERRORS } from './session.errors.js';
import type { SessionErrorDetails } from './session.errors.js';
import { VM_ERRORS } from './vm.errors.js';
import type { VmErrorDetails } from './vm.errors.js';
import { WORKSPACE_ERRORS } from './workspace.errors.js';
import type { WorkspaceErrorDetails } from './workspace.errors.js';

export { CATEGORY_CODES, EXEC_EXIT_CODES, PROTOCOL_CODES } from './error-category.js';
export type { ErrorCategory } from './error-category.js';
export type { FileIssue } from './file-issue.js';
export type { CopySide, VmResource } from './vm.errors.js';

/** Details by kind. Adding a kind to both tables of an area is all it takes to make it part of the API. */
export interface ErrorDetails
  extends
    RequestErrorDetails,
    VmErrorDetails,
    ImageErrorDetails,
    WorkspaceErrorDetails,
    SessionErrorDetails,
    OperationErrorDetails,
    DaemonErrorDetails,
    HostErrorDetails,
    CommonErrorDetails {}

export type ErrorKind = keyof ErrorDetails;

export const ERROR_CATEGORIES: Readonly<Record<ErrorKind, ErrorCategory>> = {
  ...REQUEST_ERRORS,
  ...VM_ERRORS,
  ...IMAGE_ERRORS,
  ...WORKSPACE_ERRORS,
  ...SESSION_ERRORS,
  ...OPERATION_ERRORS,
  ...DAEMON_ERRORS,
  ...HOST_ERRORS,
  ...COMMON_ERRORS,
};

/** The `data` member of a JSON-RPC error; also what `--json` prints under `"error"` together with the message. */
export interface ErrorData<K extends ErrorKind = ErrorKind> {
  kind: K;
  details: ErrorDetails[K];
  /** one sentence: the cause as far as it is known */
  why?: string;
  /** one sentence: what the user can do */
  fix?: string;
  /** correlation id, found again in the daemon's log */
  ref?: string;
}

export function isErrorKind(kind: string): kind is ErrorKind {
  return Object.hasOwn(ERROR_CATEGORIES, kind);
}

export function exitCodeOf(kind: ErrorKind): number {
  return CATEGORY_CODES[ERROR_CATEGORIES[kind]].exitCode;
}

export function rpcCodeOf(kind: ErrorKind): number {
  return CATEGORY_CODES[ERROR_CATEGORIES[kind]].rpcCode;
}
