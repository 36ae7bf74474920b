import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SmallFilesystem } from '../../support/small-filesystem.js';
import { Writing } from '../../support/session-records.js';
import { bytesOf, factsOf, LogDirectory } from './support/log-directory.js';

describe.runIf(process.getuid?.() === 0)('on a full disk (needs root) the log of a session', () => {
  let place: LogDirectory;
  let written: Writing;
  let disk: SmallFilesystem;
  beforeEach(() => {
    place = new LogDirectory();
    written = new Writing();
    disk = new SmallFilesystem(`${place.root}/sessions`, 4);
  });
  afterEach(async () => {
    await place.close();
    disk.unmount();
    place.remove();
  });

  it('loses nothing that was there, and goes on when there is room', async () => {
    const log = await place.open();
    await log.append([written.mark(), written.out('one\n')]);
    const facts = await factsOf(log);
    disk.fill(8192);
    const big = written.out(Buffer.alloc(60_000, 'b'));
    await expect(log.append([big])).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await factsOf(log)).toEqual(facts);
    expect(await factsOf(await place.open())).toEqual(facts);
    disk.relieve();
    await log.append([big, written.out('two\n')]);
    expect(log.counts.stdout).toBe(60_008);
    expect(await factsOf(await place.open())).toEqual(await factsOf(log));
  });

  // Each attempt left one more segment of the same offset; when the oldest of them gave way, it took the file of the others.
  it('begins a segment once, however often it was tried', async () => {
    const log = await place.open({ maxBytes: 200_000 });
    await log.append([written.mark(), written.out(Buffer.alloc(4000, 'a'))]);
    disk.fill();
    const mark = written.mark();
    for (let round = 0; round < 3; round += 1)
      await expect(log.append([mark, written.out('')])).rejects.toMatchObject({ code: 'ENOSPC' });
    disk.relieve();
    await log.append([mark, written.out(Buffer.alloc(60_000, 'b'))]);
    expect(log.segments.map(({ start }) => start)).toEqual([0, log.segments[0]?.end]);
    for (let round = 0; round < 3; round += 1)
      await log.append([written.mark(), written.out(Buffer.alloc(60_000, 'c')), written.err('e')]);
    expect(await factsOf(await place.open({ maxBytes: 200_000 }))).toEqual(await factsOf(log));
    const kept = log.segments.reduce((sum, { start, end }) => sum + end - start, 0);
    expect((await bytesOf(log)).length).toBe(kept);
  });
});
