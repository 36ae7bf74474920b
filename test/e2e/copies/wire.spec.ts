import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VmForkView, VmView } from '../../../src/contract/index.js';
import { TestHost } from '../../support/test-host.js';

/** In the place of QEMU: the same, with all that passes through its first NIC written down. `$0` and its directory are filled in. */
const RECORDER = `#!/usr/bin/perl
my @args;
while (@ARGV) {
  my $arg = shift @ARGV;
  if ($arg eq '-object' && $ARGV[0] =~ /^filter-dump/) { shift @ARGV; next } # that of the one it takes the state of
  push @args, $arg;
}
push @args, '-object', "filter-dump,id=dump0,netdev=nic0,file=DIRECTORY/$$.pcap" if grep { $_ eq '-netdev' } @args;
exec '/usr/bin/qemu-system-x86_64', @args;
`;

const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** Hardware addresses that frames in a capture come from (libpcap's format, as QEMU writes it: little endian). */
function senders(path: string): string[] {
  const capture = readFileSync(path);
  const found = new Set<string>();
  for (let at = FILE_HEADER; at + RECORD_HEADER + 12 <= capture.length;) {
    const frame = capture.subarray(at + RECORD_HEADER, at + RECORD_HEADER + capture.readUInt32LE(at + 8));
    found.add([...frame.subarray(6, 12)].map((byte) => byte.toString(16).padStart(2, '0')).join(':'));
    at += RECORD_HEADER + frame.length;
  }
  return [...found];
}

describe('on the wire', () => {
  let host: TestHost;
  let captures: string;
  beforeAll(async () => {
    host = await TestHost.create();
    captures = join(host.directory, 'captures');
    mkdirSync(captures, { mode: 0o777 });
    chmodSync(captures, 0o777);
    const programs = join(host.directory, 'bin');
    mkdirSync(programs, { mode: 0o755 });
    const recorder = join(programs, 'qemu-system-x86_64');
    writeFileSync(recorder, RECORDER.replace('DIRECTORY', captures), { mode: 0o755 });
    // the daemon that this starts finds the recorder first
    await host.json(['vm', 'list'], { env: { PATH: `${programs}:${process.env['PATH'] ?? ''}` } });
  });
  afterAll(async () => {
    const vms = await host.json<VmView[]>(['vm', 'list']);
    await host.banger(['vm', 'delete', '--force', ...vms.map(({ name }) => name)]);
    await host.assertClean();
    await host.close();
  });

  async function addressOf(vm: string): Promise<string> {
    const look = await host.banger(['vm', 'exec', vm, '--', 'cat', '/sys/class/net/eth0/address']);
    expect(look).toMatchObject({ exitCode: 0 });
    return look.stdout.trim();
  }
  /** Of whoever is on the other side: QEMU's own network. */
  const GUESTS = /^52:54:/;
  const sentIn = ({ pid }: VmView): string[] =>
    senders(join(captures, `${pid}.pcap`)).filter((address) => GUESTS.test(address));

  it('nothing of a template, of the VM that was forked, or of what was suspended is seen in another', async () => {
    const web = await host.json<VmView>(['vm', 'create', '--name', 'web', '--memory', '256m']);
    // it has something to say all the time, to machines that are not there as well
    const talk = 'nohup sh -c "while :; do echo > /dev/udp/10.0.2.9/9; sleep 0.05; done" > /dev/null 2>&1 &';
    await host.banger(['vm', 'exec', 'web', '--', 'bash', '-c', talk]);
    const { copies } = await host.json<VmForkView>(['vm', 'fork', 'web', '--count', '2']);
    await delay(1000);
    const addresses = new Map<string, string>();
    for (const name of ['web', 'web-1', 'web-2']) addresses.set(name, await addressOf(name));
    expect(new Set(addresses.values()).size).toBe(3);
    for (const vm of [web, ...copies])
      expect(sentIn(vm), `${vm.name} is seen as itself alone`).toEqual([addresses.get(vm.name)]);
    await host.json(['vm', 'suspend', 'web-1']);
    const again = await host.json<VmView>(['vm', 'resume', 'web-1']);
    await delay(500);
    expect(sentIn(again)).toEqual([addresses.get('web-1')]);
  });
});
