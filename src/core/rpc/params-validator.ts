import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import type { Class } from '../../contract/index.js';
import { inspectJson } from './json-guard.js';
import type { ParamIssue } from './json-guard.js';
import { ParamsInvalidError } from './rpc-errors.js';

export type ParamsValidator = (params: unknown) => object;

/** issues reported at most; a hostile request must not be answered with a larger one */
const MAX_ISSUES = 50;
const MAX_MESSAGE_LENGTH = 300;

/**
 * Makes the check of a method's params against their class. It returns an instance of the class with the members
 * that were given and no others; `null` counts as not given. Throws ParamsInvalidError with every issue.
 */
export function createParamsValidator(
  method: string,
  type: Class<unknown>,
  maxDepth: number,
): ParamsValidator {
  const isEmpty = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false).length === 0;
  return (params = {}) => {
    if (typeof params !== 'object' || params === null || Array.isArray(params)) {
      throw new ParamsInvalidError(method, [{ path: '', message: 'params must be an object' }]);
    }
    const problem = inspectJson(params, maxDepth);
    if (problem !== undefined) throw new ParamsInvalidError(method, [problem]);
    return isEmpty ? createEmpty(method, type, params) : validate(method, type, params);
  };
}

/** class-validator refuses an object whose class it knows nothing about, so a class without members goes its own way. */
function createEmpty(method: string, type: Class<unknown>, params: object): object {
  const names = Object.keys(params).slice(0, MAX_ISSUES);
  if (names.length > 0) throw new ParamsInvalidError(method, names.map(unexpected));
  return new type() as object;
}

function unexpected(name: string): ParamIssue {
  const path = name.slice(0, MAX_MESSAGE_LENGTH);
  return { path, message: `property ${path} should not exist` };
}

function validate(method: string, type: Class<unknown>, params: object): object {
  const instance = plainToInstance(type, params) as object;
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
  });
  if (errors.length > 0) throw new ParamsInvalidError(method, flatten(errors, ''));
  dropAbsent(instance);
  return instance;
}

function flatten(errors: readonly ValidationError[], prefix: string): ParamIssue[] {
  const issues = errors.flatMap((error) => {
    const path = `${prefix}${error.property}`;
    const own = Object.values(error.constraints ?? {}).map((text) => ({
      path,
      message: text.slice(0, MAX_MESSAGE_LENGTH),
    }));
    return [...own, ...flatten(error.children ?? [], `${path}.`)];
  });
  return issues.slice(0, MAX_ISSUES);
}

/**
 * Class fields exist with the value undefined even when nobody gave them; spread over defaults they would win.
 * With exactOptionalPropertyTypes the types promise that they are absent, and so they are.
 */
function dropAbsent(value: object): void {
  for (const [name, member] of Object.entries(value) as [keyof typeof value, unknown][]) {
    if (member === undefined || member === null) {
      if (!Array.isArray(value)) delete value[name];
    } else if (typeof member === 'object') dropAbsent(member);
  }
}
