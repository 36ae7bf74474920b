import { describe, expect, it } from 'vitest';
import { parseInterfaces } from './agent-protocol.js';
import { parseBlockStats, parseGuestStats } from './machine-stats.js';

const HOSTILE: unknown[] = [null, undefined, 7, 'x', {}, [], [null], [{}], [{ stats: 7 }], { return: [] }];

describe('parseBlockStats', () => {
  it('sums the devices, and not what lies beneath them', () => {
    const stats = (bytes: number): Record<string, number> => ({
      rd_bytes: bytes,
      wr_bytes: 2 * bytes,
      rd_operations: 3,
      wr_operations: 4,
    });
    const answer = [
      { device: '', qdev: '/machine/a', stats: stats(1000), parent: { stats: stats(1000) } },
      { device: '', qdev: '/machine/b', stats: stats(500), backing: { stats: stats(70) } },
    ];
    expect(parseBlockStats(answer)).toEqual({
      readBytes: 1500,
      writeBytes: 3000,
      readOperations: 6,
      writeOperations: 8,
    });
  });

  it('takes what is no count for none', () => {
    const none = { readBytes: 0, writeBytes: 0, readOperations: 0, writeOperations: 0 };
    const nonsense = [{ stats: { rd_bytes: -1, wr_bytes: '9', rd_operations: 1e300, wr_operations: null } }];
    for (const answer of [...HOSTILE, nonsense]) expect(parseBlockStats(answer)).toEqual(none);
  });
});

describe('parseGuestStats', () => {
  it('reads what the guest told', () => {
    const stats = { 'stat-total-memory': 1000, 'stat-available-memory': 400, 'stat-free-memory': 1 };
    expect(parseGuestStats({ stats, 'last-update': 1 })).toEqual({ totalBytes: 1000, availableBytes: 400 });
  });

  it('knows nothing before the guest told, and believes no nonsense', () => {
    const untold = { 'stat-total-memory': 2 ** 64 - 1, 'stat-available-memory': 2 ** 64 - 1 };
    for (const answer of [...HOSTILE, { stats: untold }, { stats: { 'stat-total-memory': -1 } }])
      expect(parseGuestStats(answer)).toBeUndefined();
    const lie = { 'stat-total-memory': 10, 'stat-available-memory': 400 };
    expect(parseGuestStats({ stats: lie })).toEqual({ totalBytes: 10, availableBytes: 10 });
  });
});

describe('parseInterfaces', () => {
  it('sums all but the loopback', () => {
    const nic = (name: string, rx: unknown): object => ({
      name,
      statistics: { 'rx-bytes': rx, 'tx-bytes': 5, 'rx-errs': 0 },
    });
    expect(parseInterfaces([nic('lo', 999), nic('eth0', 100), nic('docker0', 20), { name: 'sit0' }])).toEqual(
      { receivedBytes: 120, sentBytes: 10 },
    );
    expect(parseInterfaces([nic('eth0', 'many')])).toEqual({ receivedBytes: 0, sentBytes: 5 });
  });

  it('refuses nonsense', () => {
    for (const answer of [null, undefined, 7, 'x', {}, [null], ['eth0']])
      expect(parseInterfaces(answer)).toBeUndefined();
  });
});
