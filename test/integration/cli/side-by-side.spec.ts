import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OperationEvent, OperationView } from '../../../src/contract/index.js';
import { CancelledError } from '../../../src/core/errors/index.js';
import { OperationRelay } from '../../../src/core/operation-relay.js';
import { cli, CliRun } from './cli-process.js';
import { operationView, startFakeDaemon, stepView, vmView } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

/** An operation of the fake daemon that goes on until it is cancelled or told to end. */
class FakeOperation {
  open = true;
  #events: OperationEvent[] = [];
  #wake = Promise.withResolvers<void>();

  constructor(readonly view: OperationView) {}

  get id(): string {
    return this.view.id;
  }

  watch(): ReturnType<Parameters<OperationRelay['follow']>[0]['watch']> {
    const next = async (): Promise<OperationEvent | undefined> => {
      while (this.#events.length === 0 && this.open) await this.#wake.promise;
      return this.#events.shift();
    };
    return { snapshot: structuredClone(this.view), queue: { next }, unwatch: () => undefined };
  }

  push(event: OperationEvent): void {
    this.#events.push(event);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  end(change: Partial<OperationView>): void {
    Object.assign(this.view, change);
    this.open = false;
    this.#wake.resolve();
  }
}

describe('a command over several VMs', () => {
  let daemon: FakeDaemon;
  let atWork = 0;
  let most = 0;
  const cancels = new Map<string, () => void>();
  const args = (...words: string[]): string[] => ['--socket', daemon.socketPath, ...words];

  beforeEach(async () => {
    [atWork, most] = [0, 0];
    cancels.clear();
    daemon = await startFakeDaemon();
    daemon.script.on('operation.cancel', ({ operation }) => {
      cancels.get(operation)?.();
      return operationView({ id: operation, state: 'cancelled' });
    });
  });
  afterEach(() => daemon.stop());

  /** `vm.start` as the daemon does it: an operation with a step, and a warning. `slow` ones end when cancelled. */
  function scriptStart(slow: readonly string[] = []): void {
    daemon.script.on('vm.start', async ({ vm }) => {
      const operation = new FakeOperation(
        operationView({ id: `op-${vm}`, subject: { type: 'vm', id: vm, name: vm } }),
      );
      OperationRelay.current?.follow(operation);
      most = Math.max(most, (atWork += 1));
      operation.push({ step: stepView(0, 'starting the machine') });
      const cancelled = new Promise<true>((resolve) => cancels.set(operation.id, () => resolve(true)));
      const rest = new Promise<false>((resolve) =>
        setTimeout(() => resolve(false), slow.includes(vm) ? 60_000 : 150).unref(),
      );
      const wasCancelled = await Promise.race([cancelled, rest]);
      atWork -= 1;
      operation.push({
        step: stepView(0, 'starting the machine', { state: wasCancelled ? 'cancelled' : 'done' }),
      });
      operation.end({
        state: wasCancelled ? 'cancelled' : 'succeeded',
        warnings: vm === 'a' ? ['mind the gap'] : [],
      });
      if (wasCancelled) throw new CancelledError(`vm.start of ${vm}`);
      return vmView(vm);
    });
  }

  it('works on four at a time, shows the steps of each, and warns; results in the order of the names', async () => {
    scriptStart();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const result = await cli(args('vm', 'start', ...names, 'a'));
    expect(result).toMatchObject({ code: 0, stdout: 'a\nb\nc\nd\ne\nf\n' });
    expect(most).toBe(4);
    for (const name of names) {
      expect(result.stderr).toContain(`- ${name}: starting the machine\n`);
      expect(result.stderr).toContain(`- ${name}: starting the machine: done`);
    }
    expect(result.stderr).toContain('warning: a: mind the gap');
    expect(daemon.script.callsOf('vm.start'), 'a name given twice is one VM').toHaveLength(6);
  });

  it('shows the steps of one without its name, and none with --quiet', async () => {
    scriptStart();
    expect((await cli(args('vm', 'start', 'b'))).stderr).toMatch(
      /^- starting the machine\n- starting the machine: done/,
    );
    expect(await cli(args('vm', 'start', '--quiet', 'b'))).toMatchObject({
      code: 0,
      stdout: 'b\n',
      stderr: '',
    });
  });

  it('cancels on Ctrl-C what is under way, begins no more, and says so of each', async () => {
    scriptStart(['b', 'c', 'd', 'e']);
    const run = new CliRun(args('vm', 'start', 'a', 'b', 'c', 'd', 'e', 'f'));
    await run.saw('- e: starting the machine');
    run.child.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: 'a\n' });
    expect(stderr).toContain('cancelling and cleaning up');
    for (const name of ['b', 'c', 'd', 'e'])
      expect(stderr).toContain(`banger: vm.start of ${name} was cancelled`);
    expect(stderr).toContain('the work on f, which had not begun, was cancelled');
    expect(daemon.script.callsOf('vm.start').map(({ vm }) => vm)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
