import { Catch, UseFilters } from '@nestjs/common';
import type { RpcExceptionFilter } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type { MethodDefinition, Methods } from '../../contract/index.js';
import type { RpcContext } from './rpc-context.js';

export type MethodTable = Readonly<Record<string, MethodDefinition<unknown, unknown, unknown>>>;

type TypeOf<S> = S extends { readonly type?: infer T } ? Exclude<T, undefined> : never;
type Params<D extends MethodTable[string]> = InstanceType<D['params']>;
type Result<D extends MethodTable[string]> = TypeOf<D['result']>;
type Chunk<D extends MethodTable[string]> = TypeOf<NonNullable<D['chunk']>>;

/** Signature of the handler of a method: a plain call answers, a stream is an async generator. */
export type RpcHandler<D extends MethodTable[string]> = [Chunk<D>] extends [never]
  ? (params: Params<D>, context: RpcContext) => Promise<Result<D>> | Result<D>
  : (params: Params<D>, context: RpcContext) => AsyncGenerator<Chunk<D>, Result<D>>;

type RpcDecorator<H> = <F extends H>(
  target: object,
  key: string,
  descriptor: TypedPropertyDescriptor<F>,
) => void;

/**
 * Nest's last filter turns what it does not know into "Internal server error". Errors leave untouched instead, and
 * the transport makes the answer of them, in one place. Bound to the method, so that no application can forget it.
 */
@Catch()
class RethrowFilter implements RpcExceptionFilter {
  catch(error: unknown): never {
    throw error;
  }
}

const rethrow = new RethrowFilter();

/** A decorator like {@link Rpc} for another method table, such as a test's. */
export function rpcDecoratorFor<T extends MethodTable>(): <M extends keyof T & string>(
  method: M,
) => RpcDecorator<RpcHandler<T[M]>> {
  return (method) => (target, key, descriptor) => {
    MessagePattern(method)(target, key, descriptor);
    UseFilters(rethrow)(target, key, descriptor);
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
  };
}

/**
 * Makes a controller's method the handler of an RPC method: `@Rpc('vm.get') get(params, context)`.
 * A handler with wrong parameters or result does not compile.
 */
export const Rpc = rpcDecoratorFor<Methods>();
