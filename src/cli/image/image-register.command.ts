import { resolve } from 'node:path';
import { Option, SubCommand } from 'nest-commander';
import { DaemonConnector } from '../client/daemon-connector.js';
import { BangerCommand } from '../command/banger-command.js';
import { Invocation } from '../invocation.js';
import { OperationFollower } from '../operation/operation-follower.js';
import { Presenter } from '../render/presenter.js';
import { UsageError } from '../usage-error.js';

interface ImageRegisterOptions {
  rootfs?: string;
  kernel?: string;
  initrd?: string;
  bootArgument?: string[];
  reference?: boolean;
  asIs?: boolean;
  force?: boolean;
}

@SubCommand({
  name: 'register',
  arguments: '<name>',
  description: 'make an image of a file system of yours',
  argsDescription: { name: 'name of the new image' },
})
export class ImageRegisterCommand extends BangerCommand<ImageRegisterOptions> {
  constructor(
    invocation: Invocation,
    private readonly connector: DaemonConnector,
    private readonly follower: OperationFollower,
    private readonly presenter: Presenter,
  ) {
    super(invocation);
  }

  @Option({
    flags: '--rootfs <path>',
    description: 'its root file system: ext4, qcow2, squashfs, a tar archive, or a directory',
  })
  parseRootfs(value: string): string {
    return value;
  }

  @Option({
    flags: '--kernel <name|path>',
    description: 'a kernel that is kept (default: debian), or with a / in it a file',
  })
  parseKernel(value: string): string {
    return value;
  }

  @Option({ flags: '--initrd <path>', description: 'its initramfs, in place of banger’s own' })
  parseInitrd(value: string): string {
    return value;
  }

  @Option({
    flags: '--boot-argument <word>',
    description: 'for its kernel, in place of banger’s; once for each',
  })
  parseBootArgument(value: string, previous: string[] = []): string[] {
    return [...previous, value];
  }

  @Option({ flags: '--reference', description: 'leave the file where it is: ext4, and never changed again' })
  parseReference(): boolean {
    return true;
  }

  @Option({ flags: '--as-is', description: 'even if it was not made to be a guest of banger' })
  parseAsIs(): boolean {
    return true;
  }

  @Option({ flags: '-f, --force', description: 'take the name of an image that is there' })
  parseForce(): boolean {
    return true;
  }

  protected override async execute([name = '']: string[], options: ImageRegisterOptions): Promise<void> {
    const { rootfs, kernel, initrd, bootArgument, reference, asIs, force } = options;
    if (rootfs === undefined) throw new UsageError('there is no root file system', 'name it: --rootfs PATH');
    const params = {
      name,
      rootfs: this.#path(rootfs),
      ...(kernel !== undefined && (kernel.includes('/') ? { kernelPath: this.#path(kernel) } : { kernel })),
      ...(initrd !== undefined && { initrdPath: this.#path(initrd) }),
      ...(bootArgument !== undefined && { bootArguments: bootArgument }),
      ...(reference && { reference }),
      ...(asIs && { asIs }),
      ...(force && { force }),
    };
    const image = await this.connector.with(async (client) => {
      const operation = await this.follower.run(client, () => client.call('image.register.begin', params));
      return await client.call('image.get', { image: operation.subject.id });
    });
    this.presenter.result(image, () => `${image.name}\n`);
  }

  #path(path: string): string {
    return resolve(this.invocation.facts.cwd, path);
  }
}
