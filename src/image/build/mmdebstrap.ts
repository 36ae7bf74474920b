import { Injectable } from '@nestjs/common';
import { childEnvironment, Config } from '../../core/config/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import type { StepContext } from '../../core/operations/index.js';
import { HostFacts } from '../../host/index.js';
import { formatAptSources } from '../recipe/apt-sources.js';
import { SiteLeftovers } from '../store/site-leftovers.js';
import type { BuildPlan, BuildSite } from './build-plan.js';
import { CLEANUP_HOOK, KERNEL_HOOK, SETUP_HOOK } from './build-scripts.js';
import { RoomWatch } from './room-watch.js';

const TIMEOUT_MS = 60 * 60_000;

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

export interface MmdebstrapRequest {
  /** path of the tar archive that it writes */
  readonly archive: string;
  /** beside the distribution's essential ones; with none there is nothing but the kernel, and busybox for its initramfs */
  readonly packages: readonly string[];
}

/** The distribution's packages, and its kernel, as one archive. */
@Injectable()
export class Mmdebstrap {
  constructor(
    private readonly config: Config,
    private readonly facts: HostFacts,
    private readonly processes: ProcessRunner,
    private readonly leftovers: SiteLeftovers,
  ) {}

  async run(plan: BuildPlan, wanted: MmdebstrapRequest, site: BuildSite, step: StepContext): Promise<void> {
    const root = this.config.values.mode === 'root';
    const temporary = await this.leftovers.makeTemporaryDirectory(site.directory);
    const room = new RoomWatch(this.facts, [temporary, site.directory]);
    const request = {
      file: 'setpriv',
      args: [
        '--pdeathsig',
        ...(root ? CONFINED : ['TERM']),
        'mmdebstrap',
        ...commandLine(plan, wanted, root),
      ],
      stdin: formatAptSources(plan.sources),
      env: {
        ...childEnvironment(),
        BANGER_APT_OPTIONS: plan.aptOptions,
        BANGER_KERNEL_PACKAGE: plan.distribution.kernelPackage,
        BANGER_KERNEL_COMPANIONS: plan.distribution.kernelCompanions.join(' '),
        ...(wanted.packages.length === 0 && { BANGER_KERNEL_ALONE: 'busybox-static' }),
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
    await this.leftovers.clear(site.directory);
  }
}

function commandLine(plan: BuildPlan, { archive, packages }: MmdebstrapRequest, root: boolean): string[] {
  const alone = packages.length === 0;
  return [
    '--verbose',
    `--variant=${alone ? 'custom' : 'minbase'}`,
    `--mode=${root ? 'root' : 'unshare'}`,
    '--format=tar',
    `--components=${plan.distribution.components.join(',')}`,
    ...(alone ? [] : [`--include=${packages.join(',')}`]),
    '--aptopt=APT::Install-Recommends "false"',
    ...LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`),
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
    '--dpkgopt=path-include=/usr/share/locale/locale.alias',
    `--setup-hook=${SETUP_HOOK}`,
    `--customize-hook=${KERNEL_HOOK}`,
    ...(alone ? [] : [`--customize-hook=${CLEANUP_HOOK}`]),
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
