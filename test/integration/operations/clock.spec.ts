import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DurableLedger } from '../../../src/core/operations/durable-ledger.js';
import { fixture, web } from './support.js';

const HOUR_MS = 3_600_000;
const owner = { type: 'vm', id: 'vm_web' } as const;

/** The clock alone; timers and performance.now() go on, as they do when a host's clock is set. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function setClock(byMs: number): void {
  vi.setSystemTime(Date.now() + byMs);
}

it('undoes what was made last first, although the clock was set back in between, also between two daemons', async () => {
  const { ledger, database } = await fixture();
  const released: string[] = [];
  const undo = async ({ key }: { key: string }): Promise<void> => void released.push(key);
  ledger.registerUndo('directory', undo);
  const make = (target: DurableLedger, key: string): Promise<void> =>
    target.make({ kind: 'directory', key, owner }, () => Promise.resolve());
  await make(ledger, 'first');
  setClock(-5 * HOUR_MS);
  await make(ledger, 'second');

  const next = new DurableLedger(database, { error: () => undefined } as never);
  next.registerUndo('directory', undo);
  setClock(-5 * HOUR_MS);
  await make(next, 'third');
  setClock(20 * HOUR_MS);
  await make(next, 'fourth');
  await next.releaseOwner(owner);
  expect(released).toEqual(['fourth', 'third', 'second', 'first']);
});

it('keeps and lists the newest operations first, although the clock was set back before them', async () => {
  const { runner, store } = await fixture();
  const ids: string[] = [];
  for (const jump of [0, -5 * HOUR_MS, -5 * HOUR_MS, 20 * HOUR_MS, -HOUR_MS]) {
    setClock(jump);
    const { view, finished } = await runner.begin({
      kind: 'vm.start',
      subject: web,
      body: (operation) => operation.step('boot', 'booting', () => Promise.resolve()),
    });
    await finished;
    ids.unshift(view.id);
  }
  expect((await runner.list({})).map(({ id }) => id)).toEqual(ids);
  await store.prune(3);
  expect((await runner.list({})).map(({ id }) => id)).toEqual(ids.slice(0, 3));
});
