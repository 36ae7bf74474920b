import { Command } from 'nest-commander';
import { exitCodeOf } from '../../contract/errors.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { HostCheck } from './host-check.js';
import { renderDoctor } from './render-doctor.js';

@Command({ name: 'doctor', description: 'check whether this host can run VMs; exit status 6 when it cannot' })
export class DoctorCommand extends BangerCommand {
  constructor(
    invocation: Invocation,
    private readonly check: HostCheck,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  protected override async execute(): Promise<void> {
    const report = await this.check.report();
    const { outStyle } = this.presenter;
    this.presenter.result(report, () => {
      const verdict = report.healthy
        ? outStyle.green('this host can run VMs')
        : outStyle.red('this host cannot run VMs yet');
      return `${renderDoctor(report, outStyle)}\n${verdict} (${report.mode} mode)\n`;
    });
    if (!report.healthy) this.invocation.fail(exitCodeOf('HOST_UNSUPPORTED'));
  }
}
