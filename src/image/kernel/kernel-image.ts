import { BangerError } from '../../core/errors/index.js';

/** First bytes of each compression, and the program that undoes it. */
const COMPRESSIONS: readonly { magic: string; program: string; sizeAppended: boolean }[] = [
  { magic: '02214c18', program: 'lz4', sizeAppended: true },
  { magic: '28b52ffd', program: 'zstd', sizeAppended: true },
  { magic: 'fd377a58', program: 'xz', sizeAppended: true },
  { magic: '1f8b', program: 'gzip', sizeAppended: false },
];

const BANNER = 'Linux version ';
const ELF = Buffer.from('7f454c46', 'hex');
/** offsets of the x86 boot protocol, Documentation/arch/x86/boot.rst */
const SETUP_SECTORS = 0x1f1;
const HEADER_MAGIC = 0x202;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;

export interface KernelPayload {
  /** compressed vmlinux */
  readonly data: Buffer;
  /** reads it on stdin and writes vmlinux to stdout with -dc; undefined when it is one already */
  readonly program: string | undefined;
}

/** Finds the compressed vmlinux in a bzImage, from its header: hypervisors start the uncompressed one sooner. */
export function kernelPayload(bzImage: Buffer): KernelPayload {
  if (isVmlinux(bzImage)) return { data: bzImage, program: undefined };
  if (bzImage.length < 0x250 || bzImage.toString('latin1', HEADER_MAGIC, HEADER_MAGIC + 4) !== 'HdrS') {
    throw new KernelImageError('it is neither a vmlinux nor a bzImage for x86-64');
  }
  const sectors = bzImage.readUInt8(SETUP_SECTORS);
  const start = ((sectors === 0 ? 4 : sectors) + 1) * 512 + bzImage.readUInt32LE(PAYLOAD_OFFSET);
  const end = start + bzImage.readUInt32LE(PAYLOAD_LENGTH);
  if (end > bzImage.length || start >= end)
    throw new KernelImageError('its payload lies outside of the file');
  const payload = bzImage.subarray(start, end);
  const compression = COMPRESSIONS.find(
    ({ magic }) => payload.toString('hex', 0, magic.length / 2) === magic,
  );
  if (compression === undefined) {
    throw new KernelImageError(`its compression is not known (begins with ${payload.toString('hex', 0, 4)})`);
  }
  // the kernel's build appends the uncompressed size where the format has none
  return { data: compression.sizeAppended ? payload.subarray(0, -4) : payload, program: compression.program };
}

function isVmlinux(kernel: Buffer): boolean {
  return kernel.subarray(0, 4).equals(ELF);
}

/** @throws KernelImageError when what was unpacked is no vmlinux */
export function checkVmlinux(vmlinux: Buffer): void {
  if (!isVmlinux(vmlinux)) throw new KernelImageError('what is packed in it is no ELF file');
}

/** `6.1.0-56-cloud-amd64` of what a kernel says of itself; undefined when it says nothing that can be one. */
export function kernelRelease(vmlinux: Buffer): string | undefined {
  for (let at = vmlinux.indexOf(BANNER); at !== -1; at = vmlinux.indexOf(BANNER, at + 1)) {
    const release = /^(\d[\w.+~-]{0,63}) /.exec(
      vmlinux.toString('latin1', at + BANNER.length, at + 100),
    )?.[1];
    if (release !== undefined) return release;
  }
  return undefined;
}

export class KernelImageError extends BangerError<'KERNEL_INVALID'> {
  constructor(
    reason: string,
    kernel = '',
    fix = 'give another one: a vmlinux (ELF) or bzImage for x86-64, with its own modules; one of Debian: banger kernel pull',
  ) {
    super('KERNEL_INVALID', 'the kernel cannot be used', {
      details: { kernel, reason },
      why: reason,
      fix,
    });
  }
}
