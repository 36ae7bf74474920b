import { describe, expect, it, vi } from 'vitest';
import { TimeoutError } from '../../../core/errors/index.js';
import type { ExitStatus } from '../../../core/process/index.js';
import { VmmProtocolError } from '../hypervisor.errors.js';
import { launchAttempt, launchFailure } from './launch-attempt.js';

const identity = { pid: 7, startTicks: 1, executable: '/usr/bin/qemu-system-x86_64' };
const never = new AbortController().signal;

describe('launchAttempt', () => {
  it('ends with the process, and knows its status when that was the cause', async () => {
    const exited = Promise.withResolvers<ExitStatus>();
    const attempt = launchAttempt({ identity, exited: exited.promise }, never, 'web');
    expect(attempt.signal.aborted).toBe(false);
    exited.resolve({ exitCode: 1, signal: null });
    await exited.promise;
    expect(attempt.signal.aborted).toBe(true);
    expect(await attempt.endedByItself(attempt.signal.reason)).toEqual({ exitCode: 1, signal: null });
    expect(await attempt.endedByItself(new RangeError('the record'))).toBeUndefined();
    attempt.dispose();
  });

  it('waits for the report of the end when the connection broke first', async () => {
    const exited = Promise.withResolvers<ExitStatus>();
    const attempt = launchAttempt({ identity, exited: exited.promise }, never, 'web');
    const ended = attempt.endedByItself(new VmmProtocolError('greeting', 'the connection was closed'));
    exited.resolve({ exitCode: null, signal: 'SIGSYS' });
    expect(await ended).toEqual({ exitCode: null, signal: 'SIGSYS' });
    attempt.dispose();
  });

  it('ends with its caller, and with time', async () => {
    vi.useFakeTimers();
    const caller = new AbortController();
    const child = { identity, exited: new Promise<ExitStatus>(() => undefined) };
    const given = launchAttempt(child, caller.signal, 'web');
    caller.abort(new TimeoutError('the operation', 5));
    expect(given.signal.reason).toMatchObject({ kind: 'TIMEOUT', details: { what: 'the operation' } });
    const slow = launchAttempt(child, never, 'web');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(slow.signal.reason).toMatchObject({ kind: 'TIMEOUT', details: { what: 'starting web' } });
    vi.useRealTimers();
  });
});

describe('launchFailure', () => {
  const status = { exitCode: 1, signal: null };

  it('tells a port in use', () => {
    const log =
      "qemu-system-x86_64: -netdev user,id=nic0: Could not set up host forwarding rule 'tcp:127.0.0.1:22001-:22'\n";
    expect(launchFailure(status, log)).toMatchObject({
      details: { portConflict: true, stderrTail: log },
      why: log.trim(),
    });
  });

  it('gives the last words as the cause of anything else', () => {
    const error = launchFailure({ exitCode: null, signal: 'SIGSYS' }, 'one\ntwo\n');
    expect(error.message).toBe('qemu-system-x86_64 ended with signal SIGSYS before the machine ran');
    expect([error.why, error.details.portConflict]).toEqual(['two', undefined]);
    expect(launchFailure(status, '').why).toBeUndefined();
  });
});
