import { Injectable } from '@nestjs/common';
import type { DoctorReport } from '../../contract/system.dto.js';
import { BangerError } from '../../core/errors/index.js';
import { renderDoctor } from '../system/render-doctor.js';
import { HostCheck } from '../system/host-check.js';
import { Presenter } from '../render/presenter.js';
import { PackageInstaller, packagesMissing } from './package-installer.js';
import { QuickstartSteps, STEP_INDENT } from './quickstart-steps.js';

/** The first half of quickstart: a host that can run VMs. */
@Injectable()
export class QuickstartHost {
  constructor(
    private readonly hostCheck: HostCheck,
    private readonly installer: PackageInstaller,
    private readonly steps: QuickstartSteps,
    private readonly presenter: Presenter,
  ) {}

  async check(): Promise<DoctorReport> {
    const report = await this.hostCheck.report();
    const { errStyle, noteWidth } = this.presenter;
    this.presenter.note(renderDoctor(report, errStyle, { indent: STEP_INDENT, width: noteWidth }).trimEnd());
    return report;
  }

  /** Nothing to do for a healthy host. @throws BangerError PREFLIGHT_FAILED when packages are not all that is missing */
  async installMissing(report: DoctorReport, yes: boolean): Promise<void> {
    if (report.healthy) {
      this.steps.say('nothing is missing');
      return;
    }
    const missing = packagesMissing(report);
    if (missing.size > 0) await this.installer.install(missing, yes);
    const after = missing.size > 0 ? await this.hostCheck.report() : report;
    if (after.healthy) {
      this.steps.say('all checks pass now');
      return;
    }
    const failed = after.checks.filter((check) => check.status === 'fail');
    throw new BangerError('PREFLIGHT_FAILED', 'this host cannot run VMs yet', {
      details: {
        findings: failed.map((check) => ({
          check: check.id,
          problem: check.detail,
          ...(check.fix !== undefined && { fix: check.fix }),
        })),
      },
      why: failed.map((check) => `${check.title}: ${check.detail}`).join('; '),
      fix: failed.flatMap((check) => check.fix ?? []).join('; ') || 'see banger doctor',
    });
  }
}
