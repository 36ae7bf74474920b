import { isObservable, lastValueFrom } from 'rxjs';
import { CancelledError } from '../errors/index.js';
import type { RpcMethod } from './method-registry.js';
import type { RequestContext } from './rpc-context.js';

export interface StreamSink {
  /** Sends one value; the promise, where there is one, resolves when the client may get the next. */
  emit(value: unknown): Promise<void> | undefined;
  /** Work that outlives the answer and keeps its place among the requests at work. */
  linger(work: Promise<unknown>): void;
}

/** Validates, calls the handler and, where it streams, passes its values on. Resolves with the result. */
export async function invokeMethod(
  method: RpcMethod,
  params: unknown,
  context: RequestContext,
  sink: StreamSink,
): Promise<unknown> {
  let result = await method.handle(method.validate(params), context);
  // An interceptor makes an Observable of every result.
  if (isObservable(result)) result = await lastValueFrom(result, { defaultValue: null });
  return isAsyncIterator(result) ? pump(result, context, sink) : result;
}

function isAsyncIterator(value: unknown): value is AsyncGenerator {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value && 'next' in value;
}

/**
 * One value at a time: the generator rests while the client reads. An abort answers at once, even when the generator
 * waits for something that never comes; its `finally` blocks run as soon as it gets there.
 */
async function pump(iterator: AsyncGenerator, context: RequestContext, sink: StreamSink): Promise<unknown> {
  let interrupt = Promise.withResolvers<never>();
  const abort = (): void => interrupt.reject(context.signal.reason ?? new CancelledError(context.what));
  context.signal.addEventListener('abort', abort, { once: true });
  try {
    for (;;) {
      // A fresh promise for each step: racing against one that lives as long as the stream would pile up reactions.
      interrupt = Promise.withResolvers<never>();
      if (context.aborted) abort();
      const step = await Promise.race([iterator.next(), interrupt.promise]);
      if (step.done === true) return step.value;
      const room = sink.emit(step.value);
      if (room !== undefined) await Promise.race([room, interrupt.promise]);
    }
  } catch (error) {
    if (context.aborted) sink.linger(iterator.return(undefined));
    throw error;
  } finally {
    context.signal.removeEventListener('abort', abort);
  }
}
