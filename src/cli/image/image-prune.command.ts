import { Option, SubCommand } from 'nest-commander';
import type { ImagePrunableView } from '../../contract/image-prune.dto.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { Presenter } from '../render/presenter.js';
import { renderTable } from '../render/table.js';
import type { Column } from '../render/table.js';
import { counted, escapeControls, formatBytes } from '../render/text.js';
import { UsageError } from '../usage-error.js';

interface ImagePruneOptions {
  all?: boolean;
  dryRun?: boolean;
  force?: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'KIND' },
  { title: 'NAME', shrinkTo: 10 },
  { title: 'FREES', align: 'right' },
  { title: 'WHY', shrinkTo: 10 },
];

@SubCommand({
  name: 'prune',
  description: 'delete what is kept for images to come, after showing it; with --all, images that no VM uses',
})
export class ImagePruneCommand extends BangerCommand<ImagePruneOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
    private readonly terminal: Terminal,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    super.setCommand(command);
    command.addHelpText('after', PRUNE_HELP);
    return this;
  }

  @Option({ flags: '-a, --all', description: 'images too that no VM uses, and kernels that no image has' })
  parseAll(): boolean {
    return true;
  }

  @Option({ flags: '--dry-run', description: 'only show what would be deleted' })
  parseDryRun(): boolean {
    return true;
  }

  @Option({ flags: '-f, --force', description: 'delete without asking' })
  parseForce(): boolean {
    return true;
  }

  protected override async execute(_args: string[], options: ImagePruneOptions): Promise<void> {
    const asks = options.dryRun !== true && options.force !== true;
    if (asks && (this.presenter.json || !this.terminal.stdinIsTty || !this.terminal.stderrIsTty))
      throw new UsageError(
        'things would be deleted, and there is no terminal to ask on',
        'pass --force to delete them, or --dry-run to see which',
      );
    const { all = false } = options;
    const found = await this.connector.with((client) => client.call('image.prunable', { all }));
    if (found.length === 0 && !this.presenter.json) this.presenter.note('there is nothing to delete');
    if (options.dryRun === true)
      return this.presenter.result(found, () => (found.length === 0 ? '' : render(found)));
    if (found.length > 0 && asks && !(await this.isConfirmed(found))) {
      this.presenter.note('nothing was deleted');
      return;
    }
    await this.prune(found);
  }

  private async isConfirmed(found: readonly ImagePrunableView[]): Promise<boolean> {
    this.terminal.err(render(found));
    const answer = await this.terminal.readLine(`Delete ${amountOf(found)} for good? [y/N] `);
    return /^y(es)?$/i.test(answer?.trim() ?? '');
  }

  /** Those that were shown, and nothing that has come since. */
  private async prune(found: readonly ImagePrunableView[]): Promise<void> {
    const things = found.map(({ kind, id }) => ({ kind, id }));
    const done = await this.connector.with((client) => client.call('image.prune', { things }));
    this.presenter.result(done, () =>
      done.pruned.map(({ kind, name }) => `${kind} ${escapeControls(name)}\n`).join(''),
    );
    if (this.presenter.json || found.length === 0) return;
    if (done.kept.length > 0)
      this.presenter.note(`${counted(done.kept.length, 'thing')} stayed: in use by now`);
    this.presenter.note(`freed ${formatBytes(done.freedBytes)}`);
  }
}

function amountOf(found: readonly ImagePrunableView[]): string {
  const bytes = found.reduce((sum, { freesBytes }) => sum + freesBytes, 0);
  return `${counted(found.length, 'thing')}, ${formatBytes(bytes)}`;
}

function render(found: readonly ImagePrunableView[]): string {
  const rows = found.map(({ kind, name, freesBytes, reason }) =>
    [kind, name, formatBytes(freesBytes), reason].map(escapeControls),
  );
  return `${renderTable(COLUMNS, rows, undefined)}${amountOf(found)} in all\n`;
}

const PRUNE_HELP = `
Without --all goes what only makes later builds and pulls faster: layers, broken-off downloads,
packages and steps of builds; and images and kernels that newer ones have replaced.
With --all go images too that no VM stands on, with their templates. The default image stays, and
images that were made of VMs: name those to banger image delete.
FREES is what the host really gets back: files that images share count with the last of them.`;
