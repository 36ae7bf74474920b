import { Injectable } from '@nestjs/common';
import type { ImageWarmParams, OperationView } from '../../contract/index.js';
import { Config } from '../../core/config/index.js';
import { HostFacts, resourceProblems } from '../../host/index.js';
import { ImageService } from '../../image/index.js';
import { VmDisks } from '../vm-disks.js';
import { PreflightFindings } from '../lifecycle/preflight-findings.js';
import { TemplateShapes } from './template-shapes.js';
import { TemplatesUnavailableError } from './template.errors.js';
import { Templates } from './templates.js';

const MIB = 1024 * 1024;

/** Templates that a user asks for: the VMs that would be made with the same words begin as them. */
@Injectable()
export class TemplateWarming {
  constructor(
    private readonly config: Config,
    private readonly host: HostFacts,
    private readonly images: ImageService,
    private readonly disks: VmDisks,
    private readonly shapes: TemplateShapes,
    private readonly templates: Templates,
  ) {}

  /** @throws TemplatesUnavailableError, VmResourcesInvalidError, PreflightFailedError, DiskFullError */
  async begin(params: ImageWarmParams): Promise<OperationView> {
    const { templates, vmDefaults } = this.config.values;
    if (templates.make === 'off')
      throw new TemplatesUnavailableError(
        'the configuration has templates.make = "off"',
        'set it to "auto" or "manual" in the configuration file, and restart the daemon',
      );
    const image = await this.images.require(params.image, {
      workDisk: params.workDiskMib !== undefined,
    });
    const imageMib = Math.ceil(image.diskBytes / MIB);
    const vm = {
      imageId: image.id,
      cpus: params.cpus ?? vmDefaults.cpus,
      memoryMib: params.memoryMib ?? vmDefaults.memoryMib,
      diskMib: params.diskMib ?? imageMib,
      workDiskMib: params.workDiskMib,
      diskBackend: (await this.disks.choose()).kind,
    };
    const findings = new PreflightFindings();
    const host = {
      cpus: this.host.cpus(),
      memoryTotalMib: this.host.memory().totalMib,
      imageBytes: image.diskBytes,
    };
    for (const problem of resourceProblems(vm, host)) findings.add(problem.details.resource, problem);
    await findings.collect('work-disk', () => this.disks.checkImage(image, vm.workDiskMib));
    findings.check();
    const shape = await this.shapes.of(vm);
    if (shape === undefined)
      throw new TemplatesUnavailableError(
        'the hypervisor does not work here, or cannot save machines',
        'see what is missing: banger doctor',
      );
    return (await this.templates.warm(shape, image, params.force ?? false)).view;
  }
}
