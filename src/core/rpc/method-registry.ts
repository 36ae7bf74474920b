import type { MessageHandler } from '@nestjs/microservices';
import { NoParams } from '../../contract/index.js';
import { InternalError } from '../errors/index.js';
import { describeMethods } from './open-rpc.js';
import { createParamsValidator } from './params-validator.js';
import type { ParamsValidator } from './params-validator.js';
import type { RpcContext } from './rpc-context.js';
import type { MethodTable } from './rpc.decorator.js';

/** The server answers this one itself; the specification reserves names that begin with `rpc.` for such. */
export const DISCOVER_METHOD = 'rpc.discover';

export interface RpcMethod {
  readonly name: string;
  /** @throws ParamsInvalidError */
  readonly validate: ParamsValidator;
  /** the controller's method behind Nest's guards, interceptors and pipes */
  readonly handle: (params: object, context: RpcContext) => unknown;
}

/** Both ways: every method of the table has a handler, and every handler is in the table. @throws InternalError */
export function assertHandlersComplete(table: MethodTable, handlers: Iterable<string>): void {
  const handled = new Set(handlers);
  const missing = Object.keys(table).filter((name) => !handled.has(name));
  const unknown = [...handled].filter((name) => !Object.hasOwn(table, name));
  const problems = [
    ...(missing.length > 0 ? [`methods without a handler: ${missing.join(', ')}`] : []),
    ...(unknown.length > 0 ? [`handlers of no method: ${unknown.join(', ')}`] : []),
  ];
  if (problems.length > 0) throw new InternalError(problems.join('; '));
}

/** Everything needed to answer a request by its method's name; a Map, so that no name finds a prototype's member. */
export function buildMethodRegistry(
  table: MethodTable,
  handlers: ReadonlyMap<string, MessageHandler>,
  maxJsonDepth: number,
): ReadonlyMap<string, RpcMethod> {
  const registry = new Map<string, RpcMethod>();
  for (const [name, definition] of Object.entries(table)) {
    const handle = handlers.get(name);
    if (handle === undefined) continue;
    registry.set(name, {
      name,
      validate: createParamsValidator(name, definition.params, maxJsonDepth),
      handle,
    });
  }
  let document: object | undefined;
  registry.set(DISCOVER_METHOD, {
    name: DISCOVER_METHOD,
    validate: createParamsValidator(DISCOVER_METHOD, NoParams, maxJsonDepth),
    handle: () => (document ??= describeMethods(table)),
  });
  return registry;
}
