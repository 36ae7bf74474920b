import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { end } from '../../../src/cli/copy/pump.js';
import { openPart } from '../../../src/cli/copy/part-file.adapter.js';

/** As the contract writes it: a byte that is no UTF-8. */
const NAME = 'a\udcff';
const BYTES = Buffer.from([0x61, 0xff]);

describe('the part file of a copy', () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'bgr-cp-'));
  });
  afterEach(() => rmSync(scratch, { recursive: true, force: true }));

  // Such a name came as U+FFFD.
  it('becomes a file of any name, of the mode and time of its source; is gone on with', async () => {
    const names = (): Buffer[] => readdirSync(scratch, { encoding: 'buffer' });
    const target = join(scratch, NAME);
    const first = await openPart(target);
    const to = first.append(0);
    to.write('begun');
    await end(to);
    first.release();
    const part = Buffer.concat([Buffer.from('.'), BYTES, Buffer.from('.banger-part')]);
    expect(names()).toEqual([part]);

    const second = await openPart(target);
    expect([second.size, await second.digest()]).toEqual([5, expect.stringMatching(/^[0-9a-f]{64}$/)]);
    const more = second.append(5);
    more.write(', done');
    await end(more);
    second.finish(0o640, '1700000000.123456789');
    expect(names()).toEqual([BYTES]);
    const path = Buffer.concat([Buffer.from(`${scratch}/`), BYTES]);
    const { mode, mtimeNs } = statSync(path, { bigint: true });
    expect([readFileSync(path, 'utf8'), mode & 0o7777n, mtimeNs]).toEqual([
      'begun, done',
      0o640n,
      1_700_000_000_123_456_789n,
    ]);
  });

  it('has a name that is short enough, also where that cuts a character', async () => {
    const part = await openPart(join(scratch, '漢'.repeat(80)));
    expect(readdirSync(scratch, { encoding: 'buffer' }).map(({ length }) => length)).toEqual([213]);
    part.release();
    expect(readdirSync(scratch)).toEqual([]);
  });
});
