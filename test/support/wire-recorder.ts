import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestHost } from './test-host.js';

/** In the place of QEMU: the same, with all that passes through its first NIC written down. */
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
/** Hardware addresses of guests; the others are of QEMU's own network. */
const GUEST = /^52:54:/;

/** Writes down what the VMs of a host send, from the first frame on. */
export class WireRecorder {
  private constructor(private readonly directory: string) {}

  /** Starts the daemon of the host, which has not run yet, so that it finds the recorder before QEMU. */
  static async install(host: TestHost): Promise<WireRecorder> {
    const directory = join(host.directory, 'captures');
    const programs = join(host.directory, 'bin');
    mkdirSync(directory);
    // each VMM is a user of its own
    chmodSync(directory, 0o777);
    mkdirSync(programs, { mode: 0o755 });
    writeFileSync(join(programs, 'qemu-system-x86_64'), RECORDER.replace('DIRECTORY', directory), {
      mode: 0o755,
    });
    await host.json(['vm', 'list'], { env: { PATH: `${programs}:${process.env['PATH'] ?? ''}` } });
    return new WireRecorder(directory);
  }

  /** Hardware addresses that the frames of a VM come from (libpcap's format, as QEMU writes it: little endian). */
  senders({ pid }: { pid?: number }): string[] {
    const capture = readFileSync(join(this.directory, `${pid}.pcap`));
    const found = new Set<string>();
    for (let at = FILE_HEADER; at + RECORD_HEADER + 12 <= capture.length;) {
      const frame = capture.subarray(at + RECORD_HEADER, at + RECORD_HEADER + capture.readUInt32LE(at + 8));
      found.add([...frame.subarray(6, 12)].map((byte) => byte.toString(16).padStart(2, '0')).join(':'));
      at += RECORD_HEADER + frame.length;
    }
    return [...found].filter((address) => GUEST.test(address));
  }
}
