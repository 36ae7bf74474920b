import { Injectable } from '@nestjs/common';
import { DEBIAN_PACKAGES } from '../../../core/process/index.js';
import { HostFacts } from '../../facts/host-facts.js';
import { DoctorCheck } from '../doctor-check.js';
import type { DoctorFinding } from '../doctor-check.js';
import { HostProbe } from '../host-probe.js';

/** Programs and what each is for; `image` ones are needed to build an image, the others to run any VM. */
const PROGRAMS: readonly { name: string; purpose: string; mode?: 'user' }[] = [
  { name: 'qemu-system-x86_64', purpose: 'runs the VMs' },
  { name: 'qemu-img', purpose: 'makes their disks' },
  { name: 'git', purpose: 'imports repositories' },
  { name: 'ssh', purpose: 'is what users connect with' },
  { name: 'mmdebstrap', purpose: 'builds the default image' },
  { name: 'mke2fs', purpose: 'turns the image into a file system' },
  { name: 'cpio', purpose: 'packs the initramfs' },
  { name: 'lz4', purpose: 'compresses the initramfs' },
  { name: 'xz', purpose: 'unpacks the kernel' },
  { name: 'depmod', purpose: 'lists the modules of kernels' },
  { name: 'busybox', purpose: 'is the program of the initramfs' },
  { name: 'newuidmap', purpose: 'lets the image be built without root', mode: 'user' },
];

@Injectable()
export class ProgramsCheck extends DoctorCheck {
  readonly id = 'programs';
  readonly title = 'programs';

  constructor(
    private readonly facts: HostFacts,
    private readonly probe: HostProbe,
  ) {
    super();
  }

  override async run(): Promise<DoctorFinding> {
    const needed = PROGRAMS.filter(({ mode }) => mode === undefined || mode === this.facts.mode);
    const found = await Promise.all(needed.map(({ name }) => this.probe.findProgram(name)));
    const missing = needed.filter((_, index) => found[index] === undefined);
    if (missing.length === 0) return { status: 'ok', detail: `all ${needed.length} are installed` };
    const packages = [...new Set(missing.map(({ name }) => DEBIAN_PACKAGES[name] ?? name))];
    return {
      status: 'fail',
      detail: `missing: ${missing.map(({ name, purpose }) => `${name} (${purpose})`).join(', ')}`,
      fix: `apt install ${packages.join(' ')}`,
      packages,
    };
  }
}
