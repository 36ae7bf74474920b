import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../contract/index.js';
import { Rpc } from '../core/rpc/index.js';
import type { RpcContext } from '../core/rpc/index.js';
import { Waking } from '../vm/index.js';
import { WorkspaceDiff } from './diff/workspace-diff.js';
import { WorkspaceExport } from './export/workspace-export.js';
import { WorkspacePreparation } from './prepare/workspace-preparation.js';
import { WorkspaceStatus } from './status/workspace-status.js';

/** Repositories in VMs, over RPC. A VM that is suspended is woken. */
@Controller()
export class WorkspaceController {
  constructor(
    private readonly preparation: WorkspacePreparation,
    private readonly statuses: WorkspaceStatus,
    private readonly diffs: WorkspaceDiff,
    private readonly exports: WorkspaceExport,
    private readonly waking: Waking,
  ) {}

  @Rpc('workspace.prepare')
  async prepare(
    params: ParamsOf<'workspace.prepare'>,
    { signal }: RpcContext,
  ): Promise<ResultOf<'workspace.prepare'>> {
    return this.preparation.prepare(await this.waking.awake(params.vm), params, signal);
  }

  @Rpc('workspace.status')
  async status(
    params: ParamsOf<'workspace.status'>,
    { signal }: RpcContext,
  ): Promise<ResultOf<'workspace.status'>> {
    return this.statuses.status(await this.waking.awake(params.vm), params, signal);
  }

  @Rpc('workspace.diff')
  async diff(params: ParamsOf<'workspace.diff'>): Promise<ResultOf<'workspace.diff'>> {
    const vm = await this.waking.awake(params.vm);
    const against = params.against === undefined ? undefined : await this.waking.awake(params.against);
    return this.diffs.patch({ vm, against }, params);
  }

  @Rpc('workspace.bundle')
  async bundle(params: ParamsOf<'workspace.bundle'>): Promise<ResultOf<'workspace.bundle'>> {
    return this.diffs.bundle(await this.waking.awake(params.vm), params);
  }

  @Rpc('workspace.export')
  async export(
    params: ParamsOf<'workspace.export'>,
    { signal }: RpcContext,
  ): Promise<ResultOf<'workspace.export'>> {
    return this.exports.export(await this.waking.awake(params.vm), params, signal);
  }
}
