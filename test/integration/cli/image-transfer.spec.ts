import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BangerError } from '../../../src/core/errors/index.js';
import type { ServerByteChannel } from '../../../src/core/rpc/index.js';
import { cli, CliRun, LAUNCHER } from './cli-process.js';
import type { CliOptions, CliResult } from './cli-process.js';
import { operationView, startFakeDaemon, stepView } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';
import { imageView } from './image-view.js';

const BYTES = Buffer.from('a bundle, or what stands for one\0\xff', 'latin1');

let daemon: FakeDaemon;
let directory: string;
beforeEach(async () => {
  daemon = await startFakeDaemon();
  directory = await mkdtemp(join(tmpdir(), 'bgr-cli-image-'));
  daemon.script.on('image.get', () => imageView());
});
afterEach(async () => {
  await daemon.stop();
  await rm(directory, { recursive: true });
});

const run = (words: string, options: CliOptions = {}): Promise<CliResult> =>
  cli(['--socket', daemon.socketPath, 'image', ...words.split(' ')], { cwd: directory, ...options });

describe('image export', () => {
  const sending = (work: (channel: ServerByteChannel) => Promise<void>): void => {
    daemon.script.on('image.export', () => daemon.script.grant(work));
  };
  beforeEach(() => {
    sending(async (channel) => {
      channel.stdout.write(BYTES);
      await channel.exit({ exitCode: 0, signal: null });
    });
  });

  it('writes a file named after the image, replaces none but by force, or goes to stdout', async () => {
    expect(await run('export web:1')).toMatchObject({
      code: 0,
      stdout: 'web-1.banger.tar.zst: 34B\n',
      stderr: '',
    });
    expect(await readFile(join(directory, 'web-1.banger.tar.zst'))).toEqual(BYTES);
    const again = await run('export web:1');
    expect(again.code).toBe(4);
    expect(again.stderr).toMatch(/there is a file .*web-1\.banger\.tar\.zst already[\s\S]*--force/);
    await writeFile(join(directory, 'mine'), 'old');
    expect((await run('export web:1 -o mine')).code).toBe(4);
    expect(await readFile(join(directory, 'mine'), 'utf8')).toBe('old');
    const forced = await run('export web:1 -o mine --force --json');
    expect(JSON.parse(forced.stdout)).toEqual({ file: join(directory, 'mine'), bytes: BYTES.length });
    expect(await readFile(join(directory, 'mine'))).toEqual(BYTES);
    const line = `${LAUNCHER} --socket ${daemon.socketPath} image export web:1 -o - | od -An -tx1 | tail -1`;
    const piped = await new CliRun(['-c', line], { program: 'bash', stdin: '' }).ended;
    expect(piped.stdout.trim()).toBe('00 ff');
    expect(await readdir(directory)).toEqual(['mine', 'web-1.banger.tar.zst']);
  });

  it('leaves a file that comes meanwhile, and no part of its own', async () => {
    sending(async (channel) => {
      channel.stdout.write(BYTES);
      await writeFile(join(directory, 'out'), 'mine');
      await channel.exit({ exitCode: 0, signal: null });
    });
    expect((await run('export web:1 -o out')).code).toBe(4);
    expect(await readFile(join(directory, 'out'), 'utf8')).toBe('mine');
    expect(await readdir(directory)).toEqual(['out']);
  });

  it('leaves nothing at Ctrl-C, nor when the daemon fails in the middle', async () => {
    sending(async (channel) => {
      while (!channel.aborted.aborted)
        if (!channel.stdout.write('again\n'.repeat(1000)))
          await Promise.race([once(channel.stdout, 'drain'), channel.closed]);
    });
    const command = new CliRun(['--socket', daemon.socketPath, 'image', 'export', 'web:1'], {
      cwd: directory,
    });
    await expect.poll(() => readdir(directory)).toHaveLength(1);
    command.child.kill('SIGINT');
    expect(await command.ended).toMatchObject({ code: 130 });
    expect(await readdir(directory)).toEqual([]);
    sending(async (channel) => {
      channel.stdout.write(BYTES);
      const details = { image: 'web:1', reason: 'its file root.ext4 is not what it was' };
      await channel.fail(new BangerError('IMAGE_DAMAGED', 'the image "web:1" is damaged', { details }));
    });
    const failed = await run('export web:1');
    expect(failed.code).toBe(6);
    expect(failed.stderr).toMatch(/is damaged/);
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('image import', () => {
  const subject = { type: 'image', id: 'img_1', name: 'web:1' } as const;
  const importing = { kind: 'image.import', subject };
  let received: Buffer | undefined;
  let closed: Promise<void>;
  const receiving = (work: (channel: ServerByteChannel) => Promise<void>): void => {
    daemon.script.on('image.import', () =>
      daemon.script.grant((channel) => {
        closed = channel.closed;
        return work(channel);
      }),
    );
  };
  const take = async (channel: ServerByteChannel): Promise<void> => {
    channel.stdout.write('{"operation":"op1"}\n');
    const pieces: Buffer[] = [];
    for await (const piece of channel.stdin) pieces.push(piece as Buffer);
    received = Buffer.concat(pieces);
    await channel.exit({ exitCode: 0, signal: null });
  };

  beforeEach(() => {
    received = undefined;
    receiving(take);
    daemon.script
      .on('operation.get', () => operationView(importing))
      .on('operation.watch', async function* () {
        yield { snapshot: operationView({ ...importing, steps: [stepView(0, 'unpacking web')] }) };
        await closed;
        return operationView({ ...importing, state: 'succeeded' });
      });
  });

  it('sends a file, or its input, and shows the steps', async () => {
    const large = Buffer.alloc(3_000_000, BYTES);
    await writeFile(join(directory, 'web.banger.tar.zst'), large);
    const done = await run('import web.banger.tar.zst --name mine --force');
    expect(done).toMatchObject({ code: 0, stdout: 'web:1\n' });
    expect(done.stderr).toMatch(/unpacking web/);
    expect(received?.equals(large)).toBe(true);
    expect(await run('import -', { stdin: BYTES })).toMatchObject({ code: 0 });
    expect(received?.equals(BYTES)).toBe(true);
    expect(daemon.script.callsOf('image.import')).toEqual([
      { file: 'web.banger.tar.zst', sizeBytes: large.length, name: 'mine', force: true },
      { file: 'standard input' },
    ]);
  });

  it('ends with what the daemon says of the bundle, before and after the operation began', async () => {
    const details = { bundle: 'x', reason: 'it holds no tar archive' };
    receiving((channel) =>
      channel.fail(new BangerError('IMAGE_BUNDLE_INVALID', 'the bundle x cannot be used', { details })),
    );
    const refused = await run('import -', { stdin: Buffer.alloc(5_000_000) });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/the bundle x cannot be used/);

    receiving(async (channel) => {
      channel.stdout.write('{"operation":"op1"}\n');
      await channel.exit({ exitCode: 0, signal: null });
    });
    const error = {
      message: 'there is no room',
      data: { kind: 'DISK_FULL', details: { path: '/' } },
    } as const;
    daemon.script.on('operation.watch', async function* () {
      await closed;
      yield { snapshot: operationView({ ...importing, state: 'failed', error }) };
      return operationView({ ...importing, state: 'failed', error });
    });
    const full = await run('import -', { stdin: Buffer.alloc(5_000_000) });
    expect(full.code).toBe(9);
    expect(full.stderr).toMatch(/there is no room/);
  });

  it('gives up at Ctrl-C: before the operation by itself, and after it by cancelling', async () => {
    const begun = Promise.withResolvers<void>();
    receiving(async (channel) => {
      begun.resolve();
      await channel.closed;
    });
    const waiting = new CliRun(['--socket', daemon.socketPath, 'image', 'import', '-']);
    await begun.promise;
    await expect.poll(() => daemon.script.callsOf('image.import')).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    waiting.child.kill('SIGINT');
    expect(await waiting.ended).toMatchObject({ code: 130 });
    await closed;

    receiving(async (channel) => {
      channel.stdout.write('{"operation":"op1"}\n');
      await channel.closed;
    });
    const cancelled = Promise.withResolvers<void>();
    daemon.script
      .on('operation.cancel', () => {
        cancelled.resolve();
        return operationView({ ...importing, state: 'cancelled' });
      })
      .on('operation.watch', async function* () {
        yield { snapshot: operationView({ ...importing, steps: [stepView(0, 'unpacking web')] }) };
        await cancelled.promise;
        return operationView({ ...importing, state: 'cancelled' });
      });
    const running = new CliRun(['--socket', daemon.socketPath, 'image', 'import', '-']);
    running.child.stdin.write(BYTES);
    await running.saw('unpacking web');
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130 });
    await closed;
  });

  it('names a file that cannot be read, and sends nothing', async () => {
    for (const file of ['nowhere', '.']) {
      const refused = await run(`import ${file}`);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(/cannot be read|is a directory/);
    }
    expect(daemon.script.calls).toEqual([]);
  });
});
