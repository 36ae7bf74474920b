import { resolve } from 'node:path';
import { Option, SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { Presenter } from '../render/presenter.js';
import { UsageError } from '../usage-error.js';

interface KernelRegisterOptions {
  kernel?: string;
  modules?: string;
}

@SubCommand({
  name: 'register',
  arguments: '<name>',
  description: 'keep a kernel of yours, for images to come',
  argsDescription: { name: 'name of the kernel' },
})
export class KernelRegisterCommand extends BangerCommand<KernelRegisterOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly follower: OperationFollower,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({ flags: '--kernel <path>', description: 'vmlinux or bzImage for x86-64' })
  parseKernel(value: string): string {
    return value;
  }

  @Option({
    flags: '--modules <path>',
    description: 'its modules: directory or tar archive (none: all is built in)',
  })
  parseModules(value: string): string {
    return value;
  }

  protected override async execute(
    [name = '']: string[],
    { kernel: path, modules }: KernelRegisterOptions,
  ): Promise<void> {
    if (path === undefined) throw new UsageError('there is no kernel', 'name its file: --kernel PATH');
    const { cwd } = this.invocation.facts;
    const params = {
      name,
      kernelPath: resolve(cwd, path),
      ...(modules !== undefined && { modulesPath: resolve(cwd, modules) }),
    };
    const kernel = await this.connector.with(async (client) => {
      const operation = await this.follower.run(client, () => client.call('kernel.register.begin', params));
      return await client.call('kernel.get', { kernel: operation.subject.name });
    });
    this.presenter.result(kernel, () => `${kernel.name}\n`);
  }
}
