import { openSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import type { ProcessRunner } from '../../../../core/process/index.js';
import { VmmProtocolError } from '../../hypervisor.errors.js';

const TIMEOUT_MS = 60_000;

/** What the programs below have in common. perl, which Debian cannot be without: Node.js has none of these calls. */
const PRELUDE = `
use strict;
sub fail { print STDERR "$_[0]: $!\\n"; exit 1 }
sub copy { # what is no hole in one file, to the same places in another
  my ($from, $to, $size) = @_;
  truncate($to, $size) or fail("truncate");
  for (my $at = 0; $at < $size;) {
    my $data = sysseek($from, $at, 3);                  # SEEK_DATA
    last unless defined $data;                          # nothing but a hole until the end
    my $end = sysseek($from, $data, 4) or fail("lseek"); # SEEK_HOLE
    sysseek($from, $data + 0, 0); sysseek($to, $data + 0, 0);
    for (my $left = $end - $data; $left > 0;) {
      my $read = sysread($from, my $buffer, $left < 1048576 ? $left : 1048576) or fail("read");
      for (my $done = 0; $done < $read;) { $done += syswrite($to, $buffer, $read - $done, $done) || fail("write") }
      $left -= $read;
    }
    $at = $end;
  }
}
sub seal { # no more seals, no shrinking, growing or writing; EBUSY while a process that was killed still maps it
  for (1 .. 500) {
    return if fcntl($_[0], 1033, 15);
    last if $! != 16;
    select(undef, undef, undef, 0.01);
  }
  fail("F_ADD_SEALS");
}
sub memory { # anonymous memory: MFD_CLOEXEC | MFD_ALLOW_SEALING
  my $name = "banger-memory";
  my $fd = syscall(319, $name, 3);
  $fd >= 0 or fail("memfd_create");
  open(my $memory, "+<&=", $fd) or fail("memfd");
  return $memory;
}
sub hand_over { # there until somebody has opened it
  $| = 1;
  print "/proc/$$/fd/", fileno($_[0]), "\\n";
  <STDIN>;
}
`;

const OF_FILE = `${PRELUDE}
open(my $file, "<:raw", $ARGV[0]) or fail($ARGV[0]);
my $memory = memory();
copy($file, $memory, -s $file);
seal($memory);
hand_over($memory);
`;

const EMPTY = `${PRELUDE}
my $memory = memory();
truncate($memory, $ARGV[0]) or fail("truncate");
hand_over($memory);
`;

const TO_FILE = `${PRELUDE}
open(my $memory, "+<:raw", $ARGV[0]) or fail($ARGV[0]);
seal($memory);
sysopen(my $file, $ARGV[1], 0301, 0600) or fail($ARGV[1]); # O_WRONLY | O_CREAT | O_EXCL
copy($memory, $file, -s $memory);
close($file) or fail($ARGV[1]);
`;

/** A copy of a file that nobody can change any more; the caller's to close. @throws ProcessFailedError */
export async function sealedCopy(runner: ProcessRunner, path: string): Promise<number> {
  return handedOver(runner, [OF_FILE, path], 'r');
}

/** Memory that can be written to until it is kept; the caller's to close. @param bytes its size */
export async function emptyMemory(runner: ProcessRunner, bytes: number): Promise<number> {
  return handedOver(runner, [EMPTY, String(bytes)], 'r+');
}

/** Seals memory that nobody maps any more, and writes it to a new file. @throws ProcessFailedError */
export async function keepMemory(runner: ProcessRunner, descriptor: number, path: string): Promise<void> {
  const memory = `/proc/${process.pid}/fd/${descriptor}`;
  await runner.run({ file: 'perl', args: ['-e', TO_FILE, memory, path], timeoutMs: TIMEOUT_MS });
}

async function handedOver(
  runner: ProcessRunner,
  [program, argument]: readonly [string, string],
  flags: 'r' | 'r+',
): Promise<number> {
  const stdin = new PassThrough();
  let descriptor: number | undefined;
  await runner.run({
    file: 'perl',
    args: ['-e', program, argument],
    stdin,
    timeoutMs: TIMEOUT_MS,
    onLine: (line, stream) => {
      if (stream !== 'stdout') return;
      // The process is at its end when this one has its own descriptor.
      descriptor = openSync(line, flags);
      stdin.end('\n');
    },
  });
  if (descriptor === undefined) throw new VmmProtocolError('memfd_create', 'the memory was not made');
  return descriptor;
}
