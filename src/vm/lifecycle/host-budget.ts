import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { HostFacts, resourceProblems } from '../../host/index.js';
import type { ResourceRequest } from '../../host/index.js';
import { HostMemoryExhaustedError } from '../vm.errors.js';
import { VmRepository } from '../vm.repository.js';
import type { PreflightFindings } from './preflight-findings.js';

/** States in which a VM has, or is about to have, memory of the host's. */
const AWAKE: readonly string[] = ['creating', 'starting', 'running', 'stopping'];

/** What the host can give a VM, and all of them together: they seldom use all that they have. */
@Injectable()
export class HostBudget {
  constructor(
    private readonly config: Config,
    private readonly host: HostFacts,
    private readonly vms: VmRepository,
  ) {}

  /** @param request.id of a VM that may be among those that there are */
  async check(
    request: ResourceRequest & { readonly id: string; readonly imageBytes: number },
    findings: PreflightFindings,
  ): Promise<void> {
    const problems = resourceProblems(request, {
      cpus: this.host.cpus(),
      memoryTotalMib: this.host.memory().totalMib,
      imageBytes: request.imageBytes,
    });
    for (const problem of problems) findings.add(problem.details.resource, problem);
    // What no host could give is told once.
    if (!problems.some(({ details }) => details.resource === 'memory'))
      await findings.collect('memory', () => this.checkMemory(request.memoryMib, request.id));
  }

  /**
   * @param wantedMib of what is to be started, together
   * @param except id of a VM that counts with what is wanted
   * @throws HostMemoryExhaustedError
   */
  async checkMemory(wantedMib: number, except?: string): Promise<void> {
    const vms = (await this.vms.list()).filter(({ id, state }) => AWAKE.includes(state) && id !== except);
    const takenMib = vms.reduce((sum, { memoryMib }) => sum + memoryMib, 0);
    const limitMib = Math.floor((this.host.memory().totalMib * this.config.values.memoryPercent) / 100);
    if (takenMib + wantedMib > limitMib)
      throw new HostMemoryExhaustedError({ limitMib, takenMib, requestedMib: wantedMib });
  }
}
