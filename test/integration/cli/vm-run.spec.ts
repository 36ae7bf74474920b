import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BangerError } from '../../../src/core/errors/index.js';
import { cli, CliRun, LAUNCHER } from './cli-process.js';
import { operationView, scriptCreation, startFakeDaemon, stepView, vmView } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

describe('vm run and vm exec', () => {
  let daemon: FakeDaemon;
  const args = (...words: string[]) => ['--socket', daemon.socketPath, ...words];

  beforeEach(async () => {
    daemon = await startFakeDaemon();
    scriptCreation(daemon.script);
  });
  afterEach(() => daemon.stop());

  it('tells that the time of a command was over, on stderr alone or as a part of the result', async () => {
    daemon.script.command = (channel) => channel.exit({ exitCode: 124, signal: null, timedOut: true });
    daemon.script.on('vm.get', () => vmView('web'));
    const exec = ['vm', 'exec', '--timeout', '1m30s', 'web'];
    expect(await cli(args(...exec, '--', 'x'))).toMatchObject({
      code: 124,
      stdout: '',
      stderr: 'banger: the command was ended, as it took longer than 90 s (--timeout)\n',
    });
    const json = await cli(args(...exec, '--json', '--', 'x'));
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([124, { exitCode: 124, timedOut: true }]);
    expect(daemon.script.callsOf('vm.exec')[0]).toEqual({ vm: 'web', command: ['x'], timeoutSeconds: 90 });
  });

  it('passes output, input and exit status through, and deletes the VM with --rm', async () => {
    daemon.script.command = async (channel) => {
      channel.stdout.write('in: ');
      for await (const chunk of channel.stdin) channel.stdout.write(chunk);
      channel.stderr.write('warning\n');
      await channel.exit({ exitCode: 7, signal: null });
    };
    const result = await cli(args('vm', 'run', '--rm', '.', '--', 'sh', '-c', 'cat; exit 7'), {
      stdin: 'hello',
      cwd: '/tmp',
    });
    expect(result).toMatchObject({ code: 7, stdout: 'in: hello' });
    expect(result.stderr).toBe(
      '- creating the disk\n- creating the disk: done (0.4 s)\n- waiting for the guest\n- waiting for the guest: done (4.7 s)\nwarning\n',
    );
    expect(daemon.script.callsOf('vm.create.begin')).toEqual([
      { workspace: { path: '/tmp/.' }, ephemeral: true },
    ]);
    expect(daemon.script.callsOf('vm.exec')).toEqual([
      { vm: 'id-web', command: ['sh', '-c', 'cat; exit 7'] },
    ]);
    expect(daemon.script.callsOf('vm.delete')).toEqual([{ vm: 'id-web', force: true }]);
  });

  it('leaves the VM without --rm, and says how to reach it', async () => {
    const { code, stderr } = await cli(args('vm', 'run', '--', 'true'));
    expect(code).toBe(0);
    expect(stderr).toContain('VM web goes on: banger vm ssh web');
    expect(daemon.script.callsOf('vm.delete')).toEqual([]);
    expect((await cli(args('vm', 'run', '--quiet', '--', 'true'))).stderr).toBe('');
  });

  it('gives one object with --json', async () => {
    daemon.script.command = async (channel) => {
      channel.stdout.write('out');
      channel.stderr.write('err');
      await channel.exit({ exitCode: null, signal: 'KILL' });
    };
    const { code, stdout } = await cli(args('vm', 'run', '--rm', '--json', '--', 'x'));
    expect(code).toBe(137);
    expect(JSON.parse(stdout)).toMatchObject({
      vm: { name: 'web' },
      exitCode: null,
      signal: 'KILL',
      stdout: 'out',
      stderr: 'err',
      stdoutTruncated: false,
      stderrTruncated: false,
    });
    expect(daemon.script.callsOf('vm.delete')).toHaveLength(1);
  });

  it('keeps at most 16 MiB of the output with --json', async () => {
    daemon.script.command = async (channel) => {
      const block = Buffer.alloc(1 << 20, 'x');
      for (let mib = 0; mib < 17; mib += 1)
        if (!channel.stdout.write(block)) await once(channel.stdout, 'drain');
      await channel.exit({ exitCode: 0, signal: null });
    };
    const { code, stdout } = await cli(args('vm', 'exec', 'web', '--json', '--', 'x'));
    const result = JSON.parse(stdout) as { stdout: string; stdoutTruncated: boolean };
    expect({ code, length: result.stdout.length, truncated: result.stdoutTruncated }).toEqual({
      code: 0,
      length: 16 << 20,
      truncated: true,
    });
  });

  it('ends with 125 for its own failures, 128 + n for a death by signal', async () => {
    daemon.script.command = (channel) => channel.exit({ exitCode: null, signal: 'TERM' });
    expect((await cli(args('vm', 'exec', 'web', '--', 'x'))).code).toBe(143);
    daemon.script.command = (channel) =>
      channel.fail(
        new BangerError('VM_GUEST_UNREACHABLE', 'no answer', { details: { vm: 'web', channel: 'ssh' } }),
      );
    expect(await cli(args('vm', 'exec', 'web', '--', 'x'))).toMatchObject({
      code: 125,
      stderr: 'banger: no answer\n',
    });
    daemon.script.on('vm.exec', () => {
      throw new BangerError('VM_NOT_FOUND', 'no VM', { details: { vm: 'web' } });
    });
    expect((await cli(args('vm', 'exec', 'web', '--', 'x'))).code).toBe(125);
  });

  it('deletes the VM even when the command could not be started', async () => {
    daemon.script.on('vm.exec', () => {
      throw new BangerError('VM_GUEST_UNREACHABLE', 'no answer', { details: { vm: 'web', channel: 'ssh' } });
    });
    expect((await cli(args('vm', 'run', '--rm', '--', 'x'))).code).toBe(125);
    expect(daemon.script.callsOf('vm.delete')).toHaveLength(1);
  });

  it('takes a VM that is gone for deleted', async () => {
    daemon.script.on('vm.delete', () => {
      throw new BangerError('VM_NOT_FOUND', 'no VM', { details: { vm: 'web' } });
    });
    daemon.script.command = (channel) => channel.exit({ exitCode: 3, signal: null });
    const { code, stderr } = await cli(args('vm', 'run', '--rm', '--quiet', '--', 'x'));
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
  });

  it.each(['VM_NOT_FOUND', 'INTERNAL'] as const)(
    'tells why the command could not be started, though the VM cannot be deleted: %s',
    async (kind) => {
      daemon.script
        .on('vm.exec', () => {
          throw new BangerError('VM_GUEST_UNREACHABLE', 'no answer', {
            details: { vm: 'web', channel: 'ssh' },
          });
        })
        .on('vm.delete', () => {
          throw new BangerError(kind, 'not deleted', { details: { vm: 'web' } });
        });
      const { code, stderr } = await cli(args('vm', 'run', '--rm', '--quiet', '--', 'x'));
      expect({ code, stderr }).toEqual({ code: 125, stderr: 'banger: no answer\n' });
    },
  );

  it('passes signals on to the guest’s command', async () => {
    const seen: string[] = [];
    daemon.script.command = async (channel) => {
      const ended = new Promise<void>((resolve) => {
        channel.onSignal((name) => {
          seen.push(name);
          if (seen.length === 2) resolve();
        });
      });
      channel.stdout.write('ready\n');
      await ended;
      await channel.exit({ exitCode: 3, signal: null });
    };
    const run = new CliRun(args('vm', 'exec', 'web', '--', 'sleep', '9'));
    await run.saw('ready');
    run.child.kill('SIGINT');
    while (seen.length < 1) await new Promise((wake) => setTimeout(wake, 5));
    run.child.kill('SIGTERM');
    expect((await run.ended).code).toBe(3);
    expect(seen).toEqual(['INT', 'TERM']);
  });

  it('cancels the creation on Ctrl-C, waits for the undo, ends with 130', async () => {
    let release: () => void = () => undefined;
    const cancelled = new Promise<void>((resolve) => (release = resolve));
    daemon.script
      .on('operation.watch', async function* () {
        yield { snapshot: operationView({ steps: [stepView(0, 'creating the disk')] }) };
        await cancelled;
        yield { step: stepView(0, 'creating the disk', { state: 'cancelled' }) };
        return operationView({ state: 'cancelled' });
      })
      .on('operation.cancel', () => {
        release();
        return operationView({ state: 'cancelled' });
      });
    const run = new CliRun(args('vm', 'run', '--rm', '--', 'x'));
    await run.saw('creating the disk');
    run.child.kill('SIGINT');
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('cancelling and cleaning up');
    expect(stderr).toContain('banger: vm.create of web was cancelled\n');
    expect(daemon.script.callsOf('operation.cancel')).toEqual([{ operation: 'op1' }]);
    expect(daemon.script.callsOf('vm.exec')).toEqual([]);
  });

  it('leaves at once on the second Ctrl-C', async () => {
    daemon.script
      .on('operation.watch', async function* (_params, context) {
        yield { snapshot: operationView({ steps: [stepView(0, 'creating the disk')] }) };
        await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
        return operationView({ state: 'cancelled' });
      })
      .on('operation.cancel', () => new Promise(() => undefined));
    const run = new CliRun(args('vm', 'run', '--rm', '--', 'x'));
    await run.saw('creating the disk');
    run.child.kill('SIGINT');
    await run.saw('cancelling');
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
  });

  it('streams much output and input in full, whatever the pace', async () => {
    const input = Buffer.alloc(24 << 20, 'banger\n');
    daemon.script.command = async (channel) => {
      for await (const chunk of channel.stdin)
        if (!channel.stdout.write(chunk)) await once(channel.stdout, 'drain');
      await channel.exit({ exitCode: 0, signal: null });
    };
    const run = new CliRun(args('vm', 'exec', 'web', '--', 'cat'), { stdin: input });
    const hash = createHash('sha256');
    run.child.stdout.removeAllListeners('data');
    run.child.stdout.on('data', (text: string) => hash.update(text));
    expect((await run.ended).code).toBe(0);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(input).digest('hex'));
  });

  it('is quiet when the reader of its output goes away', async () => {
    let aborted = false;
    daemon.script.command = async (channel) => {
      channel.aborted.addEventListener('abort', () => (aborted = true));
      while (!channel.aborted.aborted) {
        if (!channel.stdout.write('line\n'.repeat(1000))) {
          await Promise.race([once(channel.stdout, 'drain'), channel.closed]).catch(() => undefined);
        }
      }
    };
    const words = args('vm', 'exec', 'web', '--', 'yes')
      .map((word) => `'${word}'`)
      .join(' ');
    const { stdout, stderr } = await cli(
      ['-c', `{ '${LAUNCHER}' ${words}; echo "status $?" >&2; } | head -n 1`],
      { program: '/bin/sh' },
    );
    expect({ stdout, stderr }).toEqual({ stdout: 'line\n', stderr: 'status 141\n' });
    expect(aborted).toBe(true);
  });

  it.each(['before the command writes to it', 'while the command writes to it'])(
    'goes on when the reader of its stderr goes away %s',
    async (when) => {
      daemon.script.command = async (channel) => {
        const block = Buffer.alloc(1 << 20, 'warning\n');
        channel.stdout.write('ready\n');
        if (when.startsWith('while')) channel.stderr.write('ready\n');
        await gone.promise;
        if (!channel.stderr.write(block)) await once(channel.stderr, 'drain');
        channel.stdout.write('done\n');
        await channel.exit({ exitCode: 3, signal: null });
      };
      const gone = Promise.withResolvers<void>();
      const run = new CliRun(args('vm', 'exec', 'web', '--', 'make'));
      await run.saw('ready');
      run.child.stderr.destroy();
      gone.resolve();
      expect(await run.ended).toMatchObject({ code: 3, stdout: 'ready\ndone\n' });
    },
  );

  it('says so when the daemon goes away', async () => {
    daemon.script.command = async (channel) => {
      channel.stdout.write('ready\n');
      await channel.closed;
    };
    const run = new CliRun(args('vm', 'exec', 'web', '--', 'sleep', '9'));
    await run.saw('ready');
    const other = daemon;
    daemon = await startFakeDaemon();
    await other.stop();
    const { code, stderr } = await run.ended;
    expect(code).toBe(125);
    expect(stderr).toMatch(/^banger: /);
  });
});
