import { expect, it } from 'vitest';
import { KeyedLock } from './keyed-lock.js';
import { apart } from './lock-order.js';

/** What a work that holds a lock of one rank gets when it asks for one of another. */
async function outcomes(): Promise<Record<string, string>> {
  const ranks = ['vm', 'image', 'subsystem'] as const;
  const result: Record<string, string> = {};
  for (const outer of ranks) {
    for (const inner of ranks) {
      const taken = new KeyedLock(outer).with('a', 'outer work', async () => {
        new KeyedLock(inner).tryAcquire('b', 'inner work')?.();
      });
      result[`${outer} then ${inner}`] = await taken.then(
        () => 'taken',
        () => 'refused',
      );
    }
  }
  return result;
}

it('lets locks be taken from the VM inwards alone, and never two of one rank', async () => {
  expect(await outcomes()).toEqual({
    'vm then vm': 'refused',
    'vm then image': 'taken',
    'vm then subsystem': 'taken',
    'image then vm': 'refused',
    'image then image': 'refused',
    'image then subsystem': 'taken',
    'subsystem then vm': 'refused',
    'subsystem then image': 'refused',
    'subsystem then subsystem': 'refused',
  });
});

it('says which work holds what, and checks work that was begun by the holder, however deep', async () => {
  const [vms, images] = [new KeyedLock('vm'), new KeyedLock('image')];
  const deep = async (): Promise<void> => {
    await Promise.resolve();
    await vms.acquire('vm_1', 'start');
  };
  await expect(images.with('default', 'a deletion', deep)).rejects.toMatchObject({
    kind: 'INTERNAL',
    message: 'start takes the vm lock vm_1 while a deletion holds the image lock default',
  });
  expect([vms.holder('vm_1'), images.holder('default')], 'nothing is kept').toEqual([undefined, undefined]);
});

it('does not count what has been given back, nor the locks of others', async () => {
  const [vms, images] = [new KeyedLock('vm'), new KeyedLock('image')];
  const release = images.tryAcquire('default', 'a build');
  expect(vms.tryAcquire('vm_2', 'somebody else takes a VM')).toBeDefined();
  await images.under('default', async () => {
    release?.();
    await Promise.resolve();
    expect(vms.tryAcquire('vm_1', 'after the build')).toBeDefined();
  });
});

it('lets work that nobody waits for be begun apart', async () => {
  const vms = new KeyedLock('vm');
  const recorded = Promise.withResolvers<string>();
  await vms.with('vm_1', 'start', async () => {
    void apart(() => vms.acquire('vm_1', 'recording its end').then(() => recorded.resolve('recorded')));
    await Promise.resolve();
  });
  expect(await recorded.promise).toBe('recorded');
});
