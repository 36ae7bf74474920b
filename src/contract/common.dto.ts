import { IsObject, IsString, registerDecorator } from 'class-validator';
import type { ErrorData } from './errors.js';

/** Parameters of a method that takes none; send `{}` or nothing. */
export class NoParams {}

/** A failure that is kept with what it happened to. */
export class FailureView {
  @IsString() message!: string;
  @IsObject() data!: ErrorData;
}

/** An object of strings, as environment variables are: names `[A-Za-z_][A-Za-z0-9_]*`, values without NUL. */
export function IsEnvironment(): PropertyDecorator {
  return described('isEnvironment', describeEnvironmentProblem);
}

export const MAX_LABELS = 64;

/** An object of up to 64 strings: names of 1 to 63 of `A-Za-z0-9._/-`, values of up to 255 printable characters. */
export function IsLabels(): PropertyDecorator {
  return described('isLabels', describeLabelsProblem);
}

/** A validator that says what is wrong. @param problem undefined when the value is valid */
function described(name: string, problem: (value: unknown) => string | undefined): PropertyDecorator {
  return (target, propertyKey) => {
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(propertyKey),
      validator: {
        validate: (value: unknown) => problem(value) === undefined,
        defaultMessage: (args) => `${args?.property} ${problem(args?.value) ?? 'is invalid'}`,
      },
    });
  };
}

function describeLabelsProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'must be an object of strings';
  const labels = Object.entries(value);
  if (labels.length > MAX_LABELS) return `must have at most ${MAX_LABELS} labels`;
  for (const [name, text] of labels) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/.test(name))
      return `has the invalid label name ${JSON.stringify(name)}: 1 to 63 of A-Z, a-z, 0-9, ".", "_", "/" and "-" are allowed`;
    if (typeof text !== 'string' || !/^[^\p{C}]{0,255}$/u.test(text))
      return `must have up to 255 printable characters as the value of ${name}`;
  }
  return undefined;
}

function describeEnvironmentProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'must be an object of strings';
  for (const [name, text] of Object.entries(value)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      return `has the invalid variable name ${JSON.stringify(name)}`;
    if (typeof text !== 'string') return `must have a string as the value of ${name}`;
    if (text.includes('\0')) return `has a NUL byte in the value of ${name}`;
  }
  return undefined;
}
