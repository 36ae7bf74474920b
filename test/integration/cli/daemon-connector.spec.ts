import { existsSync, linkSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DaemonConnector } from '../../../src/cli/client/daemon-connector.js';
import type { DaemonProcess } from '../../../src/cli/client/daemon-process.js';
import type { Invocation } from '../../../src/cli/invocation.js';
import type { Presenter } from '../../../src/cli/render/presenter.js';
import { exitCodeOf } from '../../../src/contract/errors.js';
import type { Config } from '../../../src/core/config/index.js';
import { startFakeDaemon } from './fake-daemon.js';

const ENDED = { exitCode: exitCodeOf('DAEMON_ALREADY_RUNNING'), signal: null };

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
        const exited = started === 2 ? new Promise(() => undefined) : Promise.resolve(ENDED);
        return { exited, logTail: () => '', release: () => undefined };
      },
    };
    const connector = new DaemonConnector(
      { flags: {} } as Invocation,
      { socketPath: daemon.socketPath, logPath: join(daemon.directory, 'log') } as Config,
      processes as unknown as DaemonProcess,
      { note: () => undefined } as unknown as Presenter,
    );
    daemon.script.on('system.hello', () => ({ pid: 1, version: '1' }));
    expect(await connector.with((client) => client.call('system.hello', {}))).toMatchObject({ pid: 1 });
    expect({ started, hidden: existsSync(hidden) }).toEqual({ started: 2, hidden: true });
  });
});
