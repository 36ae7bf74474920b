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
  return (target, propertyKey) => {
    registerDecorator({
      name: 'isEnvironment',
      target: target.constructor,
      propertyName: String(propertyKey),
      validator: {
        validate: (value: unknown) => describeEnvironmentProblem(value) === undefined,
        defaultMessage: (args) =>
          `${args?.property} ${describeEnvironmentProblem(args?.value) ?? 'is invalid'}`,
      },
    });
  };
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
