import { closeSync, openSync, statSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { VmmProtocolError } from '../../hypervisor.errors.js';
import type { ProcessRunner } from '../../../../core/process/index.js';

const TIMEOUT_MS = 60_000;

/**
 * Copies a file into anonymous memory (memfd_create(2)), seals it against every change, and keeps it until its input
 * ends. The holes of the file stay holes. perl, which Debian cannot be without: Node.js has neither call.
 */
const PROGRAM = `
use strict;
sub fail { print STDERR "$_[0]: $!\\n"; exit 1 }
my ($path) = @ARGV;
my $name = "banger-memory";
my $fd = syscall(319, $name, 3);            # memfd_create, MFD_CLOEXEC | MFD_ALLOW_SEALING
$fd >= 0 or fail("memfd_create");
open(my $memory, "+<&=", $fd) or fail("memfd");
open(my $file, "<:raw", $path) or fail($path);
my $size = -s $file;
truncate($memory, $size) or fail("truncate");
for (my $at = 0; $at < $size;) {
  my $data = sysseek($file, $at, 3);        # SEEK_DATA
  last unless defined $data;                # nothing but a hole until the end
  my $end = sysseek($file, $data, 4) + 0;   # SEEK_HOLE
  sysseek($file, $data + 0, 0); sysseek($memory, $data + 0, 0);
  for (my $left = $end - $data; $left > 0;) {
    my $read = sysread($file, my $buffer, $left < 1048576 ? $left : 1048576) or fail($path);
    for (my $done = 0; $done < $read;) {
      $done += syswrite($memory, $buffer, $read - $done, $done) || fail("memfd");
    }
    $left -= $read;
  }
  $at = $end;
}
fcntl($memory, 1033, 15) or fail("F_ADD_SEALS"); # no more seals, no shrinking, growing or writing
$| = 1;
print "/proc/$$/fd/$fd\\n";
<STDIN>;
`;

interface Sealed {
  /** tells the file from another under the same path, and from what it was before a change */
  readonly stamp: string;
  readonly descriptor: Promise<number>;
  expiry: NodeJS.Timeout | undefined;
}

/** `ms` without use after which the host gets the memory back: made again it takes 0.1 to 0.3 s */
const KEPT_MS = 10 * 60_000;
const MAX_KEPT = 4;

/**
 * Memories of saved machines, as descriptors that QEMU can be given. QEMU before 8.2 opens a memory file for writing even
 * where it only reads, so that a QEMU that a guest took over could change what the next machines begin as; a sealed
 * memory can be changed by nobody, and what is in it is shared by all machines that come of it.
 */
export class SealedMemories {
  /** by path, used longest ago first */
  readonly #kept = new Map<string, Sealed>();

  constructor(private readonly runner: ProcessRunner) {}

  /**
   * Runs the body with a descriptor of the file's content, which is closed afterwards.
   * @throws VmmProtocolError, HostBinaryMissingError, ProcessFailedError
   */
  async use<T>(path: string, body: (descriptor: number) => Promise<T>): Promise<T> {
    // Its own: the one that is kept may be let go at any moment.
    const own = openSync(`/proc/self/fd/${await this.#descriptor(path)}`, 'r');
    try {
      return await body(own);
    } finally {
      closeSync(own);
    }
  }

  async #descriptor(path: string): Promise<number> {
    const stamp = stampOf(path);
    let sealed = this.#kept.get(path);
    if (sealed?.stamp !== stamp) {
      this.#drop(path);
      sealed = { stamp, descriptor: this.#seal(path), expiry: undefined };
    }
    this.#kept.delete(path);
    this.#kept.set(path, sealed);
    clearTimeout(sealed.expiry);
    sealed.expiry = setTimeout(() => this.#drop(path), KEPT_MS).unref();
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > MAX_KEPT && oldest.done !== true) this.#drop(oldest.value);
    try {
      return await sealed.descriptor;
    } catch (error) {
      if (this.#kept.get(path) === sealed) this.#drop(path);
      throw error;
    }
  }

  #drop(path: string): void {
    const sealed = this.#kept.get(path);
    if (sealed === undefined) return;
    this.#kept.delete(path);
    clearTimeout(sealed.expiry);
    sealed.descriptor.then(closeSync).catch(() => undefined);
  }

  async #seal(path: string): Promise<number> {
    const stdin = new PassThrough();
    let descriptor: number | undefined;
    await this.runner.run({
      file: 'perl',
      args: ['-e', PROGRAM, path],
      stdin,
      timeoutMs: TIMEOUT_MS,
      onLine: (line, stream) => {
        if (stream !== 'stdout') return;
        // The process is at its end when this one has its own descriptor.
        descriptor = openSync(line, 'r');
        stdin.end('\n');
      },
    });
    if (descriptor === undefined) throw new VmmProtocolError('memfd_create', 'the memory was not made');
    return descriptor;
  }
}

function stampOf(path: string): string {
  const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
  return [dev, ino, size, mtimeNs].join(':');
}
