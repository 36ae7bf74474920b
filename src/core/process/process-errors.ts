import { BangerError } from '../errors/index.js';

/** A program ran and failed. */
export class ProcessFailedError extends BangerError<'PROCESS_FAILED'> {
  /** @param stdout what it had written: some programs say by their status what they say more of there */
  constructor(
    facts: {
      file: string;
      args: readonly string[];
      exitCode: number | null;
      signal: string | null;
      stderrTail: string;
    },
    readonly stdout: Buffer = Buffer.alloc(0),
  ) {
    const how = facts.signal === null ? `exit status ${facts.exitCode}` : `signal ${facts.signal}`;
    const lastLine = facts.stderrTail.trim().split('\n').at(-1);
    super('PROCESS_FAILED', `${facts.file} failed with ${how}`, {
      details: { ...facts, args: [...facts.args] },
      why: lastLine === undefined || lastLine === '' ? undefined : lastLine,
    });
  }
}

/** A program wrote more than its caller can take; it was ended. */
export class OutputTooLargeError extends BangerError<'LIMIT_EXCEEDED'> {
  constructor(file: string, maxBytes: number) {
    super('LIMIT_EXCEEDED', `${file} wrote more than ${maxBytes} bytes of output`, {
      details: { limit: `output of ${file}`, max: maxBytes },
    });
  }
}

export class HostBinaryMissingError extends BangerError<'HOST_BINARY_MISSING'> {
  constructor(binary: string, packageName: string = DEBIAN_PACKAGES[binary] ?? binary) {
    super('HOST_BINARY_MISSING', `the program ${binary} is not installed`, {
      details: { binary, packageName },
      fix: `install it (apt install ${packageName}), or run: banger quickstart`,
    });
  }
}

/** Debian package of each program that banger runs. */
export const DEBIAN_PACKAGES: Readonly<Record<string, string>> = {
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  mmdebstrap: 'mmdebstrap',
  mke2fs: 'e2fsprogs',
  filefrag: 'e2fsprogs',
  debugfs: 'e2fsprogs',
  dumpe2fs: 'e2fsprogs',
  e2fsck: 'e2fsprogs',
  resize2fs: 'e2fsprogs',
  tune2fs: 'e2fsprogs',
  unsquashfs: 'squashfs-tools',
  depmod: 'kmod',
  gzip: 'gzip',
  cpio: 'cpio',
  lz4: 'lz4',
  xz: 'xz-utils',
  busybox: 'busybox-static',
  unshare: 'util-linux',
  newuidmap: 'uidmap',
  git: 'git',
  ssh: 'openssh-client',
  'dpkg-deb': 'dpkg',
  zstd: 'zstd',
  perl: 'perl-base',
};
