import { BangerError, DiskFullError, isKind, saysDiskFull } from '../core/errors/index.js';

export class ImageNotFoundError extends BangerError<'IMAGE_NOT_FOUND'> {
  constructor(image: string, available: string[]) {
    super('IMAGE_NOT_FOUND', `there is no image "${image}"`, {
      details: { image, available },
      why: available.length === 0 ? 'no image has been built yet' : `there are: ${available.join(', ')}`,
      fix:
        available.length === 0
          ? 'build one: banger image build'
          : `name one of these, or build it: banger image build ${image}`,
    });
  }
}

export class ImageInUseError extends BangerError<'IMAGE_IN_USE'> {
  constructor(image: string, vms: string[]) {
    super('IMAGE_IN_USE', `the image "${image}" is in use`, {
      details: { image, vms },
      why: `the disks of ${vms.length === 1 ? 'this VM stand' : 'these VMs stand'} on it: ${vms.join(', ')}`,
      fix: `delete the VM${vms.length === 1 ? '' : 's'} first: banger vm delete ${vms.join(' ')}`,
    });
  }
}

export class ImageExistsError extends BangerError<'IMAGE_EXISTS'> {
  constructor(image: string) {
    super('IMAGE_EXISTS', `there is an image "${image}" already`, {
      details: { image },
      why: 'it would lose its name',
      fix: `give the new one another name, or --force for VMs to start from the new one; those that stand on "${image}" keep it`,
    });
  }
}

export class ImageBusyError extends BangerError<'IMAGE_BUSY'> {
  constructor(image: string, operation: string) {
    super('IMAGE_BUSY', `the image "${image}" is being worked on`, {
      details: { image, operation },
      why: `it is held by: ${operation}`,
      fix: 'wait until that is through (banger operation list shows it), then try again',
    });
  }
}

export class ImageDamagedError extends BangerError<'IMAGE_DAMAGED'> {
  constructor(image: string, reason: string) {
    super('IMAGE_DAMAGED', `the image "${image}" is damaged`, {
      details: { image, reason },
      why: reason,
      // an image that a newer one has replaced is called after it: `debian@1a2b3c`
      fix: `build it again: banger image build ${image.replace(/@.*$/, '')} --force`,
    });
  }
}

export class ImageBuildFailedError extends BangerError<'IMAGE_BUILD_FAILED'> {
  constructor(facts: {
    image: string;
    step: string;
    stderrTail: string;
    why: string;
    fix: string;
    cause?: unknown;
  }) {
    super('IMAGE_BUILD_FAILED', `the image "${facts.image}" could not be built (${facts.step})`, {
      details: { image: facts.image, step: facts.step, stderrTail: facts.stderrTail },
      why: facts.why,
      fix: facts.fix,
      cause: facts.cause,
    });
  }
}

export class BuildPreflightError extends BangerError<'PREFLIGHT_FAILED'> {
  constructor(findings: { check: string; problem: string; fix: string }[], fix: string) {
    super('PREFLIGHT_FAILED', 'this host is not ready to build an image', {
      details: { findings },
      why: findings.map(({ problem }) => problem).join('; '),
      fix,
    });
  }
}

export class HostUnsupportedError extends BangerError<'HOST_UNSUPPORTED'> {
  constructor(reason: string, fix: string) {
    super('HOST_UNSUPPORTED', 'no image can be built on this host', {
      details: { reason },
      why: reason,
      fix,
    });
  }
}

const NETWORK =
  /Could not resolve|Temporary failure|Unable to connect|Could not connect|Connection (timed out|refused|failed)|Network is unreachable/i;

/** What mke2fs says of a tree that has more than the disk that it is to fill. */
const DISK_TOO_SMALL = /mke2fs: Could not allocate/;

/** What apt says before it tries to write. */
const APT_NO_ROOM = /You don't have enough free space in/i;

/** Of what a program of a build has printed. */
export function saysNoRoom(output: string): boolean {
  return saysDiskFull(output) || APT_NO_ROOM.test(output);
}

/** What a failed program of a build means to the user. Other errors pass through as they are. */
export function explainBuildFailure(
  error: unknown,
  facts: { image: string; step: string; directory: string; again?: string | undefined },
): unknown {
  if (!isKind(error, 'PROCESS_FAILED')) return error;
  const { stderrTail } = error.details;
  if (saysNoRoom(stderrTail)) return new DiskFullError(facts.directory, error);
  const reason = reasonOf(stderrTail) ?? error.message;
  const fix = fixOf(stderrTail, facts);
  return new ImageBuildFailedError({ ...facts, stderrTail, why: reason, fix, cause: error });
}

function fixOf(stderrTail: string, { image, again }: { image: string; again?: string | undefined }): string {
  if (DISK_TOO_SMALL.test(stderrTail)) return 'give the image a larger disk, in its recipe: disk = "16g"';
  if (NETWORK.test(stderrTail))
    return 'check that this host reaches its package mirrors (apt-get update shows it), then build again';
  if (again !== undefined) return `once the cause is gone, do it again: ${again}`;
  return `the whole output is shown with: banger image build ${image} --verbose; once the cause is gone, build again, with --force should it go on`;
}

/** The first complaint is the cause; what follows it is mostly clean-up. */
function reasonOf(stderrTail: string): string | undefined {
  const lines = stderrTail.split('\n').map((line) => line.trim());
  return (
    lines.find((line) => /^(E:|W: Failed|mke2fs:|tar:|cpio:)/.test(line)) ??
    lines.findLast((line) => line !== '')
  );
}
