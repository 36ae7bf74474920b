import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { OperationView } from '../../../src/contract/index.js';
import type { OperationContext } from '../../../src/core/operations/index.js';
import { fixture, watchAll, web } from './support.js';

const never = new AbortController().signal;
const create = { kind: 'vm.create', subject: web };

/** Waits until the operation is cancelled, then fails as a program does that was killed. */
async function untilCancelled({ signal }: OperationContext): Promise<never> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  throw new TypeError('killed');
}

function like(view: OperationView, other: Partial<OperationView>): OperationView {
  return Object.assign(structuredClone(view), other);
}

it('shows a watcher the snapshot, every change and the end', async () => {
  const { runner } = await fixture();
  const go = Promise.withResolvers<void>();
  const { view } = await runner.begin({
    ...create,
    body: async (operation) => {
      await go.promise;
      await operation.step('a', 'A', async (step) => step.detail('remark'));
      operation.output('a line');
    },
  });
  const watching = runner.watch(view.id, never);
  const first = await watching.next();
  go.resolve();
  const { events, view: last } = await watchAll(watching);
  expect(first.value).toEqual({ snapshot: view });
  const remarks = events.map(({ step, output }) => output ?? `${step?.state} ${step?.detail}`);
  // Whether the beginning is seen before its first remark depends on who is faster.
  expect(remarks.filter((remark) => remark !== 'running undefined')).toEqual([
    'running remark',
    'done remark',
    'a line',
  ]);
  expect(last).toMatchObject({ state: 'succeeded', steps: [{ state: 'done' }] });
  expect(await watchAll(runner.watch(view.id, never))).toEqual({ events: [{ snapshot: last }], view: last });
});

it('lets a watcher go whose signal aborts, while the operation goes on', async () => {
  const { runner } = await fixture();
  const { view } = await runner.begin({ ...create, body: untilCancelled });
  const controller = new AbortController();
  const watching = watchAll(runner.watch(view.id, controller.signal));
  await sleep(10);
  controller.abort(new RangeError('gone'));
  await expect(watching).rejects.toThrow('gone');
  expect((await runner.get(view.id)).state).toBe('running');
});

it('finds by a prefix that only one has, and says so otherwise', async () => {
  const { runner, store } = await fixture();
  const { view, finished } = await runner.begin({ ...create, body: () => Promise.resolve() });
  await finished;
  await store.create(like(view, { id: 'op_aaa1' }));
  await store.create(like(view, { id: 'op_aaa12' }));
  await store.create(like(view, { id: 'opX' }));
  expect([
    (await runner.get(view.id.slice(0, -2))).id,
    (await runner.get('op_aaa1')).id,
    (await runner.get('opX')).id,
  ]).toEqual([view.id, 'op_aaa1', 'opX']);
  await expect(runner.get('op_aaa')).rejects.toMatchObject({
    kind: 'OPERATION_AMBIGUOUS',
    details: { matches: ['op_aaa1', 'op_aaa12'] },
  });
  await expect(runner.get('op_none')).rejects.toMatchObject({ kind: 'OPERATION_NOT_FOUND' });
  await expect(runner.watch('%', never).next()).rejects.toMatchObject({ kind: 'OPERATION_NOT_FOUND' });
});

it('lists the newest first, by state and up to a limit, and forgets old ended ones', async () => {
  const { runner, store } = await fixture();
  const { view, finished } = await runner.begin({ ...create, body: () => Promise.resolve() });
  await finished;
  for (let at = 0; at < 5; at++) {
    await store.create(
      like(view, {
        id: `op_${at}`,
        state: 'failed',
        createdAt: new Date(at * 1000).toISOString(),
      }),
    );
  }
  await store.create(like(view, { id: 'op_old', state: 'running', createdAt: new Date(0).toISOString() }));
  expect((await runner.list({ limit: 2 })).map(({ id }) => id)).toEqual(['op_old', 'op_4']);
  expect((await runner.list({ state: 'running' })).map(({ id }) => id)).toEqual(['op_old']);
  await store.prune(3);
  expect((await runner.list({})).map(({ id }) => id)).toEqual(['op_old', 'op_4', 'op_3', 'op_2']);
});
