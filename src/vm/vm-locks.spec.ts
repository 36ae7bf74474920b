import { describe, expect, it } from 'vitest';
import { isKind } from '../core/errors/index.js';
import { VmLocks } from './vm-locks.js';

describe('VmLocks', () => {
  it('tells who comes second what is under way, and which operation to watch', () => {
    const locks = new VmLocks();
    const release = locks.take('vm_1', 'web', 'stop');
    locks.attachOperation('vm_1', 'op_7');
    try {
      locks.take('vm_1', 'web', 'start');
      expect.unreachable('the VM is busy');
    } catch (error) {
      expect(isKind(error, 'VM_BUSY') && error.details).toEqual({
        vm: 'web',
        operation: 'stop',
        operationId: 'op_7',
      });
    }
    release();
    locks.take('vm_1', 'web', 'start')();
    expect(locks.holder('vm_1')).toBeUndefined();
  });

  it('does not hold up one VM for another', () => {
    const locks = new VmLocks();
    locks.take('vm_1', 'web', 'stop');
    expect(() => locks.take('vm_2', 'db', 'stop')).not.toThrow();
  });

  it('lets the daemon itself wait for its turn', async () => {
    const locks = new VmLocks();
    const order: string[] = [];
    const release = locks.take('vm_1', 'web', 'stop');
    const waiting = locks.wait('vm_1', 'recording its end').then((done) => {
      order.push('end');
      done();
    });
    order.push('stop');
    release();
    await waiting;
    expect(order).toEqual(['stop', 'end']);
  });

  it('keeps the name of the new holder when an old one lets go twice', () => {
    const locks = new VmLocks();
    const release = locks.take('vm_1', 'web', 'stop');
    release();
    locks.take('vm_1', 'web', 'start');
    release();
    expect(locks.holder('vm_1')?.action).toBe('start');
  });
});
