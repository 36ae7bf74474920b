import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostBinaryMissingError } from '../../core/process/index.js';
import { HostFacts } from '../facts/host-facts.js';
import type { MemoryFacts, OperatingSystem } from '../facts/host-facts.js';
import { DoctorCheck } from './doctor-check.js';
import type { DoctorFinding } from './doctor-check.js';
import { DoctorService } from './doctor.service.js';

class NoFacts extends HostFacts {
  readonly mode = 'user';
  override cpus = (): number => expect.unreachable();
  override memory = (): MemoryFacts => expect.unreachable();
  override processor = (): Promise<string> => expect.unreachable();
  override operatingSystem = (): Promise<OperatingSystem> => expect.unreachable();
  override freeBytes = (): Promise<number> => expect.unreachable();
}

class Check extends DoctorCheck {
  readonly title = 'a check';
  constructor(
    readonly id: string,
    readonly run: () => Promise<DoctorFinding>,
  ) {
    super();
  }
}

const OK = new Check('ok', async () => ({ status: 'ok', detail: 'fine' }));
const WARN = new Check('warn', async () => ({
  status: 'warn',
  detail: 'so so',
  fix: 'do this',
  packages: ['p'],
}));

describe('DoctorService', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('reports every check in order; a warning is healthy', async () => {
    expect(await new DoctorService([WARN, OK], new NoFacts()).report()).toEqual({
      healthy: true,
      mode: 'user',
      checks: [
        { id: 'warn', title: 'a check', status: 'warn', detail: 'so so', fix: 'do this', packages: ['p'] },
        { id: 'ok', title: 'a check', status: 'ok', detail: 'fine' },
      ],
    });
  });

  it('makes a failed check of what is thrown, with its fix', async () => {
    const broken = new Check('broken', () => Promise.reject(new HostBinaryMissingError('qemu-img')));
    const report = await new DoctorService([broken, OK], new NoFacts()).report();
    expect(report.healthy).toBe(false);
    expect(report.checks[0]).toMatchObject({
      status: 'fail',
      detail: 'the program qemu-img is not installed',
      fix: 'install it (apt install qemu-utils), or run: banger quickstart',
    });
  });

  it('gives a check up after its deadline and keeps the others', async () => {
    const slow = new Check('slow', () => new Promise(() => {}));
    const report = new DoctorService([slow, OK], new NoFacts()).report();
    await vi.advanceTimersByTimeAsync(5000);
    expect((await report).checks.map(({ status, detail }) => [status, detail])).toEqual([
      ['warn', 'took too long (more than 5 s)'],
      ['ok', 'fine'],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
