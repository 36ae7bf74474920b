/** What differs between distributions that a default image can be made of. */
export interface Distribution {
  /** ID of os-release */
  readonly id: string;
  /** package that depends on the current kernel for virtual machines */
  readonly kernelPackage: string;
  /** packages that have to come along with `linux-image-RELEASE` for its modules; RELEASE is put in for `*` */
  readonly kernelCompanions: readonly string[];
  /** components of the archive that the image's packages are in */
  readonly components: readonly string[];
  /** file name of the archive's keyring as its package installs it */
  readonly keyring: RegExp;
  /** path of the archive on a mirror: tells it from third parties that use the same suite names */
  readonly archivePath: RegExp;
}

export const DISTRIBUTIONS: Readonly<Record<string, Distribution>> = {
  debian: {
    id: 'debian',
    kernelPackage: 'linux-image-cloud-amd64',
    kernelCompanions: [],
    components: ['main'],
    keyring: /^debian-archive-/,
    archivePath: /\/debian(-security)?\/?$/,
  },
  // Never built so far, from Ubuntu's documentation: its kernel is packed with zstd and its modules may be, too.
  ubuntu: {
    id: 'ubuntu',
    kernelPackage: 'linux-image-virtual',
    kernelCompanions: ['linux-modules-*'],
    components: ['main', 'universe'],
    keyring: /^ubuntu-archive-/,
    archivePath: /\/ubuntu(-ports)?\/?$/,
  },
};

/** What the guest has beside the distribution's essential packages. Without recommendations. */
export const GUEST_PACKAGES: readonly string[] = [
  'bash-completion',
  'busybox-static',
  'ca-certificates',
  'curl',
  'dbus',
  'e2fsprogs',
  'git',
  'iproute2',
  'iputils-ping',
  'kmod',
  'less',
  'libpam-systemd',
  'netbase',
  'openssh-client',
  'openssh-server',
  'procps',
  'qemu-guest-agent',
  'sudo',
  'systemd',
  'systemd-sysv',
  'udev',
  'vim-tiny',
  'xz-utils',
  'zstd',
];
