import { existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DaemonConnector } from '../../../src/cli/client/daemon-connector.js';
import type { DaemonProcess } from '../../../src/cli/client/daemon-process.js';
import type { Invocation } from '../../../src/cli/invocation.js';
import type { Presenter } from '../../../src/cli/render/presenter.js';
import { exitCodeOf } from '../../../src/contract/errors.js';
import type { Config } from '../../../src/core/config/index.js';
import { startDyingListener } from '../../support/dying-listener.js';
import { startFakeDaemon } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

const NEVER = new Promise<never>(() => undefined);
const ENDED = { exitCode: exitCodeOf('DAEMON_ALREADY_RUNNING'), signal: null };

function connectorTo(daemon: FakeDaemon, processes: Pick<DaemonProcess, 'start'>): DaemonConnector {
  return new DaemonConnector(
    { flags: {} } as Invocation,
    { socketPath: daemon.socketPath, logPath: join(daemon.directory, 'log') } as Config,
    processes as DaemonProcess,
    { note: () => undefined } as unknown as Presenter,
  );
}

describe('a command that needs a daemon', () => {
  it('starts another when one on its end has kept the first out', async () => {
    const daemon = await startFakeDaemon();
    onTestFinished(() => daemon.stop());
    const hidden = join(daemon.directory, 'hidden.sock');
    renameSync(daemon.socketPath, hidden);
    let started = 0;
    const processes = {
      start: async () => {
        started += 1;
        // the one before has gone, and this one gets through
        if (started === 2) linkSync(hidden, daemon.socketPath);
        const exited = started === 2 ? NEVER : Promise.resolve(ENDED);
        return { exited, logTail: () => '', release: () => undefined };
      },
    };
    const connector = connectorTo(daemon, processes);
    daemon.script.on('system.hello', () => ({ pid: 1, version: '1' }));
    expect(await connector.with((client) => client.call('system.hello', {}))).toMatchObject({ pid: 1 });
    expect({ started, hidden: existsSync(hidden) }).toEqual({ started: 2, hidden: true });
  });

  it.each<[string, (answer: Promise<unknown>) => Promise<unknown>]>([
    ['throws', (answer) => answer],
    ['makes its failures a part of its result', (answer) => answer.catch((error: unknown) => error)],
  ])(
    'asks again, of another, when the one on its end has read nothing: work that %s',
    async (_what, tell) => {
      const daemon = await startFakeDaemon();
      onTestFinished(() => daemon.stop());
      const hidden = join(daemon.directory, 'hidden.sock');
      renameSync(daemon.socketPath, hidden);
      const dying = await startDyingListener(daemon.socketPath, 300);
      const connector = connectorTo(daemon, {
        start: async () => {
          rmSync(daemon.socketPath);
          linkSync(hidden, daemon.socketPath);
          return { exited: NEVER, logTail: () => '', release: () => undefined };
        },
      });
      daemon.script.on('vm.list', () => []);
      let asked = 0;
      const list = connector.with((client) => {
        asked += 1;
        return tell(client.call('vm.list', {}));
      });
      await dying.ended;
      expect(await list).toEqual([]);
      expect({ asked, heard: daemon.script.callsOf('vm.list').length }).toEqual({ asked: 2, heard: 1 });
    },
  );

  it('does not ask again what was read', async () => {
    const daemon = await startFakeDaemon();
    onTestFinished(() => daemon.stop());
    const socketPath = join(daemon.directory, 'reads.sock');
    let reads = 0;
    const reader = createServer((socket) =>
      socket.once('data', () => {
        reads += 1;
        socket.destroy();
      }),
    );
    reader.listen(socketPath);
    onTestFinished(() => void reader.close());
    const connector = connectorTo(
      { ...daemon, socketPath },
      { start: () => Promise.reject(new Error('one is there')) },
    );
    await expect(connector.with((client) => client.call('vm.list', {}))).rejects.toMatchObject({
      kind: 'CONNECTION_LOST',
    });
    expect(reads).toBe(1);
  });
});
