import { isDriverAdapterError } from '@prisma/driver-adapter-utils';
import { Prisma } from './generated/client.js';

/** Another row has the same unique value. With `field`: it is this column that was taken. */
export function isUniqueViolation(error: unknown, field?: string): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError) || error.code !== 'P2002') return false;
  if (field === undefined) return true;
  const driverError: unknown = error.meta?.['driverAdapterError'];
  if (!isDriverAdapterError(driverError) || driverError.cause.kind !== 'UniqueConstraintViolation')
    return false;
  const { constraint } = driverError.cause;
  return constraint !== undefined && 'fields' in constraint && constraint.fields.includes(field);
}

/** The row that it refers to is not there, or no more. */
export function isMissingReference(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2003';
}
