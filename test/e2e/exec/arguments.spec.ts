import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RpcClient } from '../../../src/core/rpc/client.js';
import { TestHost } from '../../support/test-host.js';

/** `bytes`; Linux gives a program no longer argument */
const LONGEST = 131_071;

const ODD: readonly Buffer[] = [
  ...[
    '',
    ' ',
    'a b',
    "it's",
    '"',
    '$(false)',
    '`false`',
    '${HOME}',
    '\n',
    'a\r\n\tb\n',
    '*',
    '\\',
    '~',
    '!!',
  ],
  ...['-n', '--', '-', 'a=b', ';', 'ü漢🐢', '\ufffd', '\u0001\u007f\u001b[31m'],
]
  .map((text) => Buffer.from(text))
  .concat(
    Buffer.from([0xff]),
    Buffer.from([0x61, 0xe2, 0x82]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from(Array.from({ length: 255 }, (_, at) => at + 1)),
    Buffer.alloc(LONGEST, "'"),
    Buffer.alloc(LONGEST, 0xff),
  );

describe('arguments of commands in a VM', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
    await host.json(['vm', 'create', '--name', 'words']);
  });
  afterAll(async () => {
    await host.banger(['vm', 'delete', '--force', 'words']);
    await host.assertClean();
    await host.close();
  });

  /** Node gives no program bytes that are no UTF-8; xargs does. */
  function bangerWithBytes(args: readonly (string | Buffer)[]): Buffer {
    const input = Buffer.concat(args.flatMap((word) => [Buffer.from(word as string), Buffer.from([0])]));
    const run = spawnSync('xargs', ['-0', '-s', '2000000', host.launcher], {
      input,
      env: host.env,
      maxBuffer: 2 ** 24,
    });
    expect(run.status, run.stderr.toString()).toBe(0);
    return run.stdout;
  }

  it('arrive byte for byte, whatever they hold', () => {
    const output = bangerWithBytes(['vm', 'exec', 'words', '--', 'printf', '%s\\0', ...ODD]);
    const expected = Buffer.concat(ODD.flatMap((argument) => [argument, Buffer.from([0])]));
    expect(output.length).toBe(expected.length);
    expect(output.equals(expected)).toBe(true);
  });

  it('so do a variable and the directory', () => {
    const directory = Buffer.from([0x2f, 0x74, 0x6d, 0x70, 0x2f, 0xfe, 0x27]);
    bangerWithBytes(['vm', 'exec', 'words', '--', 'mkdir', directory]);
    const where = Buffer.concat([Buffer.from('--cwd='), directory]);
    const variable = Buffer.concat([Buffer.from('--env=A='), Buffer.from([0x22, 0xc3, 0x0a, 0x80])]);
    const script = 'printf "%s|" "$A"; pwd';
    expect(
      bangerWithBytes(['vm', 'exec', where, variable, 'words', '--', 'sh', '-c', script]).toString('hex'),
    ).toBe(Buffer.from([0x22, 0xc3, 0x0a, 0x80, 0x7c, ...directory, 0x0a]).toString('hex'));
  });

  it('that no program can be given are refused, by their number and the limit', async () => {
    const client = await RpcClient.connect({ socketPath: `${host.runtimeDirectory}/banger.sock` });
    try {
      const command = ['echo', 'fits', 'x'.repeat(LONGEST + 1), 'a\0b'];
      await expect(client.call('vm.exec', { vm: 'words', command })).rejects.toMatchObject({
        kind: 'PARAMS_INVALID',
        details: {
          issues: [
            {
              path: 'command.2',
              message: `command.2 has 131072 bytes, and Linux gives a program no more than ${LONGEST}`,
            },
            { path: 'command.3', message: 'command.3 has a NUL byte, which no program can be given' },
          ],
        },
      });
    } finally {
      await client.close();
    }
  });

  it('that are too much together end with 126; a hundred thousand of them are not', async () => {
    const many = Array.from({ length: 100_000 }, () => 'x');
    const counted = await host.banger(['vm', 'exec', 'words', '--', 'sh', '-c', 'echo $#', 'sh', ...many]);
    expect(counted).toMatchObject({ exitCode: 0, stdout: '100000\n' });

    const client = await RpcClient.connect({ socketPath: `${host.runtimeDirectory}/banger.sock` });
    const { openByteChannel } = await import('../../../src/core/rpc/client.js');
    const command = ['true', ...Array.from({ length: 25 }, () => 'x'.repeat(100_000))];
    const { token } = await client.call('vm.exec', { vm: 'words', command });
    const channel = await openByteChannel({ socketPath: `${host.runtimeDirectory}/banger.sock`, token });
    channel.stdout.resume();
    let stderr = '';
    channel.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await channel.exited).toEqual({ exitCode: 126, signal: null });
    expect(stderr).toContain('Argument list too long');
    await channel.close();
    await client.close();
  });
});
