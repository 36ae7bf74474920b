// A record that did not fit on a full disk left its half behind, which took the last of the room.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { VmFiles } from '../../../src/vm/vm-files.adapter.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';

let scratch: string;
let disk: SmallFilesystem;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'bgr-files-'));
  disk = new SmallFilesystem(join(scratch, 'small'), 4);
});
afterEach(() => {
  disk.unmount();
  rmSync(scratch, { recursive: true });
});

it('keeps the file that is there, and nothing of the one that did not fit', async () => {
  const files = new VmFiles();
  const path = join(disk.directory, 'vm.json');
  await files.write(path, 'old', { mode: 0o600 });
  const tooMuch = Buffer.alloc(8 * 1024 * 1024, 'x');
  await expect(files.write(path, tooMuch, { mode: 0o600 })).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(disk.directory)).toEqual(['vm.json']);
});
