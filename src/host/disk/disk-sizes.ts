import { VmResourcesInvalidError } from '../host.errors.js';

const MIB = 1024 * 1024;

export function tooSmall(requestedBytes: number, baseBytes: number): VmResourcesInvalidError {
  const min = Math.ceil(baseBytes / MIB);
  return sizeProblem(
    requestedBytes,
    min,
    `the image's own disk has ${min} MiB, and a disk cannot be made smaller than that`,
  );
}

export function shrinking(requestedBytes: number, currentBytes: number): VmResourcesInvalidError {
  const min = Math.ceil(currentBytes / MIB);
  return sizeProblem(
    requestedBytes,
    min,
    `the disk has ${min} MiB already, and what is in it would be cut off: a disk only grows`,
  );
}

function sizeProblem(requestedBytes: number, min: number, why: string): VmResourcesInvalidError {
  return new VmResourcesInvalidError({
    resource: 'disk',
    requested: Math.floor(requestedBytes / MIB),
    min,
    max: Number.MAX_SAFE_INTEGER,
    why,
    fix: `ask for at least ${min} MiB`,
  });
}
