import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { CopyJob } from './copy-job.js';
import type { GuestStep } from './guest-side.js';
import type { Staging } from './host-files.js';
import { receiveArchive } from './receive-archive.js';
import { emptyFileHeader } from './tar-header.js';

/** A copy of `t` for which tar makes these names of an archive that has nothing else but `./t`. */
async function received(made: readonly string[]): Promise<string[]> {
  const done: string[] = [];
  const staging: Staging = {
    directory: 'stage',
    names: () => made.map((name) => Buffer.from(name)),
    place: () => void done.push('placed'),
    remove: async () => void done.push('removed'),
  };
  const sink = new Writable({ write: (_chunk, _encoding, next) => next() });
  const tar = { stdin: sink, ended: Promise.resolve({ exitCode: 0, stderrTail: '' }), kill: () => undefined };
  const job = {
    request: { direction: 'out', vm: 'web', sources: ['t'], target: '.' },
    files: { stage: async () => staging, unpack: () => tar },
    progress: { add: () => undefined, note: () => undefined },
  } as unknown as CopyJob;
  const step = { done: async () => '' } as unknown as GuestStep;
  async function* stream(): AsyncGenerator<Buffer> {
    yield Buffer.concat([emptyFileHeader('./t'), Buffer.alloc(1024)]);
  }
  const bounds = { maxBytes: 1e6, maxEntries: 10 };
  const placement = { into: '.', as: undefined };
  await receiveArchive(job, { step, stream: stream(), placement, contents: false, bounds }).catch(
    (error: { kind: string }) => done.push(error.kind),
  );
  return done;
}

describe('an archive that has been unpacked', () => {
  it('comes to its place when it is what was asked for', async () => {
    expect(await received(['t'])).toEqual(['placed', 'removed']);
  });

  it('stays out with anything else, whatever the sieve let through', async () => {
    expect(await received(['.bashrc', 't'])).toEqual(['removed', 'COPY_REFUSED']);
  });
});
