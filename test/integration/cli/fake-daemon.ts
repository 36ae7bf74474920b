import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type {
  MethodName,
  OperationStepView,
  OperationView,
  ParamsOf,
  VmView,
} from '../../../src/contract/index.js';
import { BangerError } from '../../../src/core/errors/index.js';
import { ByteChannels, JsonRpcServer, Rpc, RpcModule } from '../../../src/core/rpc/index.js';
import type { RpcContext, ServerByteChannel } from '../../../src/core/rpc/index.js';

type Answer = (params: never, context: RpcContext) => unknown;

/** Requests as they came, and the answers that a test wants; a method without an answer fails as INTERNAL. */
export class Script {
  readonly calls: { method: MethodName; params: unknown }[] = [];
  readonly answers = new Map<MethodName, Answer>();
  /** what happens on the byte channels that vm.exec grants */
  command: (channel: ServerByteChannel) => Promise<void> = (channel) =>
    channel.exit({ exitCode: 0, signal: null });

  on<M extends MethodName>(method: M, answer: (params: ParamsOf<M>, context: RpcContext) => unknown): this {
    this.answers.set(method, answer);
    return this;
  }

  callsOf<M extends MethodName>(method: M): ParamsOf<M>[] {
    return this.calls.filter((call) => call.method === method).map((call) => call.params as ParamsOf<M>);
  }

  async answer(method: MethodName, params: unknown, context: RpcContext): Promise<never> {
    this.calls.push({ method, params });
    const answer = this.answers.get(method);
    if (answer === undefined) throw new BangerError('INTERNAL', `no answer for ${method}`, { details: {} });
    return (await answer(params as never, context)) as never;
  }
}

function controllerFor(script: Script): new (channels: ByteChannels) => object {
  @Controller()
  class FakeDaemonController {
    constructor(private readonly channels: ByteChannels) {}

    @Rpc('vm.exec') async exec(params: ParamsOf<'vm.exec'>, context: RpcContext) {
      script.calls.push({ method: 'vm.exec', params });
      const answer = script.answers.get('vm.exec');
      if (answer !== undefined) await answer(params as never, context);
      return this.channels.grant((channel) => script.command(channel));
    }

    @Rpc('operation.watch') async *watch(params: ParamsOf<'operation.watch'>, context: RpcContext) {
      script.calls.push({ method: 'operation.watch', params });
      const events = script.answers.get('operation.watch')?.(params as never, context) as
        AsyncGenerator<never, never> | undefined;
      if (events === undefined) throw new BangerError('INTERNAL', 'no events', { details: {} });
      return yield* events;
    }

    @Rpc('system.hello') hello(p: ParamsOf<'system.hello'>, c: RpcContext) {
      return script.answer('system.hello', p, c);
    }
    @Rpc('system.doctor') doctor(p: ParamsOf<'system.doctor'>, c: RpcContext) {
      return script.answer('system.doctor', p, c);
    }
    @Rpc('system.stop') stopDaemon(p: ParamsOf<'system.stop'>, c: RpcContext) {
      return script.answer('system.stop', p, c);
    }
    @Rpc('operation.list') operations(p: ParamsOf<'operation.list'>, c: RpcContext) {
      return script.answer('operation.list', p, c);
    }
    @Rpc('operation.get') operation(p: ParamsOf<'operation.get'>, c: RpcContext) {
      return script.answer('operation.get', p, c);
    }
    @Rpc('operation.cancel') cancel(p: ParamsOf<'operation.cancel'>, c: RpcContext) {
      return script.answer('operation.cancel', p, c);
    }
    @Rpc('image.list') images(p: ParamsOf<'image.list'>, c: RpcContext) {
      return script.answer('image.list', p, c);
    }
    @Rpc('image.get') image(p: ParamsOf<'image.get'>, c: RpcContext) {
      return script.answer('image.get', p, c);
    }
    @Rpc('image.build.begin') build(p: ParamsOf<'image.build.begin'>, c: RpcContext) {
      return script.answer('image.build.begin', p, c);
    }
    @Rpc('image.delete') imageDelete(p: ParamsOf<'image.delete'>, c: RpcContext) {
      return script.answer('image.delete', p, c);
    }
    @Rpc('vm.create.begin') create(p: ParamsOf<'vm.create.begin'>, c: RpcContext) {
      return script.answer('vm.create.begin', p, c);
    }
    @Rpc('vm.list') list(p: ParamsOf<'vm.list'>, c: RpcContext) {
      return script.answer('vm.list', p, c);
    }
    @Rpc('vm.get') get(p: ParamsOf<'vm.get'>, c: RpcContext) {
      return script.answer('vm.get', p, c);
    }
    @Rpc('vm.start') start(p: ParamsOf<'vm.start'>, c: RpcContext) {
      return script.answer('vm.start', p, c);
    }
    @Rpc('vm.stop') stop(p: ParamsOf<'vm.stop'>, c: RpcContext) {
      return script.answer('vm.stop', p, c);
    }
    @Rpc('vm.restart') restart(p: ParamsOf<'vm.restart'>, c: RpcContext) {
      return script.answer('vm.restart', p, c);
    }
    @Rpc('vm.kill') kill(p: ParamsOf<'vm.kill'>, c: RpcContext) {
      return script.answer('vm.kill', p, c);
    }
    @Rpc('vm.delete') delete(p: ParamsOf<'vm.delete'>, c: RpcContext) {
      return script.answer('vm.delete', p, c);
    }
    @Rpc('vm.ssh') ssh(p: ParamsOf<'vm.ssh'>, c: RpcContext) {
      return script.answer('vm.ssh', p, c);
    }
  }
  return FakeDaemonController;
}

export interface FakeDaemon {
  readonly script: Script;
  readonly directory: string;
  readonly socketPath: string;
  stop(): Promise<void>;
}

/** The daemon's real server on a real socket, with answers from a script. */
export async function startFakeDaemon(script = new Script()): Promise<FakeDaemon> {
  const directory = await mkdtemp(join(tmpdir(), 'bgr-cli-'));
  const socketPath = join(directory, 'banger.sock');
  class AppModule {}
  Module({ imports: [RpcModule], controllers: [controllerFor(script)] })(AppModule);
  const app = await NestFactory.createMicroservice(AppModule, {
    logger: false,
    abortOnError: false,
    inject: [ByteChannels],
    useFactory: (channels: ByteChannels) => ({ strategy: new JsonRpcServer({ socketPath, channels }) }),
  });
  await app.listen();
  const stop = async (): Promise<void> => {
    await app.close();
    await rm(directory, { recursive: true });
  };
  return { script, directory, socketPath, stop };
}

const NOW = '2026-01-01T00:00:00.000Z';

export function vmView(name: string, changes: Partial<VmView> = {}): VmView {
  return {
    id: `id-${name}`,
    name,
    state: 'running',
    image: 'debian',
    cpus: 2,
    memoryMib: 1024,
    diskMib: 10_240,
    diskBackend: 'qcow2',
    labels: {},
    publishedPorts: [],
    restartPolicy: 'no',
    restarts: 0,
    env: {},
    ephemeral: false,
    hypervisor: 'qemu',
    createdAt: NOW,
    ...changes,
  };
}

export function operationView(changes: Partial<OperationView> = {}): OperationView {
  return {
    id: 'op1',
    kind: 'vm.create',
    subject: { type: 'vm', id: 'id-web', name: 'web' },
    state: 'running',
    steps: [],
    warnings: [],
    createdAt: NOW,
    ...changes,
  };
}

export function stepView(
  index: number,
  title: string,
  changes: Partial<OperationStepView> = {},
): OperationStepView {
  return {
    index,
    name: `step${index}`,
    title,
    state: 'running',
    startedAt: NOW,
    ...changes,
  };
}

/** Answers that make `vm run` and `vm create` succeed, with two steps. */
export function scriptCreation(script: Script): Script {
  return script
    .on('vm.create.begin', () => operationView())
    .on('operation.watch', async function* () {
      yield { snapshot: operationView({ steps: [stepView(0, 'creating the disk')] }) };
      yield {
        step: stepView(0, 'creating the disk', { state: 'done', finishedAt: '2026-01-01T00:00:00.400Z' }),
      };
      yield { step: stepView(1, 'waiting for the guest', { detail: 'boot: \u001b[31mred' }) };
      yield {
        step: stepView(1, 'waiting for the guest', { state: 'done', finishedAt: '2026-01-01T00:00:04.700Z' }),
      };
      return operationView({ state: 'succeeded' });
    })
    .on('vm.get', () => vmView('web'))
    .on('vm.delete', () => vmView('web', { state: 'deleting' }));
}
