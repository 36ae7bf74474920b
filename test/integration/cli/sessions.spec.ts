import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionView } from '../../../src/contract/index.js';
import type { ServerByteChannel } from '../../../src/core/rpc/index.js';
import { PseudoTerminal } from '../../support/pseudo-terminal.js';
import { CliRun, LAUNCHER } from './cli-process.js';
import type { CliResult } from './cli-process.js';
import { Script, startFakeDaemon } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

const START = { stdout: 0, stderr: 0 };

/** What a session is shown by: each of its answers begins where it was asked to. */
function scriptOutput(
  script: Script,
  work: (channel: ServerByteChannel, from: number) => Promise<void>,
): Script {
  return script.on('session.logs', ({ from = START }) =>
    Object.assign(
      script.grant((channel) => work(channel, from.stdout)),
      { from },
    ),
  );
}

/** The command line in a shell, where it can be given a file or a pipe. */
function runInShell({ socketPath }: FakeDaemon, words: string): Promise<CliResult> {
  const command = words.replaceAll('banger', `${LAUNCHER} --socket ${socketPath}`);
  return new CliRun(['-c', command], { program: 'bash', stdin: '' }).ended;
}

describe('what a session has written', () => {
  let daemon: FakeDaemon;
  beforeEach(async () => {
    daemon = await startFakeDaemon();
  });
  afterEach(() => daemon.stop());

  const inShell = (words: string): Promise<CliResult> => runInShell(daemon, words);
  const LOST = 'banger: its output could not be written (ENOSPC)';

  it('is not taken for shown where it could not be written, and so is no other output', async () => {
    scriptOutput(daemon.script, async (channel) => {
      channel.stdout.write('all of it\n');
      await channel.exit({ exitCode: 0, signal: null });
    });
    daemon.script.on('vm.list', () => []);
    daemon.script.command = async (channel) => {
      channel.stdout.write('all of it\n');
      await channel.exit({ exitCode: 0, signal: null });
    };
    for (const [words, code] of [
      ['vm session logs build', 9],
      ['vm list', 9],
      ['--json vm list', 9],
      ['vm exec web -- true', 125],
    ] as const) {
      const result = await inShell(`banger ${words} > /dev/full`);
      expect(result, words).toMatchObject({ code, stderr: expect.stringContaining(LOST) });
    }
    expect(await inShell('banger vm session logs build >&-')).toMatchObject({ code: 0 });
  });

  it('ends with its reader, as a pipe does', async () => {
    scriptOutput(daemon.script, async (channel) => {
      while (!channel.aborted.aborted)
        if (!channel.stdout.write('again\n'.repeat(1000))) await once(channel.stdout, 'drain');
    });
    const words = 'banger vm session logs -f build | head -1; echo ${PIPESTATUS[0]}';
    expect(await inShell(words)).toMatchObject({ stdout: 'again\n141\n', stderr: '' });
  });

  /** `logs`, whose output nobody reads until it is told to. */
  const unread = (...words: string[]): CliRun => {
    const run = new CliRun(['--socket', daemon.socketPath, 'vm', 'session', 'logs', ...words, 'build']);
    run.child.stdout.pause();
    return run;
  };
  const text = Array.from({ length: 200_000 }, (_, at) => `${at}\n`).join('');
  /** All from there on, as fast as it is taken. */
  async function writeAll(channel: ServerByteChannel, from: number): Promise<void> {
    channel.stdout.end(text.slice(from));
    await channel.exit({ exitCode: 0, signal: null });
  }
  /** Until nothing more is taken. */
  const stuck = async ({ stdout, stderr }: ServerByteChannel): Promise<void> => {
    const left = (): number => stdout.writableLength + stderr.writableLength;
    for (let before = -1; before !== left();) {
      before = left();
      await delay(500);
    }
  };

  it('is shown once over a change of daemons, also to a slow reader', async () => {
    const seen = Promise.withResolvers<ServerByteChannel>();
    scriptOutput(daemon.script, async (channel, from) => {
      seen.resolve(channel);
      await writeAll(channel, from);
    });
    const run = unread('-f');
    await stuck(await seen.promise);
    await daemon.end();
    daemon = await startFakeDaemon(scriptOutput(new Script(), writeAll), daemon.directory);
    await delay(1_000);
    run.child.stdout.resume();
    const { code, stdout } = await run.ended;
    expect([code, stdout.length, stdout === text]).toEqual([0, text.length, true]);
  });

  it('is left at SIGTERM, although nobody reads it', async () => {
    // of the last, all has come here before
    for (const [stream, length] of [
      ['stdout', text.length],
      ['stderr', text.length],
      ['stdout', 300_000],
    ] as const) {
      const seen = Promise.withResolvers<ServerByteChannel>();
      scriptOutput(daemon.script, async (channel) => {
        seen.resolve(channel);
        channel[stream].end(text.slice(0, length));
        await channel.exit({ exitCode: 0, signal: null });
      });
      const run = unread();
      run.child.stderr.pause();
      await stuck(await seen.promise);
      const exited = once(run.child, 'exit');
      run.child.kill('SIGTERM');
      const how = await Promise.race([exited, delay(5_000, 'it goes on')]);
      run.child.kill('SIGKILL');
      expect(how, `${length} bytes on ${stream}`).toEqual([0, null]);
    }
  });
});

describe('a terminal that is attached', () => {
  let daemon: FakeDaemon;
  beforeEach(async () => {
    daemon = await startFakeDaemon();
  });
  afterEach(() => daemon.stop());

  const SESSION = { id: 'ses_1', vm: 'web', state: 'running', terminal: true, stdin: true } as SessionView;

  function scriptAttach(types: boolean, work: (channel: ServerByteChannel) => Promise<void>): Script {
    const script = new Script();
    return script.on('session.attach.begin', () =>
      Object.assign(script.grant(work), { from: START, session: SESSION, types }),
    );
  }
  const attach = (options = ''): PseudoTerminal =>
    new PseudoTerminal(
      `${LAUNCHER} --socket ${daemon.socketPath} vm session attach build ${options}`,
      process.env,
    );
  const show =
    (text: string) =>
    async (channel: ServerByteChannel): Promise<void> => {
      channel.stdout.write(text);
      await once(channel.aborted, 'abort');
    };
  const begin = async (script: Script): Promise<void> => {
    await daemon.end();
    daemon = await startFakeDaemon(script, daemon.directory);
  };

  it('has its keys while the daemon is away, and leaves on Ctrl-C', async () => {
    await begin(scriptAttach(true, show('screen')));
    const terminal = attach();
    await terminal.shows('screen');
    await daemon.end();
    await terminal.shows('waiting for the next daemon');
    terminal.type('\u0003');
    await terminal.shows('left; it goes on');
    expect(await terminal.ended()).toEqual({ status: 0, restored: true });
  });

  it('types to the next daemon as it did to the one that has gone', async () => {
    await begin(scriptAttach(true, show('screen')));
    const terminal = attach();
    await terminal.shows('screen');
    await begin(
      scriptAttach(true, async (channel) => {
        channel.stdout.write('redrawn');
        const [keys] = (await once(channel.stdin, 'data')) as [Buffer];
        channel.stdout.write(`keys ${JSON.stringify(String(keys))}`);
        await channel.exit({ exitCode: 3, signal: null });
      }),
    );
    await terminal.shows('redrawn');
    terminal.type('\u0003');
    await terminal.shows('keys "\\u0003"');
    expect(await terminal.ended()).toEqual({ status: 3, restored: true });
  });

  it('is told that it looks on, unless that is what was asked for', async () => {
    const note = 'another terminal types';
    await begin(scriptAttach(false, show('screen')));
    for (const options of ['', '--read-only']) {
      const terminal = attach(options);
      await terminal.shows('screen');
      terminal.type('\u001d');
      await terminal.ended();
      expect(terminal.output.includes(note), options).toBe(options === '');
    }
  });
});

describe('what a session is sent', () => {
  let daemon: FakeDaemon;
  beforeEach(async () => {
    daemon = await startFakeDaemon();
  });
  afterEach(() => daemon.stop());

  it('is told where it cannot be read', async () => {
    let came = '';
    const { script } = daemon;
    script.on('session.send', () =>
      script.grant(async (channel) => {
        for await (const chunk of channel.stdin) came += String(chunk);
        await channel.exit({ exitCode: 0, signal: null });
      }),
    );
    // one cannot be read, one has no memory at its beginning, one is a directory
    for (const [words, fault] of [
      ['0> /dev/null', 'EBADF'],
      ['--file /proc/self/mem', 'EIO'],
      ['< /', 'EISDIR'],
    ] as const) {
      const result = await runInShell(daemon, `timeout -s KILL 10 banger vm session send build ${words}`);
      expect(result, words).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`cannot be read any further (${fault})`),
      });
    }
    expect(await runInShell(daemon, 'echo x | banger vm session send build')).toMatchObject({ code: 0 });
    expect(came).toBe('x\n');
  });
});

it('a session whose start was cut off is to be looked for before it is started again', async () => {
  for (const words of ['vm session start', 'vm exec --detach']) {
    const daemon = await startFakeDaemon();
    const asked = Promise.withResolvers<void>();
    daemon.script.on('session.start', () => {
      asked.resolve();
      return new Promise(() => undefined);
    });
    const run = runInShell(daemon, `banger ${words} web -- true`);
    await asked.promise;
    await daemon.stop();
    expect(await run, words).toMatchObject({
      code: 7,
      stderr: expect.stringMatching(/was lost\n[^]*fix: .*may have begun: see `banger vm session list web`/),
    });
  }
});
