import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import { TestHost } from '../../support/test-host.js';
import { freePort } from '../../support/free-port.js';

/** Perl is in every Debian: a TCP and a UDP server in the guest, on ports 80 and 53, that answer with a word. */
const SERVERS = `
use IO::Socket::INET;
my $tcp = IO::Socket::INET->new(LocalPort => 80, Listen => 5, ReuseAddr => 1) or die;
my $udp = IO::Socket::INET->new(LocalPort => 53, Proto => "udp") or die;
fork and exit 0; # they listen by now
close $_ for *STDIN, *STDOUT, *STDERR;
if (fork) {
  while (my $client = $tcp->accept) { print $client "tcp-answer\\n"; close $client }
} else {
  while (my $peer = $udp->recv(my $text, 100)) { $udp->send("udp-answer", 0, $peer) }
}`;

describe('published ports', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
  });
  afterEach(() => host.assertClean());
  afterAll(() => host.close());

  const leases = (): string[] =>
    host
      .rows<{ key: string }>(
        "SELECT key FROM LedgerEntry WHERE kind = 'port' AND json_extract(data, '$.published') ORDER BY key",
      )
      .map(({ key }) => key);

  it('lead into the guest, TCP and UDP, also after a stop and a start and a new daemon', async () => {
    const [tcp, udp] = [await freePort(), await freePort()];
    const vm = await host.json<VmView>([
      ...['vm', 'create', '--name', 'web', '--memory', '256m'],
      ...['-p', `${tcp}:80`, '--publish', `127.0.0.1:${udp}:53/udp`],
    ]);
    expect(vm.publishedPorts).toEqual([
      { hostAddress: '127.0.0.1', hostPort: tcp, guestPort: 80, protocol: 'tcp' },
      { hostAddress: '127.0.0.1', hostPort: udp, guestPort: 53, protocol: 'udp' },
    ]);
    expect(leases()).toEqual([`${udp}/udp`, String(tcp)].toSorted());
    const answers = async (): Promise<void> => {
      await host.banger(['vm', 'exec', 'web', '--', 'perl', '-e', SERVERS]);
      expect(await askTcp(tcp)).toBe('tcp-answer\n');
      expect(await askUdp(udp)).toBe('udp-answer');
    };
    await answers();
    expect((await host.banger(['vm', 'show', 'web'])).stdout).toContain(`127.0.0.1:${tcp} → 80/tcp`);

    const pid = await host.daemonPid();
    process.kill(pid, 'SIGKILL');
    expect(await host.json<VmView>(['vm', 'show', 'web'])).toMatchObject({ state: 'running' });
    expect(await askTcp(tcp), 'after a new daemon took it up').toBe('tcp-answer\n');
    expect(leases()).toHaveLength(2);

    await host.json(['vm', 'stop', 'web']);
    expect(leases(), 'given back while it is stopped').toEqual([]);
    await host.json(['vm', 'start', 'web']);
    await answers();
    await host.json(['vm', 'delete', '--force', 'web']);
  });

  it('are refused with who has them, and can be had when those are stopped', async () => {
    const port = await freePort();
    await host.json(['vm', 'create', '--name', 'one', '-p', `${port}:80`]);
    const second = await host.banger(['vm', 'create', '--name', 'two', '-p', `${port}:80`]);
    expect(second).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('the VM one has it') });
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const foreign = (server.address() as AddressInfo).port;
    const third = await host.banger(['vm', 'create', '--name', 'two', '-p', `${foreign}:80`]);
    expect(third).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('another program has it') });
    const both = await host.banger([
      ...['vm', 'create', '--name', 'one', '--cpus', '999', '-p', `${port}:80`, '-p', `${foreign}:81`],
      '--json',
    ]);
    server.close();
    expect(JSON.parse(both.stdout)).toMatchObject({
      error: {
        kind: 'PREFLIGHT_FAILED',
        details: {
          findings: [
            { check: 'name', fix: expect.any(String) },
            { check: 'cpus', fix: expect.any(String) },
            { check: 'published-ports', problem: expect.stringContaining(String(port)) },
            { check: 'published-ports', problem: expect.stringContaining(String(foreign)) },
          ],
        },
      },
    });
    await host.json(['vm', 'kill', 'one']);
    await host.json(['vm', 'create', '--name', 'two', '-p', `${port}:80`]);
    const again = await host.banger(['vm', 'start', 'one']);
    expect(again).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('the VM two has it') });
    expect(await host.json<VmView>(['vm', 'show', 'one']), 'nothing was touched').toMatchObject({
      state: 'stopped',
    });
    await host.json(['vm', 'delete', '--force', 'one', 'two']);
  });
});

function askTcp(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setTimeout(60_000, () => socket.destroy(new Error('no answer')));
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('end', () => resolve(text)).on('error', reject);
  });
}

async function askUdp(port: number): Promise<string> {
  const socket = createSocket('udp4');
  const answer = new Promise<string>((resolve) => socket.once('message', (text) => resolve(text.toString())));
  // datagrams may be lost
  const timer = setInterval(() => socket.send('hello', port, '127.0.0.1'), 500);
  const late = new Promise<string>((resolve) => setTimeout(() => resolve('no answer'), 60_000).unref());
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearInterval(timer);
    socket.close();
  }
}
