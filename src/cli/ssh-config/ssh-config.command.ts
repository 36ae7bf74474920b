import { Command, Option } from 'nest-commander';
import { Config } from '../../core/config/index.js';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { MissingProgramError } from '../io/missing-program-error.js';
import { Program } from '../io/program.js';
import { Presenter } from '../render/presenter.js';
import { UsageError } from '../usage-error.js';
import { includeLine, includes, withInclude, withoutInclude } from './ssh-config-include.js';
import { SshConfigBrokenError, SshNotForThisUserError } from './ssh-config.errors.js';
import { UserSshConfig } from './user-ssh-config.js';

interface SshConfigOptions {
  install?: boolean;
  remove?: boolean;
  file?: string;
}

/** How things are when the command is done. */
interface SshConfigResult {
  /** file of the daemon's */
  readonly include: string;
  /** file of the user's */
  readonly file: string;
  /** whether the user's file has the daemon's included */
  readonly installed: boolean;
  readonly changed: boolean;
}

@Command({
  name: 'ssh-config',
  description: 'make `ssh NAME.vm`, scp, rsync, git and editors reach the VMs',
})
export class SshConfigCommand extends BangerCommand<SshConfigOptions> {
  constructor(
    invocation: Invocation,
    private readonly config: Config,
    private readonly connector: DaemonConnector,
    private readonly presenter: Presenter,
    private readonly program: Program,
    private readonly users: UserSshConfig,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    super.setCommand(command);
    command.addHelpText('after', HELP);
    return this;
  }

  @Option({ flags: '--install', description: 'add one Include line at the top of ~/.ssh/config' })
  parseInstall(): boolean {
    return true;
  }

  @Option({ flags: '--remove', description: 'take that line away again' })
  parseRemove(): boolean {
    return true;
  }

  @Option({ flags: '--file <path>', description: 'file of settings to change instead of ~/.ssh/config' })
  parseFile(value: string): string {
    if (value === '') throw new UsageError('--file needs the path of a file');
    return value.startsWith('/') ? value : `${this.invocation.facts.cwd}/${value}`;
  }

  protected override async execute(_args: string[], options: SshConfigOptions): Promise<void> {
    if (options.install && options.remove) throw new UsageError('--install and --remove exclude each other');
    const file = options.file ?? this.users.defaultPath();
    if (options.install) return await this.install(file);
    if (options.remove) return await this.remove(file);
    await this.show(file);
  }

  private async show(file: string): Promise<void> {
    const include = await this.ofDaemon();
    const installed = includes(this.users.read(file) ?? '', include);
    this.tell({ include, file, installed, changed: false }, `${includeLine(include)}\n`);
    if (!this.presenter.json)
      this.presenter.note(
        installed
          ? `${file} has this line: ssh NAME.vm works`
          : `${file} does not have this line; to add it: banger ssh-config --install`,
      );
  }

  private async install(file: string): Promise<void> {
    if (this.program.find('ssh') === undefined) throw new MissingProgramError('ssh');
    const { file: include, identityFile } = await this.connector.with((client) =>
      client.call('vm.sshConfig', {}),
    );
    for (const path of [include, identityFile]) {
      const refusal = this.users.refusal(path);
      if (refusal !== undefined) throw new SshNotForThisUserError(path, refusal);
    }
    const content = this.users.read(file);
    const changed = content === undefined || !includes(content, include);
    if (changed) {
      if (content !== undefined) await this.check(file);
      this.users.write(file, withInclude(content, include));
    }
    this.tell(
      { include, file, installed: true, changed },
      `${file} ${changed ? 'has one line more' : 'had the line already'}: ssh NAME.vm works\n`,
    );
  }

  private async remove(file: string): Promise<void> {
    const include = await this.ofDaemon();
    const content = this.users.read(file);
    const removal = content === undefined ? 'absent' : withoutInclude(content, include);
    if (removal === 'file') this.users.remove(file);
    else if (removal !== 'absent') this.users.write(file, removal.content);
    const installed = removal === 'absent' && includes(content ?? '', include);
    if (installed)
      this.presenter.warn(`${file} has the line otherwise than banger adds it; take it away by hand`);
    this.tell(
      { include, file, installed, changed: removal !== 'absent' },
      removal === 'absent'
        ? `nothing of banger's to take away from ${file}\n`
        : `${file} is as it was before banger\n`,
    );
  }

  /** The daemon's file; where none runs, that of the one that this command would start. */
  private async ofDaemon(): Promise<string> {
    const client = await this.connector.connectIfRunning();
    if (client === undefined) return this.config.sshConfigPath;
    try {
      return (await client.call('vm.sshConfig', {})).file;
    } finally {
      await client.close();
    }
  }

  /** Asked by ssh itself what it makes of the file. @throws SshConfigBrokenError */
  private async check(file: string): Promise<void> {
    const { exitCode, tail } = await this.program.runKeepingTail('ssh', ['-F', file, '-G', 'banger.vm']);
    if (exitCode !== 0) throw new SshConfigBrokenError(file, tail);
  }

  private tell(result: SshConfigResult, text: string): void {
    this.presenter.result(result, () => text);
  }
}

const HELP = `
After --install, as long as the daemon runs:
  ssh web.vm                            a shell in the VM web
  scp notes.txt web.vm:                 and rsync
  git clone ssh://web.vm/root/shop      the work in it comes back

Each VM's host key is pinned. Without options the line itself is printed, for a file that you
keep otherwise. It is for the user that the daemon runs as, who alone may read the key; ssh finds
~ by the passwd database, whatever HOME is: sudo banger ssh-config --install is for root's ssh.`;
