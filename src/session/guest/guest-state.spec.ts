import { expect, it } from 'vitest';
import { readGuestState } from './guest-state.js';

const NOTHING = {
  ended: false,
  exitCode: undefined,
  signal: undefined,
  timedOut: false,
  why: undefined,
  endedAt: undefined,
  tty: undefined,
};

it.each([
  ['', {}],
  [' '.repeat(511), {}],
  ['state=running keeper=12 keeperstart=345 pid=13 started=1700000000000', {}],
  ['state=running pid=13 tty=/dev/pts/4', { tty: '/dev/pts/4' }],
  [
    'state=exited code=0 ended=1700000000000',
    { ended: true, exitCode: 0, endedAt: new Date(1_700_000_000_000) },
  ],
  ['state=exited code=255', { ended: true, exitCode: 255 }],
  ['state=exited signal=15 timedout=1', { ended: true, signal: 'TERM', timedOut: true }],
  ['state=exited signal=34', { ended: true, signal: 'RT34' }],
  ['state=exited code=143 why=disk-full', { ended: true, exitCode: 143, why: 'disk-full' }],
])('a record says: %j', (record, told) => {
  expect(readGuestState(record)).toEqual({ ...NOTHING, ...told });
});

it.each([
  'state=exitedly',
  'notstate=exited',
  'state=running code=256',
  'state=running code=-1',
  'state=running code=0x10',
  'state=running signal=TERM',
  'state=running timedout=yes',
  'state=running why=<b>',
  'state=running why=a\u001b[31mb',
  'state=running ended=1e3',
  'state=running ended=99999999999999999999',
  'state=running tty=/dev/pts/../../etc/passwd',
  'state=running tty=/etc/passwd',
  "state=running tty=/dev/pts/1';id;'",
  `state=running why=${'x'.repeat(1000)}`,
])('what a record should not say is left out: %j', (record) => {
  expect(readGuestState(record)).toEqual(NOTHING);
});

it('a time that no date holds is none that could be written down', () => {
  const { endedAt } = readGuestState('state=exited ended=999999999999999');
  expect(endedAt === undefined || !Number.isNaN(endedAt.getTime())).toBe(true);
});
