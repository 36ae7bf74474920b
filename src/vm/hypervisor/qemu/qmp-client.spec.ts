import { describe, expect, it } from 'vitest';
import { FakeByteSocket } from '../../../../test/support/fakes/fake-byte-socket.js';
import { QmpClient } from './qmp-client.js';

const never = new AbortController().signal;

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

async function opened(): Promise<{ client: QmpClient; socket: FakeByteSocket }> {
  const socket = new FakeByteSocket();
  const opening = QmpClient.open(socket, never);
  socket.receive('{"QMP":{"version":{}}}\r\n');
  await settle();
  socket.answer({});
  return { client: await opening, socket };
}

describe('QmpClient', () => {
  it('says nothing before the greeting, then negotiates', async () => {
    const socket = new FakeByteSocket();
    const opening = QmpClient.open(socket, never);
    await settle();
    expect(socket.sent).toEqual([]);
    socket.receive('{"QMP":{}}\n');
    await settle();
    expect(socket.commands()).toMatchObject([{ execute: 'qmp_capabilities' }]);
    socket.answer({});
    await opening;
  });

  it('matches answers to commands past events, in any order', async () => {
    const { client, socket } = await opened();
    const first = client.execute('query-status');
    const second = client.execute('query-cpus-fast', { x: 1 });
    const [, a, b] = socket.commands();
    socket.receive('{"event":"STOP","data":{}}\n');
    socket.receive(`{"return":"b","id":${b?.id}}\n{"return":"a","id":${a?.id}}\n`);
    expect(await Promise.all([first, second])).toEqual(['a', 'b']);
    expect(b).toMatchObject({ execute: 'query-cpus-fast', arguments: { x: 1 } });
  });

  it('turns a refusal into an error with the reason of QEMU', async () => {
    const { client, socket } = await opened();
    const failed = client.execute('nope');
    socket.receive(
      `{"error":{"class":"CommandNotFound","desc":"no such"},"id":${socket.commands().at(-1)?.id}}\n`,
    );
    await expect(failed).rejects.toMatchObject({
      kind: 'VMM_PROTOCOL',
      details: { command: 'nope', reason: 'no such' },
    });
  });

  it('fails what waits when the connection ends, and whatever comes later', async () => {
    const { client, socket } = await opened();
    const waiting = client.execute('query-status');
    socket.close();
    await expect(waiting).rejects.toMatchObject({ kind: 'VMM_PROTOCOL' });
    await expect(client.execute('query-status')).rejects.toMatchObject({ kind: 'VMM_PROTOCOL' });
  });

  it('gives up when the caller does, or when QEMU closes before it greets', async () => {
    const abort = new AbortController();
    const opening = QmpClient.open(new FakeByteSocket(), abort.signal);
    abort.abort(new RangeError('enough'));
    await expect(opening).rejects.toThrow('enough');
    const socket = new FakeByteSocket();
    const closed = QmpClient.open(socket, never);
    socket.close();
    await expect(closed).rejects.toMatchObject({ kind: 'VMM_PROTOCOL', details: { command: 'greeting' } });
  });

  it('times out', async () => {
    const { client } = await opened();
    await expect(client.execute('query-status', undefined, 5)).rejects.toMatchObject({
      details: { reason: 'no answer in 0.005 s' },
    });
  });
});
