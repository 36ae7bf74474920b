import { describe, expect, it } from 'vitest';
import { parseStatus } from './parse-status.js';

const ID = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);
const HEADER = `banger-status 1\nhead ${ID}\nahead 2\n\n`;
const text = (header: string, ...records: string[]): Buffer =>
  Buffer.from(header + records.map((record) => `${record}\0`).join(''), 'latin1');
const tracked = (xy: string, modes: string, path: string, index = ID): string =>
  `1 ${xy} N... ${modes} ${ID} ${index} ${path}`;

describe('what a guest says of its repository', () => {
  it('is read record by record, with names in any bytes', () => {
    const status = parseStatus(
      text(
        HEADER,
        '# branch.oid x',
        '# branch.head agent/work',
        tracked('.M', '100644 100644 100644', 'with space\nand line'),
        tracked('M.', '100644 100644 100644', 'taken back', OTHER),
        '? \xc3\xbc',
        '? inner/',
        `:100644 100644 ${OTHER} ${ID} M`,
        'taken back',
        `:100644 000000 ${OTHER} ${ID} D`,
        ':100644 looks like a record',
        'end',
      ),
      40,
    );
    expect(status).toEqual({
      head: ID,
      branch: 'agent/work',
      commitsAhead: 2,
      files: [
        { path: ':100644 looks like a record', change: 'deleted', uncommitted: false },
        { path: 'with space\nand line', change: 'modified', uncommitted: true },
        { path: 'ü', change: 'added', uncommitted: true },
      ],
      truncated: false,
    });
  });

  it('is not whole without its last record', () => {
    const status = parseStatus(text(HEADER, '? a', '? b').subarray(0, -1), 40);
    expect(status).toMatchObject({ truncated: true, files: [{ path: 'a' }] });
  });

  it.each([
    ['another program', 'fatal: no\n\n'],
    ['an id that is none', HEADER.replace(ID, `${ID}'`)],
    ['a longer id', HEADER.replace(ID, ID + 'a')],
    ['a number that is none', HEADER.replace('ahead 2', 'ahead -2')],
    ['a number beyond all', HEADER.replace('ahead 2', 'ahead 9999999999')],
  ])('is refused: %s', (_what, header) => {
    expect(() => parseStatus(text(header, 'end'), 40)).toThrow('first lines');
  });

  it.each([['x'], [''], ['1 .M'], ['1 .M N... 1 2 3 a b c'], [':100644 100644 x y M'], ['u UU N... path']])(
    'is refused with a record that git would not write: %j',
    (record) => {
      expect(() => parseStatus(text(HEADER, record, 'path', 'end'), 40)).toThrow('git would not write');
    },
  );

  it('shows no branch that a terminal would choke on, and none that is too long', () => {
    for (const name of ['\u001b[2J', 'x'.repeat(2000), '(detached)'])
      expect(parseStatus(text(HEADER, `# branch.head ${name}`, 'end'), 40)).not.toHaveProperty('branch');
  });
});
