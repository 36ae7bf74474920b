import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../core/errors/index.js';
import { ProcessFailedError } from '../../core/process/index.js';
import { explainProvisioning } from './explain-provisioning.js';
import { PROVISIONING_STATUS as STATUS } from './provisioning-status.js';

function explain(exitCode: number | null, stderrTail: string): { kind: string; why: string; fix: string } {
  const signal = exitCode === null ? 'SIGKILL' : null;
  const error = new ProcessFailedError({ file: 'unshare', args: [], exitCode, signal, stderrTail });
  return explainProvisioning(error, { image: 'web', directory: '/state' }) as ReturnType<typeof explain>;
}

describe('explainProvisioning', () => {
  it('lets other errors pass', () => {
    const cancelled = new CancelledError('the pull');
    expect(explainProvisioning(cancelled, { image: 'web', directory: '/state' })).toBe(cancelled);
  });

  it.each([...Object.values(STATUS), 1, 2, 126, 127, 137, null])(
    'has a reason and a fix for status %s',
    (status) => {
      const { kind, why, fix } = explain(status, '');
      expect(kind).toBe('IMAGE_NOT_PROVISIONABLE');
      expect(why).toMatch(/^(it|its) /);
      expect(fix).toMatch(/^[a-z].{20}/);
    },
  );

  it('tells the status of each cause apart from the others', () => {
    const reasons = Object.values(STATUS).map((status) => explain(status, '').why);
    const own = [STATUS.architecture, STATUS.packageManager, STATUS.release].map(
      (status) => explain(status, '').why,
    );
    for (const reason of own) expect(reasons.filter((other) => other === reason)).toHaveLength(1);
  });

  it('explains a missing package by the mirror that was not reached', () => {
    const output = "W: Failed to fetch http://x  Could not resolve 'x'\nE: Unable to locate package git";
    expect(explain(STATUS.download, output).why).toMatch(/^its package mirrors were not reached/);
  });

  it('names up to ten packages that are names', () => {
    const lines = Array.from({ length: 20 }, (_, index) => `E: Unable to locate package p${index}`);
    const { why } = explain(STATUS.download, ['E: Unable to locate package $(id);', ...lines].join('\n'));
    expect(why).toBe('its mirrors have no package p0, p1, p2, p3, p4, p5, p6, p7, p8, p9');
  });

  it('bounds what it quotes', () => {
    expect(explain(STATUS.mirrors, `Could not resolve ${'x'.repeat(5000)}`).why.length).toBeLessThan(300);
    expect(explain(STATUS.incomplete, `banger-provisioning: ${'x'.repeat(5000)}`).why.length).toBeLessThan(
      300,
    );
  });

  it('is quick with output that was made to make it slow', () => {
    const started = performance.now();
    for (const piece of [
      'Disk more space needed on the ',
      'Release file is ',
      ' \t',
      '\u001b[',
      '\u001b]',
      "Package '",
    ])
      explain(STATUS.download, piece.repeat(8192 / piece.length));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
