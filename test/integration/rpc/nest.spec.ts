import { Controller, Injectable, Scope, UseGuards, UseInterceptors } from '@nestjs/common';
import type { CallHandler, CanActivate, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { map } from 'rxjs';
import { afterEach, expect, it } from 'vitest';
import { call, NoParams, one, stream } from '../../../src/contract/index.js';
import { BangerError } from '../../../src/core/errors/index.js';
import { createLogger } from '../../../src/core/logging/index.js';
import { rpcDecoratorFor } from '../../../src/core/rpc/rpc.decorator.js';
import { startHarness } from './rpc-harness.js';
import type { Harness } from './rpc-harness.js';
import { EchoParams, NumberView, TEST_METHODS, TestController } from './test-methods.js';

const METHODS = {
  ...TEST_METHODS,
  'nest.guarded': call('Behind a guard.', EchoParams, one(NumberView)),
  'nest.doubled': call('Behind an interceptor.', NoParams, one(NumberView)),
  'nest.stream': stream('A stream behind an interceptor.', NoParams, one(NumberView), one(NumberView)),
};
const NestRpc = rpcDecoratorFor<typeof METHODS>();

@Injectable()
class OpenSesame implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { text } = context.switchToRpc().getData<EchoParams>();
    if (text === 'sesame') return true;
    throw new BangerError('PERMISSION_DENIED', 'closed', { details: { path: text, action: 'open' } });
  }
}

@Injectable()
class Doubling implements NestInterceptor {
  intercept(
    _context: ExecutionContext,
    next: CallHandler<unknown>,
  ): ReturnType<NestInterceptor['intercept']> {
    return next.handle().pipe(map((view) => (view instanceof NumberView ? { value: 2 * view.value } : view)));
  }
}

/** Nest makes a new one for each request. */
@Injectable({ scope: Scope.REQUEST })
class Counter {
  static made = 0;
  readonly number = ++Counter.made;
}

@Controller()
class NestController {
  constructor(private readonly counter: Counter) {}

  @UseGuards(OpenSesame)
  @NestRpc('nest.guarded')
  guarded(): NumberView {
    return { value: this.counter.number };
  }

  @UseInterceptors(Doubling)
  @NestRpc('nest.doubled')
  doubled(): NumberView {
    return Object.assign(new NumberView(), { value: 21 });
  }

  @UseInterceptors(Doubling)
  @NestRpc('nest.stream')
  async *stream(): AsyncGenerator<NumberView, NumberView> {
    yield { value: 1 };
    return { value: 2 };
  }
}

let harness: Harness;
afterEach(() => harness.stop());

it('guards, interceptors and request scope of Nest work', async () => {
  harness = await startHarness({
    methods: METHODS,
    controllers: [TestController, NestController],
    providers: [Counter],
  });
  const client = await harness.connect();
  await expect(client.request('nest.guarded', { text: 'x' })).rejects.toMatchObject({
    kind: 'PERMISSION_DENIED',
    details: { path: 'x' },
  });
  const first = (await client.request('nest.guarded', { text: 'sesame' })) as NumberView;
  expect(await client.request('nest.guarded', { text: 'sesame' })).toEqual({ value: first.value + 1 });
  expect(await client.request('nest.doubled', {})).toEqual({ value: 42 });
  const values: unknown[] = [];
  expect(await client.request('nest.stream', {}, { onValue: (value) => values.push(value) })).toEqual({
    value: 2,
  });
  expect(values).toEqual([{ value: 1 }]);
});

it('a defect is logged once, with its chain and the reference that the client got', async () => {
  const written: string[] = [];
  const logger = createLogger({ level: 'info', destination: { write: (line) => void written.push(line) } });
  harness = await startHarness({ logger });
  const client = await harness.connect();
  const failure = (await client.request('test.fail', { text: 'why' }).catch((error: unknown) => error)) as {
    ref: string;
  };
  await client.request('test.fail', { text: 'VM_NOT_FOUND' }).catch(() => undefined);
  expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({
      level: 'error',
      ref: failure.ref,
      method: 'test.fail',
      err: expect.objectContaining({
        message: 'secret detail: why',
        cause: expect.objectContaining({ type: 'TypeError' }),
      }),
    }),
  ]);
});
