import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { VmStatsView } from '../../../contract/vm-observation.dto.js';
import { columnsOf, formatShort } from '../../render/text.js';
import { renderPing, summarize } from './ping-text.js';
import { renderHistory, renderStats } from './stats-text.js';
import { renderTop, SORTS } from './top-screen.js';
import { renderHealth } from './vm-health.command.js';

const style = pc.createColors(false);
const MIB = 1024 * 1024;

function view(name: string, changes: Partial<VmStatsView> = {}): VmStatsView {
  const series = [null, 0.5, 1];
  return {
    id: `vm_${name}`,
    name,
    state: 'running',
    cpus: 2,
    memoryMib: 1024,
    uptimeSeconds: 90,
    sampledAt: '2026-11-25T21:00:00.000Z',
    cpu: { seconds: 12, cores: 1, percent: 50 },
    memory: { residentBytes: 512 * MIB, guestUsedBytes: 256 * MIB, guestTotalBytes: 1000 * MIB },
    disk: { readBytes: 5 * MIB, writeBytes: 1000, readOperations: 1, writeOperations: 1, allocatedBytes: 0 },
    network: { receivedBytes: 0, sentBytes: 12, source: 'guest' },
    history: {
      at: [1_000, 6_000, 11_000],
      cpuCores: series,
      residentBytes: series.map((one) => (one === null ? null : one * 512 * MIB)),
      guestUsedBytes: [null, null, null],
      diskReadRate: [null, 0, 2048],
      diskWriteRate: [null, 0, 0],
      networkReceiveRate: [null, null, null],
      networkSendRate: [null, null, 7],
    },
    ...changes,
  };
}

/** just started: no sample was taken yet */
const fresh: VmStatsView = {
  id: 'vm_new',
  name: 'new',
  state: 'starting',
  cpus: 1,
  memoryMib: 512,
};

describe('vm stats', () => {
  it('shows what is known, and a dash for what is not', () => {
    expect(renderStats([view('web'), fresh], undefined)).toBe(
      [
        'NAME  CPU   RSS  PSS  GUEST  READ  WRITE  DISK  IN  OUT  UP',
        'web   50%  512M    -   256M  5.0M   1.0K     0   0   12  1m',
        'new     -     -    -      -     -      -     -   -    -   -',
        '',
      ].join('\n'),
    );
  });

  it('draws the past', () => {
    const lines = renderHistory(view('web')).split('\n');
    expect(lines[0]).toBe('web, the last 10s');
    expect(lines[1]).toMatch(/^ {2}cpu +·▃▅ {2}now 50%, at most 50%$/);
    expect(lines[3]).toBe('  guest not known');
    expect(lines[4]).toMatch(/read +· █ {2}now 2\.0K\/s, at most 2\.0K\/s$/);
    expect(renderHistory(fresh)).toBe('new: no figures yet\n');
  });

  it('writes bytes in four columns at most', () => {
    const bytes = [0, 999, 1000, 10_000, 999.4 * 1024, 1_023_000, 5e9, 9.99e11, 5e15];
    expect(bytes.map(formatShort)).toEqual([
      '0',
      '999',
      '1.0K',
      '9.8K',
      '999K',
      '999K',
      '4.7G',
      '930G',
      '4547T',
    ]);
  });
});

describe('vm top', () => {
  const size = { columns: 110, rows: 8, sort: 'cpu', style, time: '12:00:00' } as const;

  it('fills the screen exactly, at any size', () => {
    const views = 'abcdefghij'.split('').map((name) => view(name.repeat(30)));
    for (const columns of [20, 40, 60, 80, 110, 200])
      for (const rows of [0, 1, 3, 5, 24]) {
        const lines = renderTop(views, { ...size, columns, rows });
        expect(lines).toHaveLength(rows);
        if (columns >= 80) for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
      }
  });

  it('has graphs of CPU and memory, and the keys', () => {
    const [title, , header, first, , , last] = renderTop([view('web')], size);
    expect(title).toMatch(
      /^banger {2}12:00:00 {2}1 VM, 1\.0 CPUs busy, 512M of memory +q quit {2}s sort: cpu$/,
    );
    expect(header).toMatch(/^NAME +CPU 2 min +RSS GUEST 2 min +READ\/s WRITE\/s +IN\/s OUT\/s +UP *$/);
    expect(first).toMatch(/^web +50% +·▃▅ +512M +256M +·▃▅ +2\.0K +0 +- +7 +1m$/);
    expect(last).toBe('');
  });

  it('sorts by what is asked for, and says how many do not fit', () => {
    const busy = view('busy', { cpu: { seconds: 1, cores: 2, percent: 100 } });
    const large = view('large', { memory: { residentBytes: 900 * MIB } });
    const order = (sort: (typeof SORTS)[number]): string[] =>
      renderTop([view('web'), busy, large], { ...size, sort })
        .slice(3, 6)
        .map((line) => line.split(' ')[0] ?? '');
    expect([order('cpu')[0], order('memory')[0], order('name')]).toEqual([
      'busy',
      'large',
      ['busy', 'large', 'web'],
    ]);
    const cut = renderTop([view('web'), busy, large], { ...size, rows: 5 });
    expect(cut[4]).toBe('… and 2 more');
  });

  it('says what to do when nothing runs', () => {
    expect(renderTop([], size)[3]).toContain('banger vm start');
  });
});

describe('vm ping', () => {
  it('shows each round trip and their summary', () => {
    const answers = [
      { name: 'web', controlMs: 0.81, agentMs: 3, sshMs: 45.4 },
      { name: 'web', controlMs: 1.19 },
    ];
    expect(renderPing(answers[1] ?? { name: '' }, 2)).toBe(
      'web: seq=2 control=1.2 ms agent=no answer ssh=no answer\n',
    );
    expect(summarize(answers)).toEqual({
      allAnswered: false,
      text: [
        'web:',
        '  control 2 of 2 answered, min/mean/max 0.8/1.0/1.2 ms',
        '  agent   1 of 2 answered, min/mean/max 3.0/3.0/3.0 ms',
        '  ssh     1 of 2 answered, min/mean/max 45/45/45 ms',
        '',
      ].join('\n'),
    });
    expect(summarize([])).toEqual({ text: '', allAnswered: true });
  });
});

describe('vm health', () => {
  it('puts the remedy under what failed, and lets no guest write on the terminal', () => {
    const checks = [
      { id: 'state', title: 'state', status: 'ok' as const, detail: 'running' },
      {
        id: 'ssh',
        title: 'SSH',
        status: 'fail' as const,
        detail: 'bad \u001b[2J',
        latencyMs: 4500,
        fix: 'restart',
      },
    ];
    const report = { id: 'vm_1', name: 'web', state: 'running' as const, healthy: false, checks };
    expect(renderHealth(report, style)).toBe(
      [
        'web: not healthy',
        '  ✔ state             running',
        '  ✖ SSH      4500 ms  bad \\x1b[2J',
        '                      fix: restart',
        '',
      ].join('\n'),
    );
  });
});
