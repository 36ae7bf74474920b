import { Inject, Injectable } from '@nestjs/common';
import type { ChannelGrant, WorkspaceBundleParams, WorkspaceDiffParams } from '../../contract/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { ByteChannels } from '../../core/rpc/index.js';
import type { ServerByteChannel } from '../../core/rpc/index.js';
import { GuestAccess, Machines } from '../../vm/index.js';
import type { Vm } from '../../vm/index.js';
import type { WorkRequest } from '../incoming/incoming-work.js';
import { WorkspaceFinder } from '../workspace-finder.js';
import { WorkDocuments } from './work-documents.js';

interface Wanted {
  readonly vm: Vm;
  readonly at?: string;
  readonly committedOnly?: boolean;
}

/** The work of a guest as a file: a patch, or a bundle. It is made when the client opens the channel. */
@Injectable()
export class WorkspaceDiff {
  constructor(
    private readonly channels: ByteChannels,
    private readonly machines: Machines,
    private readonly access: GuestAccess,
    private readonly workspaces: WorkspaceFinder,
    private readonly documents: WorkDocuments,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws WorkspaceNotFoundError, WorkspaceAmbiguousError, VmWrongStateError */
  async patch(
    { vm, against }: { vm: Vm; against: Vm | undefined },
    { format = 'patch', ...wanted }: WorkspaceDiffParams,
  ): Promise<ChannelGrant> {
    const request = this.#request({ ...wanted, vm });
    const other = against && this.#request({ ...wanted, vm: against });
    return this.#grant(vm, 'diff', async (channel) => {
      const signal = channel.aborted;
      const of = await request(signal);
      await this.documents.diff({ of, against: await other?.(signal), format }, channel.stdout, signal);
    });
  }

  /** @throws WorkspaceNotFoundError, WorkspaceAmbiguousError, VmWrongStateError */
  async bundle(vm: Vm, { branch, ...wanted }: WorkspaceBundleParams): Promise<ChannelGrant> {
    const request = this.#request({ ...wanted, vm });
    return this.#grant(vm, 'bundle', async (channel) => {
      const of = await request(channel.aborted);
      const named = { of, branch: branch ?? `banger/${vm.name}` };
      await this.documents.bundle(named, channel.stdout, channel.aborted);
    });
  }

  /** Refuses at once what cannot be, and connects when the work is wanted. */
  #request({ vm, at, committedOnly = false }: Wanted): (signal: AbortSignal) => Promise<WorkRequest> {
    const workspace = this.workspaces.require(vm, at);
    this.machines.require(vm);
    return async (signal) => ({ vm, workspace, committedOnly, ssh: await this.access.connect(vm, signal) });
  }

  #grant(vm: Vm, what: string, send: (channel: ServerByteChannel) => Promise<void>): ChannelGrant {
    return this.channels.grant(async (channel) => {
      this.logger.info({ vm: vm.id, what }, 'the work of a guest is sent to a client');
      await send(channel);
      await channel.exit({ exitCode: 0, signal: null });
    });
  }
}
