import 'reflect-metadata';
import { expect, it } from 'vitest';
import type { ChunkOf, ParamsOf, ResultOf } from '../../contract/index.js';
import { Rpc } from './rpc.decorator.js';
import type { RpcContext } from './rpc-context.js';

declare const vm: ResultOf<'vm.get'>;
declare const operation: ResultOf<'operation.get'>;
declare const event: ChunkOf<'operation.watch'>;

/** Compiling is the test: `tsc` fails on an expected error that does not come. None of it is ever called. */
class Handlers {
  @Rpc('vm.get')
  async right(_params: ParamsOf<'vm.get'>, _context: RpcContext): Promise<ResultOf<'vm.get'>> {
    return vm;
  }

  @Rpc('vm.list')
  synchronousAndWithoutParams(): ResultOf<'vm.list'> {
    return [vm];
  }

  @Rpc('operation.watch')
  async *rightStream(_params: ParamsOf<'operation.watch'>): AsyncGenerator<typeof event, typeof operation> {
    yield event;
    return operation;
  }

  // @ts-expect-error -- the result is another
  @Rpc('vm.get')
  async wrongResult(): Promise<{ id: number }> {
    return { id: 1 };
  }

  // @ts-expect-error -- one VM where a list belongs
  @Rpc('vm.list')
  async oneForMany(): Promise<ResultOf<'vm.get'>> {
    return vm;
  }

  // @ts-expect-error -- the params are another method's
  @Rpc('vm.get')
  async wrongParams(_params: ParamsOf<'image.get'>): Promise<ResultOf<'vm.get'>> {
    return vm;
  }

  // @ts-expect-error -- there is no such method
  @Rpc('vm.got')
  async wrongMethod(): Promise<ResultOf<'vm.get'>> {
    return vm;
  }

  // @ts-expect-error -- a stream must be a generator
  @Rpc('operation.watch')
  async noStream(): Promise<ResultOf<'operation.watch'>> {
    return operation;
  }

  // @ts-expect-error -- the values of the stream are another type
  @Rpc('operation.watch')
  async *wrongValues(): AsyncGenerator<string, ResultOf<'operation.watch'>> {
    yield 'text';
    return operation;
  }

  // @ts-expect-error -- a plain call cannot stream
  @Rpc('vm.get')
  async *needlessStream(): AsyncGenerator<string, ResultOf<'vm.get'>> {
    yield 'text';
    return vm;
  }
}

it('marks the method for Nest', () => {
  const handler = Object.getOwnPropertyDescriptor(Handlers.prototype, 'right')?.value as object;
  expect(Reflect.getMetadata('microservices:pattern', handler)).toEqual(['vm.get']);
  expect(Reflect.getMetadataKeys(handler)).toContain('__exceptionFilters__');
});
