import { open } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import type { ProcessRunner } from '../../core/process/index.js';
import { SPARSE_BLOCK as BLOCK, SparseHash } from './sparse-hash.js';

/** read at once */
const CHUNK = 16 * BLOCK;
const TIMEOUT_MS = 15 * 60_000;

/** Prints where a file has data: offset and end, a line each. lseek(2) knows; Node.js has no call for it. */
const EXTENTS = `
my $file; open($file, "<:raw", $ARGV[0]) or die "$!\\n";
for (my $at = 0; defined(my $data = sysseek($file, $at, 3));) {
  my $end = sysseek($file, $data, 4) or die "$!\n";
  printf "%d %d\\n", $data, $end;
  $at = $end;
}
`;

/** `bytes` from the beginning of a file; `to` is the first that is no longer part of it */
export interface DataExtent {
  readonly from: number;
  readonly to: number;
}

/** Where a file has data, in order; what lies between is holes. @throws ProcessFailedError */
export async function dataExtents(path: string, runner: ProcessRunner): Promise<DataExtent[]> {
  const { stdout } = await runner.run({ file: 'perl', args: ['-e', EXTENTS, path], timeoutMs: TIMEOUT_MS });
  const lines = stdout.toString('latin1').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [from = 0, to = 0] = line.split(' ').map(Number);
    return { from, to };
  });
}

/**
 * sha256 over the blocks of 64 KiB that are not all zero, each after its number: a gigabyte with 100 MiB of data costs
 * what 100 MiB cost, and a copy has the same however its holes lie. @throws ProcessFailedError
 */
export async function sparseDigest(path: string, runner: ProcessRunner): Promise<string> {
  const extents = await dataExtents(path, runner);
  const hash = new SparseHash();
  const file = await open(path, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK);
    let done = 0;
    for (const { from, to } of extents) {
      for (let at = Math.max(done, from - (from % BLOCK)); at < to; at += CHUNK) {
        const length = Math.min(CHUNK, Math.ceil((to - at) / BLOCK) * BLOCK);
        const { bytesRead } = await file.read(chunk, 0, length, at);
        for (let within = 0; within < bytesRead; within += BLOCK)
          hash.add((at + within) / BLOCK, chunk.subarray(within, Math.min(within + BLOCK, bytesRead)));
        done = at + length;
        await turn();
      }
    }
  } finally {
    await file.close();
  }
  return hash.digest();
}
