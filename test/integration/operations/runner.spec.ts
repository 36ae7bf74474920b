import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { OperationView } from '../../../src/contract/index.js';
import { BangerError } from '../../../src/core/errors/index.js';
import { currentRef, runWithRef } from '../../../src/core/logging/index.js';
import type { OperationContext } from '../../../src/core/operations/index.js';
import { fixture, web } from './support.js';

const create = { kind: 'vm.create', subject: web };

function aFailure(): BangerError {
  return new BangerError('DISK_FULL', 'no space left', {
    details: { path: '/srv' },
    why: 'it is full',
    fix: 'free some',
  });
}

/** Waits until the operation is cancelled, then fails as a program does that was killed. */
async function untilCancelled({ signal }: OperationContext): Promise<never> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  throw new TypeError('killed');
}

function like(view: OperationView, other: Partial<OperationView>): OperationView {
  return Object.assign(structuredClone(view), other);
}

it('records steps, warnings and the outcome as they happen', async () => {
  const { runner, store } = await fixture();
  const body = async (operation: OperationContext): Promise<unknown> => {
    const seen = await operation.step('disk.create', 'creating the disk', async (step) => {
      step.detail('half', 0.5);
      return (await store.get(operation.id)).steps[0]?.state;
    });
    operation.warn('the image is old');
    return [seen, currentRef()];
  };
  const { view, finished } = await runWithRef('ref-1', () => runner.begin({ ...create, body }));
  expect(await finished).toEqual(['running', 'ref-1']);
  const ended = await store.get(view.id);
  expect(ended).toMatchObject({
    ...create,
    ref: 'ref-1',
    state: 'succeeded',
    warnings: ['the image is old'],
    finishedAt: expect.any(String) as string,
    steps: [
      {
        index: 0,
        name: 'disk.create',
        title: 'creating the disk',
        state: 'done',
        detail: 'half',
        progress: 0.5,
      },
    ],
  });
  expect(await runner.get(view.id)).toEqual(ended);
});

it('undoes in reverse order after a failure, and keeps the error with its correlation id', async () => {
  const { runner, store, log } = await fixture();
  const undone: string[] = [];
  const body = async ({
    rollback,
    step,
  }: {
    rollback: OperationContext['rollback'];
    step: () => Promise<void>;
  }): Promise<void> => {
    rollback.add('the directory', async () => void undone.push('directory'));
    rollback.add('the disk', async () => {
      undone.push('disk');
      throw new RangeError('still mounted');
    });
    await step();
  };
  const { view, finished } = await runWithRef('ref-2', () =>
    runner.begin({
      ...create,
      body: (operation) =>
        body({
          rollback: operation.rollback,
          step: () => operation.step('disk.create', 'creating the disk', () => Promise.reject(aFailure())),
        }),
    }),
  );
  await expect(finished).rejects.toMatchObject({ kind: 'DISK_FULL' });
  expect(undone).toEqual(['disk', 'directory']);
  expect(await store.get(view.id)).toMatchObject({
    state: 'failed',
    error: {
      message: 'no space left',
      data: {
        kind: 'DISK_FULL',
        details: { path: '/srv' },
        why: 'it is full',
        fix: 'free some',
        ref: 'ref-2',
      },
    },
    warnings: [expect.stringContaining('could not undo: the disk: still mounted') as string],
    steps: [{ state: 'failed' }, { name: 'rollback', state: 'done', detail: 'the directory' }],
  });
  expect(log.filter(({ level, ref }) => level === 'error' && ref === 'ref-2').map(({ msg }) => msg)).toEqual([
    'could not undo: the disk',
  ]);
});

it('tells users nothing of a defect but the reference under which the log has it', async () => {
  const { runner, store, log } = await fixture();
  const { view, finished } = await runner.begin({
    ...create,
    body: () => Promise.reject(new TypeError('x is undefined')),
  });
  await expect(finished).rejects.toMatchObject({ kind: 'INTERNAL' });
  expect(await store.get(view.id)).toMatchObject({
    error: { message: 'internal error', data: { kind: 'INTERNAL', ref: view.id } },
  });
  expect(log.filter(({ level }) => level === 'error')).toMatchObject([
    { ref: view.id, err: { message: 'x is undefined' } },
  ]);
});

it('cancels: aborts, waits for the undo, and does nothing to an ended operation', async () => {
  const { runner } = await fixture();
  const undone: string[] = [];
  const { view, finished } = await runner.begin({
    ...create,
    body: (operation) => {
      operation.rollback.add('slowly', async () => {
        await sleep(30);
        undone.push('slowly');
      });
      return operation.step('boot', 'booting', () => untilCancelled(operation));
    },
  });
  finished.catch(() => undefined);
  while ((await runner.get(view.id)).steps.length === 0) await sleep(1);
  const cancelled = await runner.cancel(view.id);
  expect([undone, cancelled]).toMatchObject([
    ['slowly'],
    {
      state: 'cancelled',
      error: { data: { kind: 'CANCELLED' } },
      steps: [{ state: 'cancelled' }, { name: 'rollback', state: 'done' }],
    },
  ]);
  await expect(finished).rejects.toMatchObject({ kind: 'CANCELLED' });
  expect(await runner.cancel(view.id)).toEqual(cancelled);
});

it('begins no step of a cancelled operation', async () => {
  const { runner } = await fixture();
  let begun = false;
  const { view, finished } = await runner.begin({
    ...create,
    body: async (operation) => {
      await new Promise((resolve) => operation.signal.addEventListener('abort', resolve));
      await operation.step('late', 'late', async () => void (begun = true));
    },
  });
  await runner.cancel(view.id);
  await expect(finished).rejects.toMatchObject({ kind: 'CANCELLED' });
  expect([begun, (await runner.get(view.id)).steps]).toEqual([false, []]);
});

it('undoes also what a step made that ran beside the one that failed', async () => {
  const { runner } = await fixture();
  const undone: string[] = [];
  const { finished } = await runner.begin({
    ...create,
    body: async (operation) => {
      const slow = operation.step('slow', 'slow', async () => {
        await sleep(50);
        operation.rollback.add('slow', async () => void undone.push('slow'));
      });
      await Promise.all([slow, operation.step('fails', 'fails', () => Promise.reject(aFailure()))]);
    },
  });
  await expect(finished).rejects.toMatchObject({ kind: 'DISK_FULL' });
  expect(undone).toEqual(['slow']);
});

it('writes at most one detail a second, and keeps up with 20,000 of them', async () => {
  const { runner, database } = await fixture();
  let writes = 0;
  const counted = database.client.$extends({
    query: {
      operationStep: {
        update: ({ args, query }) => {
          writes++;
          return query(args);
        },
      },
    },
  });
  Object.defineProperty(database, 'client', { value: counted });
  const { view, finished } = await runner.begin({
    ...create,
    body: (operation) =>
      operation.step('a', 'A', async (step) => {
        for (let at = 0; at < 20; at++) {
          for (let line = 0; line < 1000; line++) step.detail(`${at}.${line}`);
          await sleep(70);
        }
      }),
  });
  await finished;
  // 1.4 s: at once, after a second, and the end of the step.
  expect(writes).toBeLessThanOrEqual(4);
  expect((await runner.get(view.id)).steps[0]).toMatchObject({ state: 'done', detail: '19.999' });
});

it('ends what a dead daemon left running, and nothing that runs now', async () => {
  const { runner, store } = await fixture();
  const { view: running } = await runner.begin({ ...create, body: untilCancelled });
  const left = like(running, { id: 'op_left', ref: 'ref-9' });
  await store.create(left);
  await store.createStep(left.id, {
    index: 0,
    name: 'a',
    title: 'A',
    state: 'running',
    startedAt: left.createdAt,
  });
  const interrupted = await runner.markInterrupted();
  expect(interrupted).toEqual([await store.get('op_left')]);
  expect(interrupted).toMatchObject([
    {
      id: 'op_left',
      state: 'failed',
      error: { data: { kind: 'OPERATION_INTERRUPTED', ref: 'ref-9' } },
      steps: [{ state: 'failed' }],
    },
  ]);
  expect([await runner.markInterrupted(), (await runner.get(running.id)).state]).toEqual([[], 'running']);
});

it('undoes what runs when the daemon stops, and begins nothing new', async () => {
  const { runner } = await fixture();
  let undone = false;
  const { view } = await runner.begin({
    ...create,
    body: (operation) => {
      operation.rollback.add('it', async () => void (undone = true));
      return untilCancelled(operation);
    },
  });
  await runner.close();
  expect([undone, await runner.get(view.id)]).toMatchObject([
    true,
    { state: 'cancelled', error: { data: { why: 'the daemon is stopping' } } },
  ]);
  await expect(runner.begin({ ...create, body: () => Promise.resolve() })).rejects.toMatchObject({
    kind: 'CANCELLED',
  });
});

it('undoes when the success cannot be recorded', async () => {
  const { runner, database } = await fixture();
  let undone = false;
  const { finished } = await runner.begin({
    ...create,
    body: async (operation) => {
      operation.rollback.add('it', async () => void (undone = true));
      await database.client.operation.delete({ where: { id: operation.id } });
    },
  });
  await expect(finished).rejects.toMatchObject({ kind: 'INTERNAL' });
  expect(undone).toBe(true);
});
