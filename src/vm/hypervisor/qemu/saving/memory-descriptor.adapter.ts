import { closeSync, openSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { DiskFullError, isKind, saysDiskFull } from '../../../../core/errors/index.js';
import type { ProcessRunner } from '../../../../core/process/index.js';
import { VmmProtocolError } from '../../hypervisor.errors.js';

/** `ms`: memory of many GiB, to or from a slow disk */
const TIMEOUT_MS = 15 * 60_000;

/** What the programs below have in common. perl, which Debian cannot be without: Node.js has none of these calls. */
const PRELUDE = `
use strict;
sub fail { print STDERR "$_[0]: $!\\n"; exit 1 }
my $zeroes = "\\0" x 65536;
sub copy { # what is not zero in one file, to the same places in another
  my ($from, $to, $size) = @_;
  truncate($to, $size) or fail("truncate");
  for (my $at = 0; $at < $size;) {
    my $data = sysseek($from, $at, 3);                  # SEEK_DATA
    last unless defined $data;                          # nothing but a hole until the end
    my $end = sysseek($from, $data, 4) or fail("lseek"); # SEEK_HOLE
    sysseek($from, $data + 0, 0);
    for (my $place = $data + 0; $place < $end;) {
      my $read = sysread($from, my $buffer, $end - $place < 65536 ? $end - $place : 65536) or fail("read");
      if ($buffer ne substr($zeroes, 0, $read)) {
        sysseek($to, $place, 0);
        for (my $done = 0; $done < $read;) { $done += syswrite($to, $buffer, $read - $done, $done) || fail("write") }
      }
      $place += $read;
    }
    $at = $end;
  }
}
sub seal { fcntl($_[0], 1033, 15) or fail("F_ADD_SEALS") } # no more seals, no shrinking, growing or writing
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
open(my $memory, "<:raw", $ARGV[0]) or fail($ARGV[0]);
sysopen(my $file, $ARGV[1], 0301, 0600) or fail($ARGV[1]); # O_WRONLY | O_CREAT | O_EXCL
copy($memory, $file, -s $memory);
close($file) or fail($ARGV[1]);
`;

const FROM_FILE = `${PRELUDE}
open(my $file, "<:raw", $ARGV[1]) or fail($ARGV[1]);
open(my $memory, "+<:raw", $ARGV[0]) or fail($ARGV[0]);
-s $file == -s $memory or fail("the memory has another size");
copy($file, $memory, -s $file);
`;

const TOUCH = `${PRELUDE}
open(my $maps, "<", "/proc/$ARGV[0]/maps") or fail("maps");
my @ranges = map { /^([0-9a-f]+)-([0-9a-f]+) .* \\/memfd:banger-memory/ ? [hex $1, hex $2] : () } <$maps>;
open(my $memory, "<:raw", "/proc/$ARGV[0]/mem") or fail("mem");
for my $range (@ranges) {
  my ($at, $end) = @$range;
  sysseek($memory, $at, 0);
  while ($at < $end) { $at += sysread($memory, my $buffer, $end - $at < 262144 ? $end - $at : 262144) || last }
}
`;

/** A copy of a file that nobody can change any more; the caller's to close. @throws ProcessFailedError */
export async function sealedCopy(runner: ProcessRunner, path: string): Promise<number> {
  return handedOver(runner, [OF_FILE, path], 'r');
}

/** Runs the body with memory of so many `bytes` that it can fill; its descriptor is closed afterwards. */
export async function withMemory<T>(
  runner: ProcessRunner,
  bytes: number,
  body: (descriptor: number) => Promise<T>,
): Promise<T> {
  const descriptor = await handedOver(runner, [EMPTY, String(bytes)], 'r+');
  try {
    return await body(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes memory to a new file, in which what is zero is a hole. @throws DiskFullError, ProcessFailedError */
export async function writeMemory(runner: ProcessRunner, descriptor: number, path: string): Promise<void> {
  try {
    await copyBetween(runner, TO_FILE, { descriptor, path });
  } catch (error) {
    const isFull = isKind(error, 'PROCESS_FAILED') && saysDiskFull(error.details.stderrTail);
    throw isFull ? new DiskFullError(path, error) : error;
  }
}

/** Fills memory that is empty with what is in a file of its size. @throws ProcessFailedError */
export async function fillMemory(runner: ProcessRunner, descriptor: number, path: string): Promise<void> {
  await copyBetween(runner, FROM_FILE, { descriptor, path });
}

/**
 * Has a process map all of what it has of our memory, as reading it would. What lies in a memfd and was never written
 * takes the kernel a microsecond or two a page then: half a second for 512 MiB, for which no guest is to stand still.
 * @throws ProcessFailedError
 */
export async function touchMemory(runner: ProcessRunner, pid: number): Promise<void> {
  await runner.run({ file: 'perl', args: ['-e', TOUCH, String(pid)], timeoutMs: TIMEOUT_MS });
}

async function copyBetween(
  runner: ProcessRunner,
  program: string,
  { descriptor, path }: { descriptor: number; path: string },
): Promise<void> {
  const memory = `/proc/${process.pid}/fd/${descriptor}`;
  await runner.run({ file: 'perl', args: ['-e', program, memory, path], timeoutMs: TIMEOUT_MS });
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
