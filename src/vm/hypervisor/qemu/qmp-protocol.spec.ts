import { describe, expect, it } from 'vitest';
import { parseExecStarted, parseExecStatus, syncRequest } from './agent-protocol.js';
import { parseQmpMessage } from './qmp-protocol.js';

describe('parseQmpMessage', () => {
  it.each([
    ['{"QMP":{"version":{},"capabilities":["oob"]}}', { type: 'greeting' }],
    ['{"return":{"pid":7},"id":3}', { type: 'return', id: 3, value: { pid: 7 } }],
    ['{"return":5}', { type: 'return', id: undefined, value: 5 }],
    [
      '{"id":4,"error":{"class":"GenericError","desc":"no"}}',
      { type: 'error', id: 4, errorClass: 'GenericError', reason: 'no' },
    ],
    ['{"error":{}}', { type: 'error', id: undefined, errorClass: '(no text)', reason: '(no text)' }],
    [
      '{"event":"SHUTDOWN","data":{"guest":true},"timestamp":{}}',
      { type: 'event', name: 'SHUTDOWN', data: { guest: true } },
    ],
  ])('reads %s', (line, message) => {
    expect(parseQmpMessage(line)).toEqual(message);
  });

  it.each(['', '{', '[]', 'null', '7', '"x"', '{}', '{"error":"x"}', '{"event":5}', '{"QMP":1}'])(
    'refuses %s',
    (line) => {
      expect(parseQmpMessage(line)).toBeUndefined();
    },
  );

  it('bounds the text of an error', () => {
    const message = parseQmpMessage(JSON.stringify({ error: { desc: 'x'.repeat(5_000) } }));
    expect(message?.type === 'error' && message.reason).toHaveLength(1_000);
  });
});

describe('the agent protocol', () => {
  it('begins a sync with the byte that ends a half command', () => {
    const request = syncRequest(7);
    expect(request[0]).toBe(0xff);
    expect(request.subarray(1).toString()).toBe('{"execute":"guest-sync-delimited","arguments":{"id":7}}\n');
  });

  it('reads pids', () => {
    expect(
      [{ pid: 9 }, { pid: 0 }, { pid: -1 }, { pid: 1.5 }, { pid: '9' }, 9, null].map(parseExecStarted),
    ).toEqual([9, ...Array.from({ length: 6 }, () => undefined)]);
  });

  it('reads exit statuses', () => {
    const done = parseExecStatus({ exited: true, exitcode: 3, 'out-data': 'aGk=', 'err-data': 'eQ==' });
    expect(done).toEqual({ exitCode: 3, stdout: Buffer.from('hi'), stderr: Buffer.from('y') });
    expect(parseExecStatus({ exited: true, signal: 9 })).toMatchObject({
      exitCode: 137,
      stdout: Buffer.alloc(0),
    });
    expect(parseExecStatus({ exited: false })).toBe('running');
  });

  it.each([
    null,
    [],
    {},
    { exited: 1 },
    { exited: true },
    { exited: true, exitcode: -1 },
    { exited: true, exitcode: 256 },
    { exited: true, exitcode: '0' },
  ])('refuses the exit status %j', (value) => {
    expect(parseExecStatus(value)).toBeUndefined();
  });
});
