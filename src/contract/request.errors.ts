import type { ErrorCategory } from './error-category.js';
import type { FileIssue } from './file-issue.js';

/** Of requests, and of the settings and options that they are made of. */
export interface RequestErrorDetails {
  REQUEST_MALFORMED: { reason: string };
  METHOD_NOT_FOUND: { method: string };
  PARAMS_INVALID: { issues: { path: string; message: string }[] };
  CONFIG_INVALID: { file: string; issues: FileIssue[] };
  USAGE_INVALID: { reason: string };
  LIMIT_EXCEEDED: { limit: string; max: number };
  CHANNEL_TOKEN_INVALID: Record<string, never>;
}

export const REQUEST_ERRORS: Readonly<Record<keyof RequestErrorDetails, ErrorCategory>> = {
  REQUEST_MALFORMED: 'invalid',
  METHOD_NOT_FOUND: 'invalid',
  PARAMS_INVALID: 'invalid',
  CONFIG_INVALID: 'invalid',
  USAGE_INVALID: 'invalid',
  LIMIT_EXCEEDED: 'exhausted',
  CHANNEL_TOKEN_INVALID: 'permission',
};
