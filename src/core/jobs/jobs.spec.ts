import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { InternalError } from '../errors/index.js';
import { Jobs } from './jobs.js';

function started(): { jobs: Jobs; lines: string[] } {
  const lines: string[] = [];
  const jobs = new Jobs(pino({ base: {} }, { write: (line: string) => void lines.push(line) }));
  jobs.begin();
  return { jobs, lines };
}

describe('Jobs', () => {
  it('run only between the begin and the end of the service', async () => {
    let rounds = 0;
    const jobs = new Jobs(pino({ level: 'silent' }));
    const round = jobs.define('count', async () => void (rounds += 1));
    await round();
    expect(rounds).toBe(0);
    jobs.begin();
    await round();
    await jobs.close();
    await round();
    expect(rounds).toBe(1);
  });

  it('never overlap themselves: a call during a round joins it', async () => {
    const { jobs } = started();
    const gate = Promise.withResolvers<void>();
    let rounds = 0;
    const round = jobs.define('slow', async () => {
      rounds += 1;
      await gate.promise;
    });
    const both = [round(), round()];
    gate.resolve();
    await Promise.all(both);
    expect(rounds).toBe(1);
    await round();
    expect(rounds).toBe(2);
  });

  it('end on their own errors, each logged once until it worked again', async () => {
    const { jobs, lines } = started();
    let fails = true;
    const round = jobs.define('frail', () =>
      fails ? Promise.reject(new InternalError('no luck')) : Promise.resolve(),
    );
    await round();
    await round();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/"job":"frail"[\s\S]*no luck/);
    fails = false;
    await round();
    fails = true;
    await round();
    expect(lines.slice(1)).toEqual([
      expect.stringContaining('works again'),
      expect.stringContaining('no luck'),
    ]);
  });

  it('are told of the end of the service, which waits for them and logs nothing of it', async () => {
    const { jobs, lines } = started();
    const round = jobs.define('waiting', async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new InternalError('cut off');
    });
    const running = round();
    await jobs.close();
    await running;
    expect(lines).toEqual([]);
  });
});
