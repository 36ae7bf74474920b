import { setTimeout as sleep } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { call, NoParams, one, stream } from '../../../src/contract/index.js';
import { BangerError } from '../../../src/core/errors/index.js';
import { currentRef } from '../../../src/core/logging/index.js';
import type { RpcContext } from '../../../src/core/rpc/index.js';
import { rpcDecoratorFor } from '../../../src/core/rpc/rpc.decorator.js';

export class Inner {
  @IsString() @Length(1, 10) path!: string;
}

export class EchoParams {
  @IsString() text!: string;
  @IsOptional() @IsInt() @Min(0) @Max(10) count?: number;
  @IsOptional() @ValidateNested() @Type(() => Inner) inner?: Inner;
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => Inner) list?: Inner[];
  @IsOptional() @IsObject() free?: Record<string, unknown>;
}

export class EchoView {
  @IsString() text!: string;
  @IsOptional() @IsString() ref?: string;
  @IsOptional() @IsString() absent?: string;
}

export class SizeParams {
  @IsInt() bytes!: number;
}

export class CountParams {
  @IsInt() to!: number;
  @IsOptional() @IsInt() bytes?: number;
}

export class NumberView {
  @IsInt() value!: number;
  @IsOptional() @IsString() padding?: string;
}

export const TEST_METHODS = {
  'test.echo': call('Answers what it got.', EchoParams, one(EchoView)),
  'test.ping': call('Answers nothing much.', NoParams, one(NumberView)),
  'test.params': call('The names of the params it got.', EchoParams, one(EchoView)),
  'test.big': call('Answers with as much text.', SizeParams, one(EchoView)),
  'test.wait': call('Waits until it is aborted.', NoParams, one(NumberView)),
  'test.fail': call('Fails with the kind that is named, or with a plain error.', EchoParams, one(NumberView)),
  'test.count': stream('Counts.', CountParams, one(NumberView), one(NumberView)),
  'test.stuck': stream('Never yields and ignores its signal.', NoParams, one(NumberView), one(NumberView)),
  'test.broken': stream('Yields once and breaks.', NoParams, one(NumberView), one(NumberView)),
} as const;

export const TestRpc = rpcDecoratorFor<typeof TEST_METHODS>();

@Controller()
export class TestController {
  calls = 0;
  waiting = 0;
  aborted = 0;
  yielded = 0;
  finallyRuns = 0;

  @TestRpc('test.echo')
  async echo(params: EchoParams, context: RpcContext): Promise<EchoView> {
    this.calls += 1;
    await sleep(params.count ?? 0);
    const ref = currentRef();
    const view: EchoView = { text: params.text, ...(ref === context.ref && { ref }) };
    return Object.assign(view, { absent: undefined });
  }

  @TestRpc('test.ping')
  ping(): NumberView {
    this.calls += 1;
    return { value: this.calls };
  }

  @TestRpc('test.params')
  async params(params: EchoParams): Promise<EchoView> {
    return { text: `${params.constructor.name}:${Object.keys(params).join(',')}` };
  }

  @TestRpc('test.big')
  async big(params: SizeParams): Promise<EchoView> {
    this.calls += 1;
    return { text: 'x'.repeat(params.bytes) };
  }

  @TestRpc('test.wait')
  async wait(_params: NoParams, { signal }: RpcContext): Promise<NumberView> {
    this.waiting += 1;
    try {
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    } finally {
      this.waiting -= 1;
      this.aborted += 1;
    }
    return { value: 0 };
  }

  @TestRpc('test.fail')
  async fail(params: EchoParams): Promise<NumberView> {
    if (params.text === 'VM_NOT_FOUND') {
      throw new BangerError('VM_NOT_FOUND', 'no VM called x', {
        details: { vm: 'x' },
        why: 'gone',
        fix: 'make one',
      });
    }
    if (params.text === 'circular') {
      const view: NumberView & { self?: unknown } = { value: 1 };
      view.self = view;
      return view;
    }
    throw new TypeError(`secret detail: ${params.text}`);
  }

  @TestRpc('test.count')
  async *count(params: CountParams, { signal }: RpcContext): AsyncGenerator<NumberView, NumberView> {
    try {
      for (let value = 1; value <= params.to; value += 1) {
        signal.throwIfAborted();
        this.yielded += 1;
        yield { value, ...(params.bytes !== undefined && { padding: 'p'.repeat(params.bytes) }) };
      }
      return { value: params.to };
    } finally {
      this.finallyRuns += 1;
    }
  }

  @TestRpc('test.stuck')
  async *stuck(): AsyncGenerator<NumberView, NumberView> {
    this.waiting += 1;
    await new Promise(() => undefined);
    yield { value: 1 };
    return { value: 1 };
  }

  @TestRpc('test.broken')
  async *broken(): AsyncGenerator<NumberView, NumberView> {
    yield { value: 1 };
    throw new BangerError('VM_NOT_FOUND', 'no VM called x', { details: { vm: 'x' } });
  }
}
