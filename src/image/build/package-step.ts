import { basename } from 'node:path';
import { Injectable } from '@nestjs/common';
import { childEnvironment, Config } from '../../core/config/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import type { StepContext } from '../../core/operations/index.js';
import { HostFacts } from '../../host/index.js';
import { formatAptSources } from '../recipe/apt-sources.js';
import { GUEST_PACKAGES } from '../recipe/distributions.js';
import { ImageFiles } from '../store/image-files.js';
import { SiteLeftovers } from '../store/site-leftovers.js';
import { packagesArchive } from './build-plan.js';
import type { BuildPlan, BuildSite } from './build-plan.js';
import { CLEANUP_HOOK, KERNEL_HOOK, SETUP_HOOK } from './build-scripts.js';
import { RoomWatch } from './room-watch.js';

const TIMEOUT_MS = 60 * 60_000;
const KEPT_MODE = 0o644;

/**
 * As root mmdebstrap mounts /proc, /sys and more below the site. In namespaces of its own these mounts, and every
 * process, go the moment the daemon does, however it ends; else the next daemon's removal of the site would walk into them.
 */
const CONFINED = ['KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Not in the image: it is looked at over a shoulder, and every MiB is one that is read at each first boot. */
const LEFT_OUT = [
  '/usr/share/doc/*',
  '/usr/share/man/*',
  '/usr/share/info/*',
  '/usr/share/locale/*',
  '/usr/share/lintian/*',
];

/** The distribution's packages as one archive, kept for the next build that wants the very same. */
@Injectable()
export class PackageStep {
  constructor(
    private readonly config: Config,
    private readonly facts: HostFacts,
    private readonly processes: ProcessRunner,
    private readonly files: ImageFiles,
    private readonly leftovers: SiteLeftovers,
  ) {}

  /** Path of the archive below the site. `fresh`: as if none had been kept. */
  async run(plan: BuildPlan, site: BuildSite, step: StepContext, fresh: boolean): Promise<string> {
    const archive = packagesArchive(site.directory);
    const kept = this.#keptPath(plan);
    if (!fresh && (await this.files.exists(kept))) {
      step.detail('the same packages are here from an earlier build');
      await this.files.link(kept, archive);
      return archive;
    }
    await this.#build(plan, archive, site, step);
    await this.leftovers.clear(site.directory);
    await this.#keep(archive, kept, plan.image);
    return archive;
  }

  async #build(plan: BuildPlan, archive: string, site: BuildSite, step: StepContext): Promise<void> {
    const root = this.config.values.mode === 'root';
    const temporary = await this.leftovers.makeTemporaryDirectory(site.directory);
    const room = new RoomWatch(this.facts, [temporary, site.directory]);
    const request = {
      file: 'setpriv',
      args: [
        '--pdeathsig',
        ...(root ? CONFINED : ['TERM']),
        'mmdebstrap',
        ...commandLine(plan, archive, root),
      ],
      stdin: formatAptSources(plan.sources),
      env: {
        ...childEnvironment(),
        BANGER_APT_OPTIONS: plan.aptOptions,
        BANGER_KERNEL_PACKAGE: plan.distribution.kernelPackage,
        BANGER_KERNEL_COMPANIONS: plan.distribution.kernelCompanions.join(' '),
        DEBIAN_FRONTEND: 'noninteractive',
        TMPDIR: temporary,
      },
      cwd: '/',
      timeoutMs: TIMEOUT_MS,
      onLine: (line: string) => {
        room.heard(line);
        site.output(line);
        const detail = detailOf(line);
        if (detail !== undefined) step.detail(detail);
      },
    };
    await room.over(site.signal, (signal) => this.processes.run({ ...request, signal }));
  }

  /** One archive per image name, the newest: an older one would hardly ever serve again. */
  async #keep(archive: string, kept: string, image: string): Promise<void> {
    const directory = this.#cacheDirectory;
    await this.files.link(archive, `${kept}.new`);
    // Written out first: one that a power cut leaves short would be taken for whole by every later build.
    await this.files.seal(directory, [basename(`${kept}.new`)], KEPT_MODE);
    await this.files.replace(`${kept}.new`, kept);
    const mine = new RegExp(`^${image.replaceAll('.', '\\.')}-[0-9a-f]{64}\\.tar(\\.new)?$`);
    for (const name of await this.files.list(directory)) {
      if (mine.test(name) && `${directory}/${name}` !== kept) await this.files.remove(`${directory}/${name}`);
    }
  }

  get #cacheDirectory(): string {
    return `${this.config.values.stateDirectory}/cache/images`;
  }

  #keptPath({ image, packagesDigest }: BuildPlan): string {
    return `${this.#cacheDirectory}/${image}-${packagesDigest}.tar`;
  }
}

function commandLine(plan: BuildPlan, archive: string, root: boolean): string[] {
  return [
    '--verbose',
    '--variant=minbase',
    `--mode=${root ? 'root' : 'unshare'}`,
    '--format=tar',
    `--components=${plan.distribution.components.join(',')}`,
    `--include=${GUEST_PACKAGES.join(',')}`,
    '--aptopt=APT::Install-Recommends "false"',
    ...LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`),
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
    '--dpkgopt=path-include=/usr/share/locale/locale.alias',
    `--setup-hook=${SETUP_HOOK}`,
    `--customize-hook=${KERNEL_HOOK}`,
    `--customize-hook=${CLEANUP_HOOK}`,
    plan.codename,
    archive,
    // sources come on stdin
    '-',
  ];
}

/** `Unpacking git (1:2.39.5-0+deb12u3) ...` → `unpacking git` */
export function detailOf(line: string): string | undefined {
  const unpacked = /^(Unpacking|Setting up) ([^ :]+)/.exec(line);
  if (unpacked?.[1] !== undefined) return `${unpacked[1].toLowerCase()} ${unpacked[2]}`;
  const download = /^Get:\d+ \S+ \S+ \S+ (\S+) \S+ \S+ \[/.exec(line);
  if (download?.[1] !== undefined) return `downloading ${download[1]}`;
  return /^I: (.+?)(\.\.\.)?$/.exec(line)?.[1];
}
