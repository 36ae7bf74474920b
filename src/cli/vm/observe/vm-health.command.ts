import { SubCommand } from 'nest-commander';
import { exitCodeOf } from '../../../contract/errors.js';
import type { VmHealthCheck, VmHealthView } from '../../../contract/vm-observation.dto.js';
import { DaemonConnector } from '../../client/daemon-connector.js';
import { EachCommand } from '../../command/each-command.js';
import { Invocation } from '../../invocation.js';
import type { FollowedClient } from '../../operation/operation-follower.js';
import { ReportedFailures } from '../../render/failure-report.js';
import { Presenter } from '../../render/presenter.js';
import type { Style } from '../../render/style.js';
import { columnsOf, escapeControls, pad } from '../../render/text.js';

@SubCommand({
  name: 'health',
  arguments: '<vm...>',
  description: 'whether VMs work, and what hangs, within seconds; exit status 8 when one does not',
})
export class VmHealthCommand extends EachCommand<VmHealthView> {
  constructor(
    invocation: Invocation,
    connector: DaemonConnector,
    presenter: Presenter,
    failures: ReportedFailures,
  ) {
    super(invocation, connector, presenter, failures);
  }

  protected override async perform(client: FollowedClient, vm: string): Promise<VmHealthView> {
    const view = await client.call('vm.health', { vm });
    if (!view.healthy) this.invocation.fail(exitCodeOf('VM_GUEST_UNREACHABLE'));
    return view;
  }

  protected override render(view: VmHealthView): string {
    return renderHealth(view, this.presenter.outStyle);
  }
}

/** The verdict, a line for each check, and a line with the remedy under those that need one. */
export function renderHealth({ name, healthy, checks }: VmHealthView, style: Style): string {
  const width = Math.max(0, ...checks.map((check) => columnsOf(check.title)));
  const verdict = healthy ? style.green('healthy') : style.red('not healthy');
  const lines = checks.map((check) => renderCheck(check, width, style));
  return `${style.bold(escapeControls(name))}: ${verdict}\n${lines.join('')}`;
}

function renderCheck(check: VmHealthCheck, width: number, style: Style): string {
  const marks = { ok: style.green('✔'), warn: style.yellow('!'), fail: style.red('✖') };
  const latency = check.latencyMs === undefined ? '' : `${formatLatency(check.latencyMs)} ms`;
  const title = pad(escapeControls(check.title), width);
  const line = `  ${marks[check.status]} ${title}  ${style.dim(latency.padStart(9))}  ${escapeControls(check.detail)}\n`;
  if (check.fix === undefined || check.status === 'ok') return line;
  return `${line}    ${' '.repeat(width + 13)}${style.bold('fix:')} ${escapeControls(check.fix)}\n`;
}

export function formatLatency(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
}
