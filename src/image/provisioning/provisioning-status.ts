/** Exit statuses of the provisioning script. Apart from those of shells and programs: 0 to 2, and 125 and more. */
export const PROVISIONING_STATUS = {
  /** it was not started as {@link provisioningScript} asks for */
  surroundings: 40,
  /** the tree is for another processor */
  architecture: 41,
  /** none of the package managers that are known */
  packageManager: 42,
  /** no package lists could be fetched */
  mirrors: 43,
  /** packages were not found, did not fit together, or could not be fetched */
  download: 44,
  /** packages were there and could not be installed */
  installation: 45,
  /** its packages are of a release that is too old */
  release: 46,
  /** installed, and something is missing all the same */
  incomplete: 47,
  /** a file of the tree could not be written */
  tree: 48,
} as const;

/** What begins each line of stdout; `name=value` follows. */
export const FACT_PREFIX = 'banger-provisioned: ';

/** What begins each line of stderr that is the script's own. */
export const COMPLAINT_PREFIX = 'banger-provisioning: ';

/** What the script installs by, first found first. */
export const PACKAGE_MANAGERS: readonly string[] = ['apt-get', 'apk', 'dnf', 'microdnf'];

/** Of systemd. 245 is that of Ubuntu 20.04; an older one has not all that the boot order is made with. */
export const OLDEST_SYSTEMD = 245;

/** Of OpenSSH, `major * 100 + minor`: 8.2 is the first whose sshd_config can include files. */
export const OLDEST_OPENSSH = 802;
