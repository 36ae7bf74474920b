import { expect, it } from 'vitest';
import type { OperationEvent, OperationStepView } from '../../contract/index.js';
import { EventQueue } from './event-queue.js';

const never = new AbortController().signal;

function step(state: OperationStepView['state'], detail: string, index = 0): OperationEvent {
  return { step: { index, name: 'a', title: 'A', state, startedAt: '2026-01-01T00:00:00.000Z', detail } };
}

async function drain(queue: EventQueue): Promise<OperationEvent[]> {
  const events: OperationEvent[] = [];
  for (let event = await queue.next(never); event !== undefined; event = await queue.next(never))
    events.push(event);
  return events;
}

it('keeps of a slow consumer the last detail of each step, and every end of a step', async () => {
  const queue = new EventQueue();
  for (let at = 0; at < 5000; at++) {
    queue.push(step('running', `first ${at}`, 0));
    queue.push(step('running', `second ${at}`, 1));
  }
  queue.push(step('done', 'over', 0));
  queue.push(step('failed', 'broken', 1));
  queue.end();
  expect(await drain(queue)).toEqual([
    step('running', 'first 4999', 0),
    step('running', 'second 4999', 1),
    step('done', 'over', 0),
    step('failed', 'broken', 1),
  ]);
});

it('drops the oldest output first, and never a step', async () => {
  const queue = new EventQueue();
  queue.push(step('running', ''));
  for (let at = 0; at < 5000; at++) queue.push({ output: `line ${at}` });
  queue.push(step('done', ''));
  queue.end();
  const events = await drain(queue);
  expect([events.length, events[0], events[1], events.at(-1)]).toEqual([
    1002,
    step('running', ''),
    { output: 'line 4000' },
    step('done', ''),
  ]);
});

it('wakes a waiting consumer on an event, on the end and on abort', async () => {
  const queue = new EventQueue();
  const waiting = queue.next(never);
  queue.push({ output: 'hello' });
  expect(await waiting).toEqual({ output: 'hello' });
  const controller = new AbortController();
  const aborted = queue.next(controller.signal);
  controller.abort(new RangeError('gone'));
  await expect(aborted).rejects.toThrow('gone');
  const ended = queue.next(never);
  queue.end();
  expect(await ended).toBeUndefined();
});
