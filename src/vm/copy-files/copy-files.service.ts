import { Inject, Injectable } from '@nestjs/common';
import type { ChannelGrant, VmCopyParams } from '../../contract/index.js';
import type { BangerError } from '../../core/errors/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { ByteChannels } from '../../core/rpc/index.js';
import type { SshExit } from '../../core/ssh/index.js';
import { GuestAccess } from '../access/guest-access.js';
import { bridgeExec } from '../exec/bridge-exec.js';
import { guestCommandLine } from '../exec/guest-command-line.js';
import { Machines } from '../machines.js';
import { workingDirectoryOf } from '../vm.types.js';
import type { Vm } from '../vm.types.js';
import { copyFailure } from './copy-files.errors.js';
import { copyScript } from './copy-scripts.js';

/** Copies files in and out, one step at a time: a script in the guest, whose input and output are the client's. */
@Injectable()
export class CopyFilesService {
  constructor(
    private readonly channels: ByteChannels,
    private readonly machines: Machines,
    private readonly access: GuestAccess,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The step begins when the client opens the channel; one that fails ends the channel with why. */
  grant(vm: Vm, params: VmCopyParams, ref: string): ChannelGrant {
    this.machines.require(vm);
    const cwd = workingDirectoryOf(vm);
    const line = guestCommandLine({
      command: ['sh', '-c', copyScript(params, cwd)],
      cwd,
      env: { BANGER_REF: ref },
    });
    const { task, paths } = params;
    return this.channels.grant(async (channel) => {
      this.logger.info({ vm: vm.id, task }, 'files are copied');
      const connection = await this.access.connect(vm, channel.aborted);
      const failure = (status: SshExit, stderrTail: string): BangerError | undefined =>
        copyFailure(status, { vm: vm.name, task, path: paths[0] ?? '', stderrTail });
      await bridgeExec(connection, { line, label: vm.name, failure }, channel);
    });
  }
}
