import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { FakeClock } from '../../support/fakes/fake-clock.js';
import { OomRecords } from '../../../src/vm/reaper/oom-records.adapter.js';
import { OomWatch } from '../../../src/vm/reaper/oom-watch.js';

/** Where control groups of memory are made, by version; undefined where this user can make none. */
function memoryGroups(): { root: string; limit: string } | undefined {
  const found = [
    { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
    { root: '/sys/fs/cgroup', limit: 'memory.max' },
  ].find(({ root, limit }) => existsSync(`${root}/${limit}`) || existsSync(`${root}/cgroup.subtree_control`));
  try {
    if (found !== undefined) accessSync(found.root, constants.W_OK);
    return found;
  } catch {
    return undefined;
  }
}

const groups = memoryGroups();

it.skipIf(groups === undefined)(
  'a process that the kernel kills for lack of memory is told from one that somebody killed (needs control groups)',
  async () => {
    const group = `${groups?.root}/bgr-test-${process.pid}`;
    mkdirSync(group);
    try {
      writeFileSync(`${group}/${groups?.limit}`, String(32 * 1024 * 1024));
      const records = new OomRecords();
      const watch = new OomWatch(records, new FakeClock());
      await watch.look();
      const before = (await records.kills()) ?? Number.NaN;
      const script = `echo $$ > ${group}/cgroup.procs && exec tail /dev/zero`;
      const child = spawn('/bin/sh', ['-c', script], { stdio: 'ignore' });
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
      const other = spawn('/bin/sleep', ['60'], { stdio: 'ignore' });
      other.kill('SIGKILL');
      await once(other, 'exit');

      expect(await records.kills()).toBeGreaterThan(before);
      const isReadable = (await records.victims()) !== undefined;
      expect(await watch.blame(child.pid ?? 0, true)).toBe(isReadable ? 'certain' : 'probable');
      expect(await watch.blame(other.pid ?? 0, true)).toBeUndefined();
    } finally {
      rmdirSync(group);
    }
  },
);
