import { expect, it } from 'vitest';
import { Rollback } from './rollback.js';

function scripted(): { rollback: Rollback; played: string[] } {
  const rollback = new Rollback();
  const played: string[] = [];
  for (const what of ['directory', 'disk', 'process']) {
    rollback.add(what, async () => {
      played.push(what);
      if (what === 'disk') throw Object.assign(new Error('disk is busy'), { code: 'EBUSY' });
    });
  }
  return { rollback, played };
}

it('plays the undos in reverse order, goes on after a failure and reports it', async () => {
  const { rollback, played } = scripted();
  const failures = await rollback.run();
  expect({
    played,
    failures: failures.map(({ what, error }) => [what, error.kind, error.message]),
    left: rollback.size,
  }).toEqual({
    played: ['process', 'disk', 'directory'],
    failures: [['disk', 'INTERNAL', 'disk is busy']],
    left: 0,
  });
});

it('forgets everything on commit, and plays nothing twice', async () => {
  const { rollback, played } = scripted();
  rollback.commit();
  await rollback.run();
  expect(played).toEqual([]);
  rollback.add('late', async () => void played.push('late'));
  await rollback.run();
  await rollback.run();
  expect(played).toEqual(['late']);
});
