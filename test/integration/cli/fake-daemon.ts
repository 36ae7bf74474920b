import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { METHODS } from '../../../src/contract/index.js';
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
  /** a grant for an answer that has one: a byte channel, and what happens on it; set when the daemon starts */
  grant: ByteChannels['grant'] = () => {
    throw new Error('the daemon has not begun');
  };

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

  async *stream(method: MethodName, params: unknown, context: RpcContext): AsyncGenerator<never, never> {
    return yield* (await this.answer(method, params, context)) as AsyncGenerator<never, never>;
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
  }
  for (const method of OTHER_METHODS) answerFromScript(FakeDaemonController.prototype, method, script);
  return FakeDaemonController;
}

/** Every method that has no handler of its own above: a new one of the contract needs none here. */
const OTHER_METHODS = (Object.keys(METHODS) as MethodName[]).filter((method) => method !== 'vm.exec');

function answerFromScript(prototype: object, method: MethodName, script: Script): void {
  const value =
    'chunk' in METHODS[method]
      ? (params: unknown, context: RpcContext) => script.stream(method, params, context)
      : (params: unknown, context: RpcContext) => script.answer(method, params, context);
  const descriptor = { value, configurable: true, writable: true };
  Object.defineProperty(prototype, method, descriptor);
  // The decorator's type wants the handler of one method, this is the handler of each.
  Rpc(method as 'vm.get')(prototype, method, descriptor as TypedPropertyDescriptor<never>);
}

export interface FakeDaemon {
  readonly script: Script;
  readonly directory: string;
  readonly socketPath: string;
  /** ends it; its directory stays, for one that comes after it */
  end(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The daemon's real server on a real socket, with answers from a script.
 * @param directory of an earlier one, to come after it on the same socket
 */
export async function startFakeDaemon(script = new Script(), directory?: string): Promise<FakeDaemon> {
  directory ??= await mkdtemp(join(tmpdir(), 'bgr-cli-'));
  const socketPath = join(directory, 'banger.sock');
  class AppModule {}
  Module({ imports: [RpcModule], controllers: [controllerFor(script)] })(AppModule);
  const app = await NestFactory.createMicroservice(AppModule, {
    logger: false,
    abortOnError: false,
    inject: [ByteChannels],
    useFactory: (channels: ByteChannels) => {
      script.grant = (work) => channels.grant(work);
      return { strategy: new JsonRpcServer({ socketPath, channels }) };
    },
  });
  await app.listen();
  const end = (): Promise<void> => app.close();
  const stop = async (): Promise<void> => {
    await end();
    await rm(directory, { recursive: true });
  };
  return { script, directory, socketPath, end, stop };
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
    workspaces: [],
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
