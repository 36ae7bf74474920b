import { beforeEach, describe, expect, it } from 'vitest';
import { CancelledError, DiskFullError } from '../../core/errors/index.js';
import type {
  OperationContext,
  OperationRequest,
  OperationRunner,
  StepContext,
} from '../../core/operations/index.js';
import type { BootableImage } from '../../image/index.js';
import type { TemplateMaker } from './template-maker.js';
import type { TemplateOrder } from './template-preparer.js';
import { TemplateProduction } from './template-production.js';
import type { TemplateStore } from './template-store.js';
import type { Template, TemplateShape } from './template.types.js';

const IMAGE = { id: 'img_one', name: 'debian' } as BootableImage;

function shape(cpus: number): TemplateShape {
  return { imageId: 'img_one', cpus } as TemplateShape;
}

interface Job {
  readonly order: TemplateOrder;
  end(): void;
  fail(error: Error): void;
}

describe('the making of templates', () => {
  let production: TemplateProduction;
  /** what is being made, in the order of its beginning */
  let jobs: Job[];
  let refusal: Error | undefined;
  /** templates that there are, by CPUs */
  const there = new Map<number, Template>();
  /** cancel the operations, in the order of their beginning */
  let cancels: AbortController[];
  let details: string[];

  beforeEach(() => {
    jobs = [];
    cancels = [];
    details = [];
    refusal = undefined;
    const maker = {
      run: async (order: TemplateOrder) => {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        jobs.push({ order, end: resolve, fail: reject });
        await promise;
      },
    };
    const operations = {
      begin: async ({ body, ...view }: OperationRequest<void>) => {
        if (refusal !== undefined) throw refusal;
        const cancel = new AbortController();
        cancels.push(cancel);
        const step = (_name: string, _title: string, run: (step: StepContext) => Promise<void>) =>
          run({ detail: (text) => void details.push(text) });
        const finished = body({ signal: cancel.signal, step } as OperationContext);
        finished.catch(() => undefined);
        return { view, finished };
      },
    };
    production = new TemplateProduction(
      operations as unknown as OperationRunner,
      maker as unknown as TemplateMaker,
      { find: ({ cpus }: TemplateShape) => there.get(cpus) } as unknown as TemplateStore,
    );
    there.clear();
  });

  /** Lets everything go on that needs nobody. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  }

  async function outcome(cpus: number, end: (job: Job) => void): Promise<void> {
    await production.begin(shape(cpus), IMAGE, { niceness: 0, force: false });
    await settle();
    const job = jobs.at(-1);
    if (job !== undefined) end(job);
    await settle();
  }

  it('is an operation on the image, with an id of its own', async () => {
    const { view } = await production.begin(shape(1), IMAGE, { niceness: 15, force: false });
    await settle();
    expect(view).toEqual({
      kind: 'template.make',
      subject: { type: 'image', id: 'img_one', name: 'debian' },
    });
    expect(jobs.map(({ order }) => order)).toEqual([
      { id: expect.stringMatching(/^tpl_/), image: IMAGE, shape: shape(1), niceness: 15 },
    ]);
  });

  it('is done one at a time, in order, also after one that has failed', async () => {
    for (const cpus of [1, 2, 3]) await production.begin(shape(cpus), IMAGE, { niceness: 0, force: false });
    const made = (): number[] => jobs.map(({ order }) => order.shape.cpus);
    await settle();
    expect(made()).toEqual([1]);
    jobs[0]?.fail(new Error('no boot'));
    await settle();
    expect(made()).toEqual([1, 2]);
    jobs[1]?.end();
    await settle();
    expect(made()).toEqual([1, 2, 3]);
  });

  it('is not wanted twice of one shape: not while it waits, and not while it goes on', async () => {
    await production.begin(shape(1), IMAGE, { niceness: 0, force: false });
    await production.begin(shape(2), IMAGE, { niceness: 0, force: false });
    await settle();
    const wanted = (): boolean[] => [1, 2, 3].map((cpus) => production.isWanted(shape(cpus)));
    expect(wanted()).toEqual([false, false, true]);
    jobs[0]?.end();
    await settle();
    expect(wanted()).toEqual([true, false, true]);
    jobs[1]?.end();
    await settle();
    expect(wanted()).toEqual([true, true, true]);
  });

  /** A cancellation waited until all others before it were made. */
  it('is waited for no longer than until it is cancelled, and its turn goes to the next', async () => {
    await production.begin(shape(1), IMAGE, { niceness: 0, force: false });
    const { finished } = await production.begin(shape(2), IMAGE, { niceness: 0, force: false });
    await production.begin(shape(3), IMAGE, { niceness: 0, force: false });
    const reason = new CancelledError('template.make of debian');
    cancels[1]?.abort(reason);
    await expect(finished).rejects.toBe(reason);
    await settle();
    expect([production.isWanted(shape(2)), jobs.length], 'the first still goes on').toEqual([true, 1]);
    jobs[0]?.end();
    await settle();
    expect(jobs.map(({ order }) => order.shape.cpus)).toEqual([1, 3]);
  });

  it('is given up after two failures of one shape, whoever met them', async () => {
    await outcome(1, (job) => job.fail(new Error('no boot')));
    expect(production.isWanted(shape(1))).toBe(true);
    production.countFailure(shape(1));
    expect([production.isWanted(shape(1)), production.isWanted(shape(2))]).toEqual([false, true]);
  });

  it('is not given up for having been cancelled', async () => {
    for (let round = 0; round < 3; round += 1)
      await outcome(1, (job) => job.fail(new CancelledError('template.make of debian')));
    expect(production.isWanted(shape(1))).toBe(true);
  });

  it('counts anew when a VM went on from one, and not when one was merely made', async () => {
    await outcome(1, (job) => job.fail(new Error('no boot')));
    await outcome(1, (job) => job.end());
    production.forgetFailures(shape(1));
    await outcome(1, (job) => job.fail(new Error('no boot')));
    await outcome(1, (job) => job.end());
    expect(production.isWanted(shape(1))).toBe(true);
    production.countFailure(shape(1));
    expect(production.isWanted(shape(1))).toBe(false);
  });

  it('makes none that another has made while it waited, unless one is to be made anew', async () => {
    await production.begin(shape(1), IMAGE, { niceness: 0, force: false });
    const second = await production.begin(shape(1), IMAGE, { niceness: 0, force: false });
    await production.begin(shape(1), IMAGE, { niceness: 0, force: true });
    await settle();
    there.set(1, {} as Template);
    jobs[0]?.end();
    await second.finished;
    await settle();
    expect([jobs.length, details]).toEqual([2, ['there is one already']]);
  });

  it('goes on with the next when one could not even be begun', async () => {
    refusal = new DiskFullError('/state');
    await expect(production.begin(shape(1), IMAGE, { niceness: 0, force: false })).rejects.toBe(refusal);
    expect(production.isWanted(shape(1))).toBe(true);
    refusal = undefined;
    await production.begin(shape(2), IMAGE, { niceness: 0, force: false });
    await settle();
    expect(jobs).toHaveLength(1);
  });
});
