import { Command, Option } from 'nest-commander';
import type { DoctorReport } from '../../contract/system.dto.js';
import { exitCodeOf } from '../../contract/errors.js';
import { BangerCommand } from '../command/banger-command.js';
import type { ThingDone } from '../client/daemon-process.js';
import { Invocation } from '../invocation.js';
import { Presenter } from '../render/presenter.js';
import { escapeControls } from '../render/text.js';
import { HostCheck } from './host-check.js';
import { HostRepair } from './host-repair.js';
import { renderDoctor } from './render-doctor.js';

interface DoctorOptions {
  fix?: boolean;
}

@Command({
  name: 'doctor',
  description:
    'check this host and all that is banger’s own on it; exit status 6 when something is not in order',
})
export class DoctorCommand extends BangerCommand<DoctorOptions> {
  constructor(
    invocation: Invocation,
    private readonly check: HostCheck,
    private readonly repair: HostRepair,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({ flags: '--fix', description: 'put right what is banger’s own, and say what was done' })
  parseFix(): boolean {
    return true;
  }

  protected override async execute(_: string[], { fix = false }: DoctorOptions): Promise<void> {
    const fixed = fix ? await this.repair.run() : undefined;
    const report = await this.check.report();
    this.presenter.result(fixed === undefined ? report : { fixed, report }, () => this.render(report, fixed));
    if (!report.healthy) this.invocation.fail(exitCodeOf('HOST_UNSUPPORTED'));
  }

  private render(report: DoctorReport, fixed: readonly ThingDone[] | undefined): string {
    const { outStyle, tableWidth } = this.presenter;
    const checks = renderDoctor(report, outStyle, { width: tableWidth });
    return `${this.renderFixed(fixed)}${checks}\n${this.verdict(report)} (${report.mode} mode)\n`;
  }

  private renderFixed(fixed: readonly ThingDone[] | undefined): string {
    if (fixed === undefined) return '';
    if (fixed.length === 0) return 'there was nothing to put right\n\n';
    const { outStyle } = this.presenter;
    const lines = fixed.flatMap(({ what, done }) => [
      `  ${outStyle.green('✔')} ${escapeControls(what)}`,
      `    ${outStyle.bold('done:')} ${escapeControls(done)}`,
    ]);
    return `${outStyle.bold('put right:')}\n${lines.map((line) => `${line}\n`).join('')}\n`;
  }

  private verdict(report: DoctorReport): string {
    const { outStyle } = this.presenter;
    if (report.healthy) return outStyle.green('this host can run VMs');
    const failed = report.checks.filter(({ status }) => status === 'fail');
    const repairable = failed.some(({ problems }) => problems?.some((problem) => problem.repairable));
    if (repairable) return outStyle.red('banger’s books and this host do not agree: banger doctor --fix');
    const hostFails = failed.some(({ problems }) => problems === undefined);
    return outStyle.red(hostFails ? 'this host cannot run VMs yet' : 'not everything is in order');
  }
}
