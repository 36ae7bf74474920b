import { Injectable } from '@nestjs/common';
import { ProcessRunner } from '../../core/process/index.js';
import { guestFiles } from '../guest/guest-files.js';
import { guestScript } from '../guest/guest-script.js';
import { INITRAMFS_MODULES, initScript } from '../guest/initramfs.js';
import type { AptSource } from '../recipe/apt-sources.js';
import { GUEST_PACKAGES } from '../recipe/distributions.js';
import {
  BOOT_ARGUMENTS,
  DISK_SIZES,
  indexDigest,
  packagesDigest,
  recipeDigest,
  ROOT_DISK_BYTES,
} from '../recipe/recipe.js';
import { ImageFiles } from '../store/image-files.js';
import { HostPackages } from './host-packages.js';
import type { BuildPlan } from './build-plan.js';
import { MAKE_DISKS, UNPACK } from '../tree/tree-scripts.js';
import { CLEANUP_HOOK, KERNEL_HOOK, SETUP_HOOK } from './build-scripts.js';

const DOWNLOADER = '/usr/lib/apt/apt-helper';
const TIMEOUT_MS = 120_000;

export interface PlanRequest {
  readonly image: string;
  /** release to build; the host's own when left out */
  readonly suite?: string | undefined;
  /** empty directory for what is downloaded on the way */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** what the mirrors had for an earlier image; they are not asked again then */
  readonly knownReleases?: readonly string[] | undefined;
}

/** Finds out what an image built now would be made of. */
@Injectable()
export class BuildPlanner {
  constructor(
    private readonly packages: HostPackages,
    private readonly files: ImageFiles,
    private readonly processes: ProcessRunner,
  ) {}

  /** @throws HostUnsupportedError; ProcessFailedError when the mirrors cannot be reached */
  async plan(request: PlanRequest): Promise<BuildPlan> {
    const found = await this.packages.find(request.signal, request.suite);
    const { distribution, codename, sources } = found;
    const releases = request.knownReleases ?? (await this.#releases(sources, request));
    const packages = packagesDigest({
      distribution,
      codename,
      sources,
      packages: GUEST_PACKAGES,
      scripts: [SETUP_HOOK, KERNEL_HOOK, CLEANUP_HOOK],
      releases,
    });
    return {
      ...found,
      image: request.image,
      releases,
      packagesDigest: packages,
      recipeDigest: recipeOf(packages),
    };
  }

  /** What each mirror says it has. Downloaded by apt's own helper, so that proxy and access are as apt has them. */
  async #releases(sources: readonly AptSource[], { directory, signal }: PlanRequest): Promise<string[]> {
    const releases: string[] = [];
    for (const [index, { uri, suite }] of sources.entries()) {
      const path = `${directory}/release-${index}`;
      const url = `${uri.replace(/\/$/, '')}/dists/${suite}/InRelease`;
      // as root apt would download as user _apt, who may not write here
      const args = ['-o', 'APT::Sandbox::User=root', 'download-file', url, path];
      await this.processes.run({ file: DOWNLOADER, args, signal, timeoutMs: TIMEOUT_MS });
      releases.push(indexDigest((await this.files.read(path)).toString('latin1')));
      await this.files.remove(path);
    }
    return releases;
  }
}

function recipeOf(packages: string): string {
  return recipeDigest({
    packages,
    guestFiles: guestFiles(DISK_SIZES),
    initramfs: [initScript([]), guestScript(), UNPACK, MAKE_DISKS, ...INITRAMFS_MODULES],
    diskBytes: ROOT_DISK_BYTES,
    bootArguments: BOOT_ARGUMENTS,
  });
}
