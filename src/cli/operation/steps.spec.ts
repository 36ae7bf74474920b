import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OperationStepView, OperationView } from '../../contract/operation.dto.js';
import { styleFor } from '../render/style.js';
import { LiveSteps } from './live-steps.js';
import { PlainSteps } from './plain-steps.js';

const step = (index: number, title: string, changes: Partial<OperationStepView> = {}): OperationStepView => ({
  index,
  name: title,
  title,
  state: 'running',
  startedAt: '2026-01-01T00:00:00.000Z',
  ...changes,
});
const done = { state: 'done', finishedAt: '2026-01-01T00:00:02.000Z' } as const;

describe('steps without a terminal', () => {
  it('are told once when they begin and once when they end', () => {
    let text = '';
    const view = new PlainSteps((part) => (text += part), false);
    view.event({ snapshot: { steps: [step(0, 'one', done), step(1, 'two')] } as OperationView });
    view.event({ step: step(1, 'two', { detail: 'half\u001b[2J' }) });
    view.event({ output: 'a line' });
    view.event({ step: step(1, 'two', { ...done, state: 'failed', detail: 'no\nluck' }) });
    view.event({ step: step(2, 'three', { state: 'skipped' }) });
    expect(text).toBe('- one: done (2.0 s)\n- two\n- two: FAILED (2.0 s): no\\nluck\n- three: skipped\n');
  });

  it('come with details and output when verbose', () => {
    let text = '';
    const view = new PlainSteps((part) => (text += part), true);
    view.event({ step: step(0, 'one') });
    view.event({ step: step(0, 'one', { detail: 'half' }) });
    view.event({ output: 'a line' });
    expect(text).toBe('- one\n    half\n    a line\n');
  });
});

describe('live steps', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:01.500Z') });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('redraw the running ones, keep the finished ones, and never wrap', () => {
    let text = '';
    const style = styleFor({ isTty: false, noColor: true, env: {} });
    const view = new LiveSteps({ write: (part) => (text += part), columns: () => 30, style, indent: '  ' });
    view.event({ step: step(0, 'one', { detail: 'd'.repeat(50) }) });
    expect(text).toBe('\u001b[?25l  ⠋ one 1.5 s · dddddddddddd…\n');
    text = '';
    vi.advanceTimersByTime(80);
    expect(text).toBe('\r\u001b[1A\u001b[J  ⠙ one 1.6 s · dddddddddddd…\n');
    text = '';
    view.event({ step: step(0, 'one', done) });
    expect(text).toBe('\r\u001b[1A\u001b[J  ✔ one 2.0 s\n');
    text = '';
    view.end(undefined);
    vi.advanceTimersByTime(1000);
    expect(text).toBe('\u001b[?25h');
  });
});
