import { describe, expect, it } from 'vitest';
import { isKind } from '../core/errors/index.js';
import { VmLocks } from './vm-locks.js';

describe('VmLocks', () => {
  it('tells who comes second what is under way, and which operation to watch', async () => {
    const locks = new VmLocks();
    const release = await locks.take('vm_1', 'web', 'stop');
    locks.attachOperation('vm_1', 'op_7');
    try {
      await locks.take('vm_1', 'web', 'start');
      expect.unreachable('the VM is busy');
    } catch (error) {
      expect(isKind(error, 'VM_BUSY') && error.details).toEqual({
        vm: 'web',
        operation: 'stop',
        operationId: 'op_7',
      });
    }
    release();
    (await locks.take('vm_1', 'web', 'start'))();
    expect(locks.holder('vm_1')).toBeUndefined();
  });

  it('does not hold up one VM for another', async () => {
    const locks = new VmLocks();
    await locks.take('vm_1', 'web', 'stop');
    await locks.take('vm_2', 'db', 'stop');
    expect(locks.holder('vm_2')).toMatchObject({ action: 'stop' });
  });

  it('lets the daemon itself wait for its turn', async () => {
    const locks = new VmLocks();
    const order: string[] = [];
    const release = await locks.take('vm_1', 'web', 'stop');
    const waiting = locks.wait('vm_1', 'repair').then((done) => {
      order.push('end');
      done();
    });
    order.push('stop');
    release();
    await waiting;
    expect(order).toEqual(['stop', 'end']);
  });

  it('refuses nobody because of what the daemon writes down for itself', async () => {
    const locks = new VmLocks();
    const noted = await locks.note('vm_1', 'recording its end');
    const order: string[] = [];
    const taking = locks.take('vm_1', 'web', 'start').then(() => order.push('start'));
    await new Promise((resolve) => setImmediate(resolve));
    order.push('recorded');
    noted();
    // one that waited as well, and has its turn before
    const again = locks.note('vm_1', 'recording its memory').then((done) => done());
    await Promise.all([taking, again]);
    expect(order).toEqual(['recorded', 'start']);
    await expect(locks.take('vm_1', 'web', 'stop')).rejects.toMatchObject({ kind: 'VM_BUSY' });
  });

  it('keeps the name of the new holder when an old one lets go twice', async () => {
    const locks = new VmLocks();
    const release = await locks.take('vm_1', 'web', 'stop');
    release();
    await locks.take('vm_1', 'web', 'start');
    release();
    expect(locks.holder('vm_1')?.action).toBe('start');
  });
});
