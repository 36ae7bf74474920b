/** An entry of a handmade archive: anything may be in it. */
export interface HandmadeEntry {
  readonly name: string | Buffer;
  /** the format's letter; `0`, a file, when left out */
  readonly type?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** `s` */
  readonly mtime?: number;
  readonly data?: Buffer | string;
  /** what the header says of the data's size, where that is not its size; `bytes` */
  readonly size?: number;
  readonly linkTarget?: string | Buffer;
  readonly major?: number;
  readonly minor?: number;
  readonly pax?: readonly (readonly [key: string, value: string | Buffer])[];
}

const BLOCK = 512;

/** A tar archive, written without anything of the product's. */
export function makeTar(entries: readonly HandmadeEntry[]): Buffer {
  return Buffer.concat([...entries.map(tarEntry), Buffer.alloc(2 * BLOCK)]);
}

export function tarEntry(entry: HandmadeEntry): Buffer {
  const data = bytes(entry.data ?? '');
  const own = Buffer.concat([tarHeader(entry), padded(data)]);
  if (entry.pax === undefined) return own;
  const records = Buffer.concat(entry.pax.map(([key, value]) => paxRecord(key, bytes(value))));
  return Buffer.concat([tarHeader({ name: 'pax', type: 'x', data: records }), padded(records), own]);
}

export function tarHeader(entry: HandmadeEntry): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number): void =>
    void block.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1');
  bytes(entry.name).copy(block, 0, 0, 100);
  octal(entry.mode ?? 0o644, 100, 7);
  octal(entry.uid ?? 0, 108, 7);
  octal(entry.gid ?? 0, 116, 7);
  octal(entry.size ?? bytes(entry.data ?? '').length, 124, 11);
  octal(entry.mtime ?? 1_700_000_000, 136, 11);
  block.write(entry.type ?? '0', 156, 'latin1');
  bytes(entry.linkTarget ?? '').copy(block, 157, 0, 100);
  block.write('ustar\x0000', 257, 'latin1');
  octal(entry.major ?? 0, 329, 7);
  octal(entry.minor ?? 0, 337, 7);
  return withChecksum(block);
}

/** The header with the checksum that fits it. */
export function withChecksum(header: Buffer): Buffer {
  header.fill(' ', 148, 156);
  const sum = header.subarray(0, BLOCK).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

export function paxRecord(key: string, value: Buffer): Buffer {
  const tail = Buffer.concat([Buffer.from(` ${key}=`, 'latin1'), value, Buffer.from('\n')]);
  let length = tail.length + 1;
  while (String(length).length + tail.length !== length) length += 1;
  return Buffer.concat([Buffer.from(String(length)), tail]);
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)]);
}

function bytes(value: string | Buffer): Buffer {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
