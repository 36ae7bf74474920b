import { resolve } from 'node:path';
import { Option, SubCommand } from 'nest-commander';
import type { WorkspaceExportParams } from '../../contract/workspace.dto.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { Terminal } from '../io/terminal.js';
import { FollowedCall } from '../operation/followed-call.js';
import { Presenter } from '../render/presenter.js';
import { formatBytes } from '../render/text.js';
import { UsageError } from '../usage-error.js';
import { parseBranchName } from './parse.js';
import { exportHints, quoted, renderExport } from './render-export.js';
import { ByteDownload } from '../client/byte-download.js';

interface ExportOptions {
  at?: string;
  branch?: string;
  committedOnly?: boolean;
  merge?: boolean;
  to?: string;
  patch?: string;
  bundle?: string;
}

@SubCommand({
  name: 'export',
  arguments: '<vm>',
  description: 'bring the work in a VM to the host, as a branch; what is checked out there stays as it is',
})
export class WorkspaceExportCommand extends BangerCommand<ExportOptions> {
  constructor(
    invocation: Invocation,
    private readonly calls: FollowedCall,
    private readonly download: ByteDownload,
    private readonly presenter: Presenter,
    private readonly terminal: Terminal,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    super.setCommand(command);
    command.addHelpText('after', EXPORT_HELP);
    return this;
  }

  @Option({ flags: '--at <directory>', description: 'which of its repositories, where it has several' })
  parseAt(value: string): string {
    return value;
  }

  @Option({ flags: '--branch <name>', description: 'of the branch on the host (default: banger/VM)' })
  parseBranch(value: string): string {
    return parseBranchName('--branch', value);
  }

  @Option({ flags: '--committed-only', description: 'without what is not committed' })
  parseCommittedOnly(): boolean {
    return true;
  }

  @Option({
    flags: '--merge',
    description: 'merge it into what is checked out; a conflict changes nothing, and is told',
  })
  parseMerge(): boolean {
    return true;
  }

  @Option({ flags: '--to <path>', description: 'the repository, where it is no longer where it was' })
  parseTo(value: string): string {
    return value;
  }

  @Option({ flags: '--patch <file>', description: 'write a patch instead; - for stdout' })
  parsePatch(value: string): string {
    return value;
  }

  @Option({
    flags: '--bundle <file>',
    description: 'write a bundle instead, which git fetches from; - for stdout',
  })
  parseBundle(value: string): string {
    return value;
  }

  protected override async execute([vm = '']: string[], options: ExportOptions): Promise<void> {
    requireCombination(options);
    const { at, branch, committedOnly, merge, to, patch, bundle } = options;
    const work = { vm, ...(at !== undefined && { at }), ...(committedOnly && { committedOnly }) };
    const named = { ...work, ...(branch !== undefined && { branch }) };
    if (patch !== undefined) return this.writePatch(vm, patch, work);
    if (bundle !== undefined) return this.writeBundle(bundle, named);
    const { cwd } = this.invocation.facts;
    return this.exportBranch({
      ...named,
      ...(merge && { merge }),
      ...(to !== undefined && { to: resolve(cwd, to) }),
    });
  }

  private async exportBranch(params: WorkspaceExportParams): Promise<void> {
    const view = await this.calls.run(params.vm, (client) => client.call('workspace.export', params));
    this.presenter.result(view, () => renderExport(view));
    if (this.presenter.json) return;
    for (const hint of exportHints(view, this.invocation.facts.cwd)) this.presenter.note(hint);
  }

  private async writePatch(vm: string, file: string, work: { vm: string }): Promise<void> {
    const ask: Parameters<ByteDownload['show']>[0] = (client) =>
      client.call('workspace.diff', { ...work, format: 'patch' });
    const bytes = file === '-' ? await this.download.show(ask) : await this.download.save(file, ask);
    if (bytes === 0 && this.invocation.exitCode === 0)
      this.presenter.note(`${vm} has no work: the patch is empty`);
    if (file === '-') return;
    this.tellFile(file, bytes);
    if (bytes > 0 && !this.presenter.json) this.presenter.note(`apply it: git apply --index ${quoted(file)}`);
  }

  private async writeBundle(file: string, params: { vm: string; branch?: string }): Promise<void> {
    const ask: Parameters<ByteDownload['show']>[0] = (client) => client.call('workspace.bundle', params);
    if (file === '-') {
      if (this.terminal.stdoutIsTty)
        throw new UsageError(
          'a bundle is nothing for a terminal',
          'name a file, or let the output go elsewhere',
        );
      await this.download.show(ask);
      return;
    }
    this.tellFile(file, await this.download.save(file, ask));
    const branch = params.branch ?? `banger/${params.vm}`;
    if (!this.presenter.json)
      this.presenter.note(`fetch from it: git fetch ${quoted(file)} ${quoted(branch)}`);
  }

  private tellFile(file: string, bytes: number): void {
    this.presenter.result({ file, bytes }, () => `${file}: ${formatBytes(bytes)}\n`);
  }
}

/** @throws UsageError */
function requireCombination({ patch, bundle, branch, merge, to }: ExportOptions): void {
  const refuse = (one: string, other: string, fix: string): never => {
    throw new UsageError(`${one} and ${other} cannot be given together`, fix);
  };
  if (patch !== undefined && bundle !== undefined)
    refuse('--patch', '--bundle', 'leave one of them out, and export twice for both');
  const file = patch === undefined ? '--bundle' : '--patch';
  if (patch === undefined && bundle === undefined) return;
  const what = 'a file leaves the repository of the host alone; leave one of them out';
  if (merge) refuse(file, '--merge', what);
  if (to !== undefined) refuse(file, '--to', what);
  if (patch !== undefined && branch !== undefined)
    refuse('--patch', '--branch', 'a patch has no branch; a bundle has one: --bundle FILE');
}

const EXPORT_HELP = `
Examples:
  banger workspace export web                       its commits as the branch banger/web; what it has not committed is
                                                    one more on top
  banger workspace export web --merge               the same, and into what is checked out
  banger workspace export web --patch web.patch     a file instead, for: git apply --index

Once more brings the branch up to date, unless somebody else has moved it.`;
