import { Controller } from '@nestjs/common';
import type { ChunkOf, ParamsOf, ResultOf } from '../contract/index.js';
import { OperationRunner } from '../core/operations/index.js';
import { Rpc } from '../core/rpc/index.js';
import type { RpcContext } from '../core/rpc/index.js';

/** Long work, seen and cancelled over RPC. */
@Controller()
export class OperationController {
  constructor(private readonly operations: OperationRunner) {}

  @Rpc('operation.list')
  async list(params: ParamsOf<'operation.list'>): Promise<ResultOf<'operation.list'>> {
    return this.operations.list(params);
  }

  @Rpc('operation.get')
  async get({ operation }: ParamsOf<'operation.get'>): Promise<ResultOf<'operation.get'>> {
    return this.operations.get(operation);
  }

  @Rpc('operation.watch')
  watch(
    { operation }: ParamsOf<'operation.watch'>,
    { signal }: RpcContext,
  ): AsyncGenerator<ChunkOf<'operation.watch'>, ResultOf<'operation.watch'>> {
    return this.operations.watch(operation, signal);
  }

  @Rpc('operation.cancel')
  async cancel({ operation }: ParamsOf<'operation.cancel'>): Promise<ResultOf<'operation.cancel'>> {
    return this.operations.cancel(operation);
  }
}
