import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { DiskFullError } from '../../core/errors/index.js';
import { DEBIAN_PACKAGES, HostBinaryMissingError } from '../../core/process/index.js';
import { HostFacts } from '../../host/index.js';
import { BuildPreflightError } from '../image.errors.js';
import { BuildHost } from './build-host.js';
import { USER_UNPACKS_IN } from '../store/site-leftovers.js';

/** Packages, tree and image exist side by side at the peak: 1.3 GiB measured; the rest is for newer packages. */
const NEEDED_BYTES = 3 * 1024 ** 3;

const PROGRAMS = [
  'mmdebstrap',
  'mke2fs',
  'cpio',
  'lz4',
  'xz',
  'tar',
  'dpkg-deb',
  'apt-config',
  'depmod',
  'perl',
  'zstd',
];
const USER_PROGRAMS = ['unshare', 'newuidmap'];

/** Whatever would make a build fail half-way, found at once and named together. */
@Injectable()
export class BuildPreflight {
  constructor(
    private readonly config: Config,
    private readonly facts: HostFacts,
    private readonly host: BuildHost,
  ) {}

  /** @throws HostBinaryMissingError, BuildPreflightError when several are missing, DiskFullError */
  async check(): Promise<void> {
    const names = this.config.values.mode === 'user' ? [...PROGRAMS, ...USER_PROGRAMS] : PROGRAMS;
    const found = await Promise.all(names.map((name) => this.host.findProgram(name)));
    const missing = names.filter((_, index) => found[index] === undefined);
    const [first] = missing;
    if (first !== undefined && missing.length === 1) throw new HostBinaryMissingError(first);
    if (missing.length > 0) throw programsMissing(missing);
    const { imagesDirectory, values } = this.config;
    for (const place of values.mode === 'user' ? [imagesDirectory, USER_UNPACKS_IN] : [imagesDirectory])
      if ((await this.facts.freeBytes(place)) < NEEDED_BYTES) throw new DiskFullError(place);
  }
}

function programsMissing(missing: readonly string[]): BuildPreflightError {
  const packages = [...new Set(missing.map((name) => DEBIAN_PACKAGES[name] ?? name))];
  return new BuildPreflightError(
    missing.map((name) => ({
      check: 'programs',
      problem: `the program ${name} is not installed`,
      fix: `apt install ${DEBIAN_PACKAGES[name] ?? name}`,
    })),
    `apt install ${packages.join(' ')}, or run: banger quickstart`,
  );
}
