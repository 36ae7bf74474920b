import { Inject, Injectable } from '@nestjs/common';
import type { ChannelGrant, VmExecParams } from '../../contract/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { ByteChannels } from '../../core/rpc/index.js';
import { GuestAccess } from '../access/guest-access.js';
import { Machines } from '../machines.js';
import { workingDirectoryOf } from '../vm.types.js';
import type { Vm } from '../vm.types.js';
import { bridgeExec } from './bridge-exec.js';
import { guestCommandLine } from './guest-command-line.js';

/** Runs commands in guests, each on a byte channel of its own. */
@Injectable()
export class ExecService {
  constructor(
    private readonly channels: ByteChannels,
    private readonly machines: Machines,
    private readonly access: GuestAccess,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Checks all that can be checked now; the command itself starts when the client opens the channel. */
  grant(vm: Vm, params: VmExecParams, ref: string): ChannelGrant {
    this.machines.require(vm);
    const line = guestCommandLine({
      command: params.command,
      cwd: params.cwd ?? workingDirectoryOf(vm),
      // The correlation id goes on into the guest, so that what runs there can be told from the daemon's log.
      env: { ...vm.env, BANGER_REF: ref, ...params.env },
    });
    const { terminal, timeoutSeconds } = params;
    return this.channels.grant(async (channel) => {
      // Not the command itself: people put secrets into arguments.
      this.logger.info({ vm: vm.id }, 'a command runs in the VM');
      const connection = await this.access.connect(vm, channel.aborted);
      await bridgeExec(
        connection,
        {
          line,
          label: vm.name,
          ...(terminal !== undefined && { terminal }),
          ...(timeoutSeconds !== undefined && { timeoutSeconds }),
        },
        channel,
      );
    });
  }
}
