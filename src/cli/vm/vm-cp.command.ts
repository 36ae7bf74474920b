import { Option, SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { FileCopier } from '../copy/file-copier.js';
import { parseCopy } from '../copy/copy-ends.js';
import { Invocation } from '../invocation.js';

@SubCommand({
  name: 'cp',
  arguments: '[paths...]',
  description: 'copy files and directories into a VM, or out of it',
})
export class VmCpCommand extends BangerCommand {
  protected override readonly takesPassthrough = true;

  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly copier: FileCopier,
  ) {
    super(invocation);
  }

  override setCommand(command: Parameters<BangerCommand['setCommand']>[0]): this {
    super.setCommand(command.usage('[options] SOURCE… TARGET'));
    command.addHelpText('after', CP_HELP);
    return this;
  }

  @Option({ flags: '-r', description: 'for habit: directories are copied with all that is in them anyway' })
  parseRecursive(): boolean {
    return true;
  }

  protected override async execute(paths: string[]): Promise<void> {
    const request = parseCopy([...paths, ...(this.invocation.passthrough ?? [])]);
    await this.connector.with((client) => this.copier.run(client, request));
  }
}

const CP_HELP = `
One side is VM:PATH; a relative PATH starts from the VM's workspace, or else from /root, as a command of vm exec does.
As cp -r has it: into a TARGET that is a directory, else to TARGET as a new name; DIR/. stands for what is in DIR; several
sources need a directory. Modes, times, links and holes are kept; files belong to root in the VM, and to you outside of it.
What is there is replaced only when all has arrived. A file of 64 MiB or more that was interrupted is gone on with by the
same command; until then it is .NAME.banger-part beside its target, to be deleted by whoever gives it up.

Examples:
  banger vm cp web:report.txt .                  from the workspace, or /root, to this directory
  banger vm cp src web:/srv/                     to /srv/src
  banger vm cp src/. web:/srv/app                what is in src, to /srv/app
  banger vm cp web:/var/log/syslog - | less      one file to stdout; "-" as the source is stdin
  banger vm cp -- -odd-name web:/tmp/`;
