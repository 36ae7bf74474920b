import { expect, it } from 'vitest';
import { TransactionGate } from './transaction-gate.js';

function fail(): never {
  throw new RangeError('on purpose');
}

it('lets nobody pass while a transaction holds it, and then in the order they came', async () => {
  const gate = new TransactionGate(10_000);
  const order: string[] = [];
  const leave = await gate.enter();
  const waiting = [
    gate.pass(() => order.push('first')),
    gate.enter().then((leaveSecond) => {
      order.push('second');
      leaveSecond();
    }),
    gate.pass(() => order.push('third')),
  ];
  await Promise.resolve();
  expect(order).toEqual([]);
  leave();
  leave();
  await Promise.all(waiting);
  expect(order).toEqual(['first', 'second', 'third']);
});

it('stays usable after a body that throws', async () => {
  const gate = new TransactionGate(10_000);
  await expect(gate.pass(fail)).rejects.toThrow('on purpose');
  const leave = await gate.enter();
  const failing = gate.pass(fail);
  leave();
  await expect(failing).rejects.toThrow('on purpose');
  expect(await gate.pass(() => 'fine')).toBe('fine');
});

it('gives up waiting after its limit, and does not hand the turn to who gave up', async () => {
  const gate = new TransactionGate(1);
  const leave = await gate.enter();
  await expect(gate.pass(() => 'never')).rejects.toMatchObject({ cause: { kind: 'SocketTimeout' } });
  leave();
  expect(await gate.pass(() => 'fine')).toBe('fine');
});
