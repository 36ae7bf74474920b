import { describe, expect, it } from 'vitest';
import { FakeByteSocket } from '../../../../test/support/fakes/fake-byte-socket.js';
import { DiskHalts } from './disk-halt.js';
import { QmpClient } from './qmp-client.js';

function failed(data: unknown): { name: string; data: unknown } {
  return { name: 'BLOCK_IO_ERROR', data };
}

describe('DiskHalts', () => {
  it('know of a guest that was halted by a write, until it goes on', () => {
    const halts = new DiskHalts();
    halts.hear(failed({ operation: 'write', action: 'stop', nospace: true }));
    const first = halts.current;
    expect(first).toEqual({ noSpace: true, since: expect.any(Date) });
    halts.hear(failed({ operation: 'write', action: 'stop', nospace: false }));
    halts.hear({ name: 'STOP', data: undefined });
    expect(halts.current, 'the first one counts').toBe(first);
    halts.hear({ name: 'RESUME', data: undefined });
    expect(halts.current).toBeUndefined();
  });

  it.each([{ operation: 'read', action: 'report' }, {}, 'nonsense', null])(
    'are not led by an error that halts nothing: %j',
    (data) => {
      const halts = new DiskHalts();
      halts.hear(failed(data));
      expect(halts.current).toBeUndefined();
    },
  );

  it.each([
    ['running', [], undefined],
    ['io-error', [{ 'io-status': 'nospace' }, { 'io-status': 'ok' }], true],
    ['io-error', [{ 'io-status': 'failed' }], false],
    ['io-error', 'nonsense', true],
  ])('ask a VMM that is %s about them: %j', async (status, drives, noSpace) => {
    const halts = new DiskHalts();
    const socket = new FakeByteSocket();
    const answers = [{}, { status }, drives];
    const send = socket.send.bind(socket);
    socket.send = (bytes) => {
      send(bytes);
      socket.answer(answers.shift());
    };
    const opened = QmpClient.open(socket, new AbortController().signal, (event) => halts.hear(event));
    socket.receive('{"QMP":{}}\n');
    await halts.look(await opened);
    expect(halts.current?.noSpace).toBe(noSpace);
    socket.receive('{"event":"RESUME"}\n');
    expect(halts.current, 'events are heard').toBeUndefined();
  });
});
