import { describe, expect, it } from 'vitest';
import { renderFacts, renderTable } from './table.js';
import {
  columnsOf,
  escapeControls,
  escapeLines,
  formatAge,
  formatBytes,
  formatDuration,
  formatSpan,
  formatMib,
  truncate,
  wrap,
} from './text.js';

describe('formatSpan', () => {
  it.each([
    [0, '0 s'],
    [90, '1 min 30 s'],
    [1800, '30 min'],
    [7200, '2 h'],
    [90_000, '1 d 1 h'],
    [604_800, '7 d'],
  ])('%d s is %s', (seconds, text) => {
    expect(formatSpan(seconds)).toBe(text);
  });
});

describe('wrap', () => {
  it.each([
    ['ab cd ef', 5, ['ab cd', 'ef']],
    ['ab cd', 5, ['ab cd']],
    ['a /far/too/long b', 5, ['a', '/far/too/long', 'b']],
    ['日本 語', 5, ['日本', '語']],
    ['ab cd', Number.POSITIVE_INFINITY, ['ab cd']],
    ['', 5, ['']],
  ])('%j in %d columns', (text, columns, lines) => {
    expect(wrap(text, columns)).toEqual(lines);
  });
});

describe('text from elsewhere', () => {
  it('cannot move the cursor, fake a line or turn the direction', () => {
    expect(escapeControls('a\u001b[2J\r\nb\tc\u009b1m\u202e')).toBe('a\\x1b[2J\\x0d\\nb c\\x9b1m\\u202e');
    expect(escapeLines('one\r\ntwo\u0007')).toBe('one\ntwo\\x07');
  });

  it('is measured in terminal columns and cut to them', () => {
    expect([columnsOf('abc'), columnsOf('日本'), columnsOf('e\u0301'), columnsOf('🚀')]).toEqual([
      3, 4, 1, 2,
    ]);
    expect([truncate('abcdef', 4), truncate('日本語', 4), truncate('ab', 2), truncate('ab', 0)]).toEqual([
      'abc…',
      '日…',
      'ab',
      '',
    ]);
  });
});

describe('amounts', () => {
  it('read well', () => {
    expect([400, 9940, 12_300, 185_000, 7_620_000].map(formatDuration)).toEqual([
      '0.4 s',
      '9.9 s',
      '12 s',
      '3 min 05 s',
      '2 h 07 min',
    ]);
    expect([-5, 45_000, 120_000, 7_200_000, 864_000_000].map(formatAge)).toEqual([
      '0s',
      '45s',
      '2m',
      '2h',
      '10d',
    ]);
    expect([64, 1024, 1536, 10_240].map(formatMib)).toEqual(['64M', '1G', '1.5G', '10G']);
    expect([100, 2048, 5 * 2 ** 20, 3 * 2 ** 30].map(formatBytes)).toEqual(['100B', '2K', '5M', '3G']);
  });
});

describe('tables', () => {
  const columns = [
    { title: 'NAME', shrinkTo: 4 },
    { title: 'N', align: 'right' as const },
    { title: 'PATH', shrinkTo: 4 },
  ];
  const rows = [
    ['web', '1', '/a/long/path/somewhere'],
    ['日本', '100', '-'],
  ];

  it('are aligned', () => {
    expect(renderTable(columns, rows, undefined)).toBe(
      'NAME    N  PATH\nweb     1  /a/long/path/somewhere\n日本  100  -\n',
    );
  });

  it('give way in their widest column until they fit', () => {
    expect(renderTable(columns, rows, 20)).toBe('NAME    N  PATH\nweb     1  /a/long/…\n日本  100  -\n');
    expect(renderTable(columns, rows, 1).split('\n')[1]).toBe('web     1  /a/…');
  });

  it('show their header and rows as they are told to, laid out as without', () => {
    const header = (line: string): string => `<${line}>`;
    const row = (line: string, index: number): string => `${index}${line}`;
    expect(renderTable(columns, rows, 20, { header, row })).toBe(
      '<NAME    N  PATH>\n0web     1  /a/long/…\n1日本  100  -\n',
    );
    expect(renderTable(columns, [], undefined, { header })).toBe('<NAME  N  PATH>\n');
  });

  it('of facts leave out what is unknown', () => {
    expect(
      renderFacts([
        ['name', 'web'],
        ['pid', undefined],
        ['state', 'running'],
      ]),
    ).toBe('name:   web\nstate:  running\n');
  });
});
