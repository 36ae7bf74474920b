import { expect, it } from 'vitest';
import { parseListing } from './ext4-entry.js';

const LISTING = `/12/040755/0/0/.//
/2/040755/0/0/..//
/13/100444/0/0/machine-id/33/
/14/040755/0/0/ssh//
/15/120777/0/0/localtime/27/
/16/020666/0/0/null//
/0/000000/0/0/gone/0/
/8/100600/0/0/journal/4096/

`;

it('lists what a directory has, and nothing of what is the file system’s own, or deleted', () => {
  expect(parseListing(LISTING)).toEqual([
    { inode: 13, kind: 'file', name: 'machine-id' },
    { inode: 14, kind: 'directory', name: 'ssh' },
    { inode: 15, kind: 'link', name: 'localtime' },
    { inode: 16, kind: 'other', name: 'null' },
  ]);
});

it('takes a name as it is, with newlines, quotes and commands in it', () => {
  const name = 'x"\nkill_file <2>\n\\';
  expect(parseListing(`/13/100644/0/0/${name}/4/\n/14/100644/0/0/next/4/\n`)).toEqual([
    { inode: 13, kind: 'file', name },
    { inode: 14, kind: 'file', name: 'next' },
  ]);
});
