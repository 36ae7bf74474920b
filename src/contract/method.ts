/** Building blocks of the method table: a definition carries the classes for validation and the types for inference. */

export type Class<T> = new () => T;

/** How a result is made of its class: one object, or a list of them. */
export interface Shape<T> {
  readonly class: Class<unknown>;
  readonly list: boolean;
  /** phantom: carries the type, never set */
  readonly type?: T;
}

export interface MethodDefinition<P = unknown, R = unknown, C = never> {
  readonly summary: string;
  readonly params: Class<P>;
  readonly result: Shape<R>;
  /** values sent as `$/next` before the response; absent for a plain call */
  readonly chunk?: Shape<C>;
}

export function one<T>(type: Class<T>): Shape<T> {
  return { class: type, list: false };
}

export function list<T>(type: Class<T>): Shape<T[]> {
  return { class: type, list: true };
}

/** A plain call: one request, one response. */
export function call<P, R>(summary: string, params: Class<P>, result: Shape<R>): MethodDefinition<P, R> {
  return { summary, params, result };
}

/** A streaming call: values while it runs, then the response. */
export function stream<P, C, R>(
  summary: string,
  params: Class<P>,
  chunk: Shape<C>,
  result: Shape<R>,
): MethodDefinition<P, R, C> {
  return { summary, params, chunk, result };
}
